package io.headgate.gateway.route.catalog;

import io.headgate.mcp.RawJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All items of one kind in one view: in their order, and by their key. */
public final class Items {
    static final Items NONE = new Builder().build();

    private final List<Entry> entries;
    private final Map<String, Entry> byKey;
    private final Map<String, Integer> starts;
    private final Items text;

    private Items(List<Entry> entries, Map<String, Entry> byKey, Map<String, Integer> starts) {
        this.entries = entries;
        this.byKey = byKey;
        this.starts = starts;
        boolean isText = entries.stream().allMatch(entry -> entry.json().equals(entry.text()));
        this.text = isText ? this : withoutInterfaces();
    }

    /** The same as clients see it that show no user interfaces. */
    public Items text() {
        return text;
    }

    @Nullable
    public Entry get(String key) {
        return byKey.get(key);
    }

    public Entry at(int position) {
        return entries.get(position);
    }

    List<Entry> inOrder() {
        return entries;
    }

    public int size() {
        return entries.size();
    }

    /** Where the items of a server begin, or would; -1 for a server that is not in this view. */
    public int startOf(String server) {
        return starts.getOrDefault(server, -1);
    }

    private Items withoutInterfaces() {
        Builder builder = new Builder();
        int at = 0;
        for (String server : starts.keySet()) {
            builder.begin(server);
            for (; at < entries.size() && entries.get(at).server().equals(server); at++) {
                Entry entry = entries.get(at);
                RawJson shown = entry.text();
                if (shown != null) {
                    RawJson objectShown = Entry.ofObject(entry.owner(), shown);
                    builder.add(new Entry(
                            entry.owner(),
                            entry.key(),
                            shown,
                            objectShown,
                            shown,
                            at,
                            entry.headerParams(),
                            entry.hints()));
                }
            }
        }
        return builder.build();
    }

    /** Takes items server by server; the first one that has a key keeps it. */
    static final class Builder {
        private final List<Entry> entries = new ArrayList<>();
        private final Map<String, Entry> byKey = new HashMap<>();
        private final Map<String, Integer> starts = new LinkedHashMap<>();

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
