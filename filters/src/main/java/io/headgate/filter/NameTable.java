package io.headgate.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What is meant for a name: the value of the first pattern that fits. Remembers the names that it was asked for, up to a limit. */
public final class NameTable<V> {
    private static final int MOST_REMEMBERED = 1_024;
    private static final int LONGEST_REMEMBERED = 256;

    private final List<Row<V>> rows = new ArrayList<>();
    private final Map<String, Optional<V>> remembered = new ConcurrentHashMap<>();
    private final AtomicInteger room = new AtomicInteger(MOST_REMEMBERED);

    private record Row<V>(NamePattern pattern, V value) {}

    /** Adds a row behind the others; not once names are asked for. */
    public void add(NamePattern pattern, V value) {
        rows.add(new Row<>(pattern, value));
    }

    /** The value for a name, or null if no pattern fits. */
    public @Nullable V get(String name) {
        if (rows.isEmpty()) {
            return null;
        }
        Optional<V> known = remembered.get(name);
        if (known == null) {
            known = find(name);
            // What strangers write must not fill the memory; a name that finds no room is looked up each time.
            if (name.length() <= LONGEST_REMEMBERED && room.get() > 0 && room.decrementAndGet() >= 0) {
                remembered.put(name, known);
            }
        }
        return known.orElse(null);
    }

    public boolean isEmpty() {
        return rows.isEmpty();
    }

    private Optional<V> find(String name) {
        for (Row<V> row : rows) {
            if (row.pattern().matches(name)) {
                return Optional.of(row.value());
            }
        }
        return Optional.empty();
    }
}
