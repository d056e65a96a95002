package io.headgate.filter;

/** A pattern for names: {@code *} stands for any characters or none, everything else for itself. */
public final class NamePattern {
    private static final int LONGEST = 256;

    private final String text;

    private NamePattern(String text) {
        this.text = text;
    }

    /** The pattern that a text is, whatever characters it has. */
    public static NamePattern of(String text) {
        return new NamePattern(text);
    }

    /** Refuses what cannot be meant as a pattern, in the words of a configuration that has it at a key. */
    public static void check(String key, String text) {
        if (text.isEmpty() || text.length() > LONGEST) {
            throw new IllegalArgumentException(
                    key + ": a pattern of " + text.length() + " characters (expected: 1 to " + LONGEST + ")");
        }
    }

    /** Takes time in proportion to the lengths of both at the most, multiplied. */
    public boolean matches(String name) {
        int at = 0;
        int in = 0;
        int star = -1;
        int resume = 0;
        while (at < name.length()) {
            if (in < text.length() && text.charAt(in) == '*') {
                star = in++;
                resume = at;
            } else if (in < text.length() && text.charAt(in) == name.charAt(at)) {
                in++;
                at++;
            } else if (star >= 0) {
                // The last star takes one more.
                in = star + 1;
                at = ++resume;
            } else {
                return false;
            }
        }
        while (in < text.length() && text.charAt(in) == '*') {
            in++;
        }
        return in == text.length();
    }

    @Override
    public String toString() {
        return text;
    }
}
