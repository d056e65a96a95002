package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One mapping of the file of cases, read by the kind of value that a reader expects. */
record Form(Map<String, @Nullable Object> map) {
    static final Form EMPTY = new Form(Map.of());

    static Form of(@Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            return EMPTY;
        }
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        map.forEach((key, item) -> copy.put(String.valueOf(key), item));
        return new Form(copy);
    }

    boolean has(String key) {
        return map.containsKey(key);
    }

    @Nullable
    Object value(String key) {
        return map.get(key);
    }

    String text(String key) {
        return text(key, "");
    }

    String text(String key, String otherwise) {
        Object value = map.get(key);
        return value == null ? otherwise : value.toString();
    }

    int number(String key, int otherwise) {
        return map.get(key) instanceof Number number ? number.intValue() : otherwise;
    }

    double decimal(String key, double otherwise) {
        return map.get(key) instanceof Number number ? number.doubleValue() : otherwise;
    }

    boolean flag(String key) {
        return Boolean.TRUE.equals(map.get(key));
    }

    Form form(String key) {
        return of(map.get(key));
    }

    List<@Nullable Object> list(String key) {
        return map.get(key) instanceof List<?> list ? new ArrayList<@Nullable Object>(list) : List.of();
    }

    /** This mapping with another's members over its own. */
    Form with(Form other) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>(map);
        copy.putAll(other.map);
        return new Form(copy);
    }
}
