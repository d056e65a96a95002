package io.headgate.filter.audit.format;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Finds members of compact JSON objects that this log or its filter wrote, without making a tree. */
public final class Members {
    private Members() {}

    /**
     * The text of a string member, without unescaping, or the digits of a number; null if there is none.
     *
     * @param from where the name of the first member begins
     * @param to where the members end
     * @param path the names that lead to it
     */
    public static @Nullable String text(byte[] bytes, int from, int to, String... path) {
        int start = from;
        int end = to;
        for (int i = 0; i < path.length; i++) {
            int value = find(bytes, start, end, path[i]);
            if (value < 0) {
                return null;
            }
            end = skip(bytes, value, end);
            start = value;
            if (i + 1 < path.length && (bytes[start++] != '{' || end - start < 1)) {
                return null;
            }
        }
        boolean isText = start < end && bytes[start] == '"';
        int trim = isText ? 1 : 0;
        return end - start < 2 * trim
                ? null
                : new String(bytes, start + trim, end - start - 2 * trim, StandardCharsets.UTF_8);
    }

    /** The number at the path, or -1 if there is none. */
    public static long number(byte[] bytes, int from, int to, String... path) {
        String digits = text(bytes, from, to, path);
        try {
            return digits == null ? -1 : Long.parseLong(digits);
        } catch (NumberFormatException notANumber) {
            return -1;
        }
    }

    /** Where the value of a member begins, or -1. */
    private static int find(byte[] bytes, int from, int to, String name) {
        int next = from;
        while (next < to && bytes[next] == '"') {
            int nameEnd = skip(bytes, next, to);
            boolean isIt = isName(bytes, next + 1, nameEnd - 1, name);
            int value = nameEnd + 1;
            if (value >= to || bytes[nameEnd] != ':') {
                return -1;
            }
            if (isIt) {
                return value;
            }
            next = skip(bytes, value, to) + 1;
        }
        return -1;
    }

    private static boolean isName(byte[] bytes, int from, int to, String name) {
        if (to - from != name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (bytes[from + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Where the value that begins there has ended. */
    private static int skip(byte[] bytes, int from, int to) {
        int depth = 0;
        for (int i = from; i < to; i++) {
            switch (bytes[i]) {
                case '"' -> {
                    i = closingQuote(bytes, i + 1, to);
                    if (depth == 0) {
                        return Math.min(i + 1, to);
                    }
                }
                case '{', '[' -> depth++;
                case '}', ']' -> {
                    if (depth <= 1) {
                        return depth == 0 ? i : i + 1;
                    }
                    depth--;
                }
                case ',' -> {
                    if (depth == 0) {
                        return i;
                    }
                }
                default -> {
                    // Part of a number or a name.
                }
            }
        }
        return to;
    }

    private static int closingQuote(byte[] bytes, int from, int to) {
        int next = from;
        while (next < to && bytes[next] != '"') {
            next += bytes[next] == '\\' ? 2 : 1;
        }
        return next;
    }
}
