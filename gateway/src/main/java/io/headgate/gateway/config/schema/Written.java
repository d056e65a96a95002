package io.headgate.gateway.config.schema;

import io.headgate.filter.ratelimit.Per;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Values as the file writes them: texts, numbers, true or false, lists and maps of these. */
public final class Written {
    private static final String UNITS = "KMG";

    private Written() {}

    /** One scalar, and what is one value for people. */
    public static Object scalar(Object value, boolean isBytes) {
        if (value instanceof Duration duration) {
            return duration(duration);
        }
        if (value instanceof Enum<?> word) {
            return word.name().toLowerCase(Locale.ROOT);
        }
        if (value instanceof Per per) {
            List<Object> parts =
                    per.parts().stream().map(part -> scalar(part, false)).toList();
            return parts.size() == 1 ? parts.get(0) : parts;
        }
        if (value instanceof Integer || value instanceof Long) {
            long number = ((Number) value).longValue();
            return isBytes ? size(number) : number;
        }
        return value instanceof Boolean || value instanceof Double ? value : value.toString();
    }

    /** True for what a file writes as one value, false for what holds others. */
    public static boolean isOne(Object value) {
        boolean holds = value instanceof Map<?, ?>
                || value instanceof Collection<?>
                || (value instanceof Record && Form.of(value.getClass()) == null && !(value instanceof Per));
        return !holds;
    }

    /** The elements of a collection in an order that is always the same: its own, or else that of words. */
    public static List<Object> ordered(Collection<?> elements) {
        List<Object> all = new ArrayList<>(elements);
        if (elements instanceof Set<?>) {
            all.sort(Written::compare);
        }
        return all;
    }

    /** The entries of a map in an order that is always the same: its own, if it keeps one. */
    public static Map<String, Object> ordered(Map<?, ?> entries) {
        Map<String, Object> all = entries instanceof LinkedHashMap<?, ?> ? new LinkedHashMap<>() : new TreeMap<>();
        entries.forEach((key, value) -> all.put(key.toString(), value));
        return all;
    }

    /** Words in the order of their enumeration, which is that of the pages. */
    @SuppressWarnings("EnumOrdinal")
    private static int compare(Object one, Object other) {
        return one instanceof Enum<?> first && other instanceof Enum<?> second
                ? Integer.compare(place(first), place(second))
                : Comparator.<String>naturalOrder().compare(one.toString(), other.toString());
    }

    private static int place(Enum<?> word) {
        return Arrays.asList(word.getDeclaringClass().getEnumConstants()).indexOf(word);
    }

    private static Object size(long bytes) {
        int unit = 0;
        long number = bytes;
        while (unit < UNITS.length() && number != 0 && number % 1024 == 0) {
            number /= 1024;
            unit++;
        }
        return unit == 0 ? (Object) bytes : number + UNITS.substring(unit - 1, unit) + "iB";
    }

    private static String duration(Duration duration) {
        StringBuilder text = new StringBuilder();
        part(text, duration.toHours(), "h");
        part(text, duration.toMinutesPart(), "m");
        part(text, duration.toSecondsPart(), "s");
        part(text, duration.toMillisPart(), "ms");
        return text.length() == 0 ? "0s" : text.toString();
    }

    private static void part(StringBuilder text, long number, String unit) {
        if (number != 0) {
            text.append(number).append(unit);
        }
    }
}
