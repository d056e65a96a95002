package io.headgate.gateway.config;

import io.headgate.mcp.VisibleText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Everything that is wrong with a file, gathered so that all of it can be said at once. */
final class Problems {
    /** Keys and values are shown, and may be long. */
    private static final int LONGEST = 2000;

    private record Problem(Place place, String text) {}

    private final List<Problem> found = new ArrayList<>();
    private final Map<String, Integer> order = new HashMap<>();

    /** Problems of this file come behind those of the files that were told before. */
    void inOrder(String file) {
        order.putIfAbsent(file, order.size());
    }

    void add(Place place, String path, String text) {
        found.add(new Problem(place, path.isEmpty() ? place + " " + text : place + " " + path + ": " + text));
    }

    int count() {
        return found.size();
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    /** One line for each, in the order of the files and of the places in them. */
    List<String> lines() {
        return found.stream()
                .sorted(Comparator.comparingInt((Problem problem) ->
                                order.getOrDefault(problem.place().file(), order.size()))
                        .thenComparingInt(problem -> problem.place().line())
                        .thenComparingInt(problem -> problem.place().column()))
                .map(problem -> shown(problem.text()))
                .toList();
    }

    /** A line for a terminal: what was read from the file may hold anything. */
    static String shown(String text) {
        return VisibleText.shown(text, LONGEST);
    }
}
