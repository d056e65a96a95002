package io.headgate.gateway.config;

import io.headgate.mcp.VisibleText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Everything that is wrong or doubtful in a file, gathered so that all of it can be said at once. */
final class Problems {
    /** Keys and values are shown, and may be long. */
    private static final int LONGEST = 2000;

    private record Problem(Place place, String text, boolean isWarning) {}

    private final List<Problem> found = new ArrayList<>();
    private final Map<String, Integer> order = new HashMap<>();
    private int errors;

    /** Problems of this file come behind those of the files that were told before. */
    void inOrder(String file) {
        order.putIfAbsent(file, order.size());
    }

    void add(Place place, String path, String text) {
        found.add(new Problem(place, place + " " + keyed(path, text), /* isWarning= */ false));
        errors++;
    }

    /** Adds what may be meant, but seldom is: the file can be used. */
    void warn(Place place, String path, String text) {
        found.add(new Problem(place, place + " warning: " + keyed(path, text), /* isWarning= */ true));
    }

    private static String keyed(String path, String text) {
        return path.isEmpty() ? text : path + ": " + text;
    }

    /** How many there are that make a file unusable. */
    int count() {
        return errors;
    }

    /** True if the file can be used. */
    boolean isEmpty() {
        return errors == 0;
    }

    /** One line for each that makes the file unusable, in the order of the files and of the places in them. */
    List<String> lines() {
        return lines(problem -> !problem.isWarning());
    }

    /** One line for each warning, in the same order. */
    List<String> warnings() {
        return lines(Problem::isWarning);
    }

    /** Both, in the same order. */
    List<String> all() {
        return lines(problem -> true);
    }

    private List<String> lines(Predicate<Problem> wanted) {
        return found.stream()
                .filter(wanted)
                .sorted(Comparator.comparingInt((Problem problem) ->
                                order.getOrDefault(problem.place().file(), order.size()))
                        .thenComparingInt(problem -> problem.place().line())
                        .thenComparingInt(problem -> problem.place().column()))
                .map(problem -> shown(problem.text()))
                .distinct()
                .toList();
    }

    /** A line for a terminal: what was read from the file may hold anything. */
    static String shown(String text) {
        return VisibleText.shown(text, LONGEST);
    }
}
