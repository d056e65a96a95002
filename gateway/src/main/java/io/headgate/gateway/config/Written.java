package io.headgate.gateway.config;

import io.headgate.filter.NamePattern;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where things stand in the file, for what only shows when servers are asked. */
public final class Written {
    private final Map<String, Place> places = new HashMap<>();
    private final List<Pattern> patterns = new ArrayList<>();

    /** A pattern of names of tools, and its key. */
    public record Pattern(String path, NamePattern pattern) {}

    void put(String path, Place place) {
        var unused = places.putIfAbsent(path, place);
    }

    boolean isWritten(String path) {
        return places.containsKey(path);
    }

    /** Where a key is, or else the nearest one above it; null if there is none. */
    @Nullable
    Place place(String path) {
        Place place = places.get(path);
        int end = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
        return place != null || end < 0 ? place : place(path.substring(0, end));
    }

    void put(String path, NamePattern pattern, Place place) {
        put(path, place);
        patterns.add(new Pattern(path, pattern));
    }

    /** What is wrong with a key, as {@link ConfigRejected#problems} has it. */
    public String problem(String path, String text) {
        Place place = place(path);
        return Problems.shown((place == null ? "" : place + " ") + path + ": " + text);
    }

    /** What is doubtful of a key, as {@link Config#warnings} has it. */
    public String warning(String path, String text) {
        Place place = place(path);
        return Problems.shown((place == null ? "" : place + " ") + "warning: " + path + ": " + text);
    }

    /** All patterns, in the order of reading. */
    public List<Pattern> patterns() {
        return List.copyOf(patterns);
    }
}
