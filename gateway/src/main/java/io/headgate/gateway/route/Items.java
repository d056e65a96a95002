package io.headgate.gateway.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All items of one kind in one view: in their order, and by their key. */
final class Items {
    static final Items NONE = new Builder().build();

    private final List<Entry> entries;
    private final Map<String, Entry> byKey;
    private final Map<String, Integer> starts;

    private Items(List<Entry> entries, Map<String, Entry> byKey, Map<String, Integer> starts) {
        this.entries = entries;
        this.byKey = byKey;
        this.starts = starts;
    }

    @Nullable
    Entry get(String key) {
        return byKey.get(key);
    }

    Entry at(int position) {
        return entries.get(position);
    }

    List<Entry> inOrder() {
        return entries;
    }

    int size() {
        return entries.size();
    }

    /** Where the items of a server begin, or would; -1 for a server that is not in this view. */
    int startOf(String server) {
        return starts.getOrDefault(server, -1);
    }

    /** Takes items server by server; the first one that has a key keeps it. */
    static final class Builder {
        private final List<Entry> entries = new ArrayList<>();
        private final Map<String, Entry> byKey = new HashMap<>();
        private final Map<String, Integer> starts = new HashMap<>();

        void begin(String server) {
            starts.putIfAbsent(server, entries.size());
        }

        /** False if another item has the key. */
        boolean add(Entry entry) {
            Entry placed = entry.position() == entries.size() ? entry : entry.at(entries.size());
            if (byKey.putIfAbsent(placed.key(), placed) != null) {
                return false;
            }
            entries.add(placed);
            return true;
        }

        Items build() {
            return new Items(List.copyOf(entries), byKey, starts);
        }
    }
}
