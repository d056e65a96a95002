package io.headgate.gateway.config.effective;

import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.effective.Change.Kind;
import io.headgate.gateway.config.schema.KeyText;
import io.headgate.gateway.config.schema.KeyTexts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What changes from one configuration to another: servers, filters, and all other keys, in this order.
 *
 * <p>Defaults are values like those that a file says. Two secrets are compared where both are known, and never shown.
 */
public final class ConfigDiff {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String SERVERS = "mcpServers";
    private static final String FILTERS = "filters";

    private final KeyTexts texts = KeyTexts.read();
    private final List<Change> changes = new ArrayList<>();

    private ConfigDiff() {}

    /** Between two files; a path in the directory of each is the same path. */
    public static List<Change> of(Config from, Path fromHome, Config to, Path toHome) {
        return of(EffectiveConfig.tree(from, fromHome), EffectiveConfig.tree(to, toHome));
    }

    /** Between what is running, as a gateway tells it, and a file. Secrets cannot be compared, because it tells none. */
    public static List<Change> of(Map<String, Object> running, Config to) {
        return of(running, EffectiveConfig.tree(to, null));
    }

    /** What a gateway tells of itself, as {@link EffectiveConfig#json} writes it: its secrets are not known. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> told(String json) {
        return (Map<String, Object>) unknown(JSON.readValue(json, Map.class));
    }

    private static Object unknown(Object node) {
        if (node instanceof Map<?, ?> fields) {
            Map<String, Object> all = new LinkedHashMap<>();
            fields.forEach((key, value) -> all.put(key.toString(), unknown(value)));
            return all;
        }
        if (node instanceof List<?> items) {
            return items.stream().map(ConfigDiff::unknown).toList();
        }
        return node instanceof String text && text.endsWith(Hidden.STARS) ? new Hidden(null, text) : node;
    }

    /** Between two trees. */
    static List<Change> of(Map<String, Object> from, Map<String, Object> to) {
        ConfigDiff diff = new ConfigDiff();
        diff.servers(fields(from.get(SERVERS)), fields(to.get(SERVERS)));
        diff.filters(items(from.get(FILTERS)), items(to.get(FILTERS)));
        for (String key : union(from, to)) {
            if (!key.equals(SERVERS) && !key.equals(FILTERS)) {
                diff.compare(key, key, key, from.get(key), to.get(key));
            }
        }
        return diff.changes;
    }

