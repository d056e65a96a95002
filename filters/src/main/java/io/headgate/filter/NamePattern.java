package io.headgate.filter;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.List;

/**
 * Names of tools, as a file writes them: {@code crm__export}, {@code crm__*}, {@code *__delete_*}. A star is any text,
 * also none.
 *
 * <p>Matching takes time in proportion to the name for each part between stars, and allocates nothing.
 */
public final class NamePattern {
    /** What no name of a tool has, and a regular expression has. */
    private static final String EXPRESSION = "^$()[]{}|\\+?";

    private final String text;
    /** What is between the stars; the first and the last part are where the name begins and ends. */
    private final List<String> parts;

    private NamePattern(String text) {
        this.text = text;
        this.parts = List.of(text.split("\\*", -1));
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static NamePattern of(String text) {
        if (text.isBlank() || text.length() > 256) {
            throw new IllegalArgumentException(
                    "'" + (text.isBlank() ? text : "...") + "' (expected: a name, or one with stars such as crm__*)");
        }
        if (text.chars().anyMatch(c -> EXPRESSION.indexOf(c) >= 0)) {
            throw new IllegalArgumentException(
                    text + " is a regular expression (expected: a name, or one with stars such as crm__*)");
        }
        return new NamePattern(text);
    }

    /** False if it fits no name that begins like this and goes on. */
    public boolean mayFit(String beginning) {
        String first = parts.get(0);
        return parts.size() == 1
                ? first.startsWith(beginning) && first.length() > beginning.length()
                : first.startsWith(beginning) || beginning.startsWith(first);
    }

    public boolean matches(String name) {
        String first = parts.get(0);
        int last = parts.size() - 1;
        if (last == 0) {
            return name.equals(first);
        }
        String tail = parts.get(last);
        int end = name.length() - tail.length();
        if (end < first.length() || !name.startsWith(first) || !name.endsWith(tail)) {
            return false;
        }
        int from = first.length();
        for (int i = 1; i < last; i++) {
            int found = name.indexOf(parts.get(i), from);
            from = found + parts.get(i).length();
            if (found < 0 || from > end) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NamePattern pattern && pattern.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
