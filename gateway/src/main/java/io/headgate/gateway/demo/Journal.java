package io.headgate.gateway.demo;

import java.util.ArrayDeque;
import java.util.Deque;

/** The lines that {@code append} has added, readable as a resource; only the latest are kept. */
final class Journal {
    static final String URI = "demo://journal";

    private static final int MAX_LINES = 1_000;
    private static final int MAX_LINE = 1_000;

    private final Deque<String> lines = new ArrayDeque<>();
    private final Changes changes;
    private long count;

    Journal(Changes changes) {
        this.changes = changes;
    }

    /** Adds a line and returns its number. */
    long append(String text) {
        long number = add(text.length() <= MAX_LINE ? text : text.substring(0, MAX_LINE));
        changes.publish(Changes.Change.resource(URI));
        return number;
    }

    synchronized String text() {
        return String.join("\n", lines);
    }

    private synchronized long add(String line) {
        if (lines.size() == MAX_LINES) {
            lines.remove();
        }
        lines.add(line);
        return ++count;
    }
}