    /** As one JSON object, on one line. */
    public static String json(List<Change> changes) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("equal", changes.isEmpty());
        json.put("looser", changes.stream().filter(Change::isLooser).count());
        json.put("changes", changes.stream().map(Change::json).toList());
        return JSON.writeValueAsString(json);
    }

    private void servers(Map<String, Object> from, Map<String, Object> to) {
        for (String name : union(from, to)) {
            Object before = from.get(name);
            Object after = to.get(name);
            String path = SERVERS + "." + name;
            if (before == null || after == null) {
                add(before == null ? Kind.ADDED : Kind.REMOVED, path, "server " + name, before, after, false);
            } else {
                keys(path, SERVERS + ".NAME", "server " + name + ": ", fields(before), fields(after));
            }
        }
    }

    /** A filter is the same one if it has the same name, and as many of this name stand before it. */
    private void filters(List<Object> from, List<Object> to) {
        Map<String, Integer> before = places(from);
        Map<String, Integer> after = places(to);
        Set<String> moved = moved(before, after);
        for (String id : union(before, after)) {
            int was = before.getOrDefault(id, -1);
            int is = after.getOrDefault(id, -1);
            String name = id.substring(0, id.indexOf('#'));
            boolean isOne = !before.containsKey(name + "#2") && !after.containsKey(name + "#2");
            String said = "filter " + (isOne ? name : name + " " + id.substring(id.indexOf('#')));
            String path = FILTERS + "[" + (is < 0 ? was : is) + "]." + name;
            Object old = was < 0 ? null : fields(from.get(was)).get(name);
            Object now = is < 0 ? null : fields(to.get(is)).get(name);
            if (old == null || now == null) {
                boolean isLooser = Laxity.ofKey(texts.of(FILTERS + "." + name), old, now);
                add(old == null ? Kind.ADDED : Kind.REMOVED, path, said, old, now, isLooser);
                continue;
            }
            if (moved.contains(id)) {
                add(Kind.MOVED, path, said, was + 1, is + 1, false);
            }
            keys(path, FILTERS + "." + name, said + ": ", fields(old), fields(now));
        }
    }

    private static Map<String, Integer> places(List<Object> filters) {
        Map<String, Integer> places = new LinkedHashMap<>();
        for (int i = 0; i < filters.size(); i++) {
            String name = fields(filters.get(i)).keySet().iterator().next();
            int number = 1;
            while (places.containsKey(name + "#" + number)) {
                number++;
            }
            places.put(name + "#" + number, i);
        }
        return places;
    }

    /** The filters that stand on another side of one of the others than before: as few as explain the new order. */
    private static Set<String> moved(Map<String, Integer> before, Map<String, Integer> after) {
        List<String> kept = after.keySet().stream().filter(before::containsKey).toList();
        int[] was = kept.stream().mapToInt(id -> before.getOrDefault(id, 0)).toArray();
        int[] longest = new int[kept.size()];
        int[] previous = new int[kept.size()];
        int last = -1;
        for (int i = 0; i < kept.size(); i++) {
            previous[i] = -1;
            longest[i] = 1;
            for (int j = 0; j < i; j++) {
                if (was[j] < was[i] && longest[j] >= longest[i]) {
                    longest[i] = longest[j] + 1;
                    previous[i] = j;
                }
            }
            last = last < 0 || longest[i] > longest[last] ? i : last;
        }
        Set<String> moved = new LinkedHashSet<>(kept);
        for (int i = last; i >= 0; i = previous[i]) {
            moved.remove(kept.get(i));
        }
        return moved;
    }

    /** The keys of a record; one that the list of texts does not know is an entry of a map. */
    private void keys(String path, String text, String said, Map<String, Object> from, Map<String, Object> to) {
        for (String key : union(from, to)) {
            compare(path + "." + key, text + "." + key, said + key, from.get(key), to.get(key));
        }
    }

    private void compare(String path, String text, String name, @Nullable Object from, @Nullable Object to) {
        if (same(from, to)) {
            return;
        }
        KeyText says = texts.of(text);
        if (from instanceof Map<?, ?> && to instanceof Map<?, ?> && says.looser() != null && isMap(text)) {
            entries(path, says, name, fields(from), fields(to));
        } else if (from instanceof Map<?, ?> && to instanceof Map<?, ?>) {
            keys(path, text, name + ".", fields(from), fields(to));
        } else if (from instanceof List<?> before && to instanceof List<?> after) {
            lists(path, text, name, items(before), items(after));
        } else {
            Kind kind = from == null ? Kind.ADDED : to == null ? Kind.REMOVED : Kind.CHANGED;
            add(kind, path, name, from, to, Laxity.ofKey(says, from, to));
        }
    }

    /** True for names with values, whose names no list of texts can know. */
    private boolean isMap(String text) {
        return !texts.hasBelow(text);
    }

    private void entries(String path, KeyText says, String name, Map<String, Object> from, Map<String, Object> to) {
        for (String key : union(from, to)) {
            Object before = from.get(key);
            Object after = to.get(key);
            if (!same(before, after)) {
                Kind kind = before == null ? Kind.ADDED : after == null ? Kind.REMOVED : Kind.CHANGED;
                String at = name + "." + key;
                add(kind, path + "." + key, at, before, after, Laxity.ofEntry(says, before, after));
            }
        }
        if (says.isOrdered()
                && from.keySet().equals(to.keySet())
                && !List.copyOf(from.keySet()).equals(List.copyOf(to.keySet()))) {
            add(
                    Kind.CHANGED,
                    path,
                    "the order of " + name,
                    List.copyOf(from.keySet()),
                    List.copyOf(to.keySet()),
                    false);
        }
    }

    private void lists(String path, String text, String name, List<Object> from, List<Object> to) {
        KeyText says = texts.of(text);
        Map<String, Object> before = byName(from, says.by());
        Map<String, Object> after = byName(to, says.by());
        for (String id : union(before, after)) {
            Object old = before.get(id);
            Object now = after.get(id);
            String at = name + "[" + id + "]";
            if (old == null) {
                add(Kind.ADDED, path, at, null, says.by() == null ? null : now, Laxity.ofNew(says, from.isEmpty()));
            } else if (now == null) {
                add(Kind.REMOVED, path, at, says.by() == null ? null : old, null, Laxity.ofGone(says, to.isEmpty()));
            } else {
                compare(path + "[" + id + "]", text + "[]", at, old, now);
            }
        }
        List<String> kept = before.keySet().stream().filter(after::containsKey).toList();
        List<String> order = after.keySet().stream().filter(before::containsKey).toList();
        if (!kept.equals(order)) {
            add(Kind.CHANGED, path, "the order of " + name, kept, order, false);
        }
    }

    /** The elements by what tells them apart; the second of a name has a number. */
    private static Map<String, Object> byName(List<Object> elements, @Nullable String by) {
        Map<String, Object> named = new LinkedHashMap<>();
        for (Object element : elements) {
            String name = String.valueOf(by == null ? element : fields(element).get(by));
            String free = name;
            for (int number = 2; named.containsKey(free); number++) {
                free = name + " #" + number;
            }
            named.put(free, element);
        }
        return named;
    }

    /** True if both are there and equal, as far as both are known. */
    private static boolean same(@Nullable Object one, @Nullable Object other) {
        if (one instanceof Map<?, ?> first && other instanceof Map<?, ?> second) {
            return List.copyOf(first.keySet()).equals(List.copyOf(second.keySet()))
                    && first.keySet().stream().allMatch(key -> same(first.get(key), second.get(key)));
        }
        if (one instanceof List<?> first && other instanceof List<?> second) {
            return first.size() == second.size()
                    && IntStream.range(0, first.size()).allMatch(i -> same(first.get(i), second.get(i)));
        }
        if (one instanceof Number first && other instanceof Number second) {
            return first.doubleValue() == second.doubleValue();
        }
        if (isUnknown(one) || isUnknown(other)) {
            return one != null && other != null;
        }
        Object first = one instanceof Hidden hidden ? hidden.value() : one;
        Object second = other instanceof Hidden hidden ? hidden.value() : other;
        return Objects.equals(first, second);
    }

    private static boolean isUnknown(@Nullable Object value) {
        return value instanceof Hidden hidden && hidden.value() == null;
    }

    private void add(
            Kind kind, String path, String name, @Nullable Object from, @Nullable Object to, boolean isLooser) {
        changes.add(new Change(kind, path, name, from, to, isLooser));
    }

    private static List<String> union(Map<String, ?> one, Map<String, ?> other) {
        Set<String> all = new LinkedHashSet<>(one.keySet());
        all.addAll(other.keySet());
        return List.copyOf(all);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> fields(@Nullable Object node) {
        return node == null ? Map.of() : (Map<String, Object>) node;
    }

    @SuppressWarnings("unchecked")
    private static List<Object> items(@Nullable Object node) {
        return node == null ? List.of() : (List<Object>) node;
    }
}
