package io.headgate.gateway.config;

import io.headgate.mcp.VisibleText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Everything that is wrong with a file, gathered so that all of it can be said at once. */
final class Problems {
    /** Keys and values are shown, and may be long. */
    private static final int LONGEST = 2000;

    private record Problem(Place place, String text) {}

    private final List<Problem> found = new ArrayList<>();

    void add(Place place, String path, String text) {
        found.add(new Problem(place, path.isEmpty() ? place + " " + text : place + " " + path + ": " + text));
    }

    int count() {
        return found.size();
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    /** One line for each, file by file in the order of their places. */
    List<String> lines() {
        return found.stream()
                .sorted(Comparator.comparing(
                                (Problem problem) -> problem.place().file())
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
