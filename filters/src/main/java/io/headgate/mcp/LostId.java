package io.headgate.mcp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the id of a message that was refused before all of it was read; many clients write the id last.
 *
 * <p>Trusts nothing: it counts brackets, steps over strings, and reads the value of the one key {@code "id"} of the outer
 * object strictly. Whatever it does not understand is no id.
 */
final class LostId {
    private static final byte[] KEY = "\"id\"".getBytes(StandardCharsets.US_ASCII);

    /** Both letters as escapes. */
    private static final int LONGEST_KEY = "\"\\u0069\\u0064\"".length();

    private static final int MAX_BYTES = 300;

    private LostId() {}

    static @Nullable RawJson find(byte[] bytes, int start, int end) {
        RawJson found = null;
        int depth = 0;
        int at = start;
        while (at < end) {
            byte b = bytes[at];
            if (b == '"') {
                int stop = endOfString(bytes, at, end);
                if (depth == 1 && isKey(bytes, at, stop)) {
                    int colon = skipSpace(bytes, stop, end);
                    if (colon < end && bytes[colon] == ':') {
                        if (found != null) {
                            return null;
                        }
                        found = value(bytes, skipSpace(bytes, colon + 1, end), end);
                        if (found == null) {
                            return null;
                        }
                    }
                }
                at = stop;
                continue;
            }
            if (b == '{' || b == '[') {
                depth++;
            } else if (b == '}' || b == ']') {
                depth--;
            }
            at++;
        }
        return found;
    }

    private static @Nullable RawJson value(byte[] bytes, int start, int end) {
        int limit = Math.min(end, start + MAX_BYTES);
        if (start == limit) {
            return null;
        }
        int stop = start;
        if (bytes[start] == '"') {
            stop = endOfString(bytes, start, limit);
        } else {
            while (stop < limit && (bytes[stop] == '-' || (bytes[stop] >= '0' && bytes[stop] <= '9'))) {
                stop++;
            }
        }
        int after = skipSpace(bytes, stop, end);
        if (after == end || (bytes[after] != ',' && bytes[after] != '}')) {
            return null;
        }
        try {
            return JsonScanner.value(bytes, start, stop, JsonLimits.CLIENT);
        } catch (BadMessage noValue) {
            return null;
        }
    }

    private static boolean isKey(byte[] bytes, int start, int stop) {
        if (Arrays.equals(bytes, start, stop, KEY, 0, KEY.length)) {
            return true;
        }
        int length = stop - start;
        boolean isEscaped = length > KEY.length && (bytes[start + 1] == '\\' || bytes[start + 2] == '\\');
        return isEscaped && length <= LONGEST_KEY && says(bytes, start, stop);
    }

    private static boolean says(byte[] bytes, int start, int stop) {
        try {
            return "id"
                    .equals(JsonScanner.value(bytes, start, stop, JsonLimits.CLIENT)
                            .string());
        } catch (BadMessage noText) {
            return false;
        }
    }

    /** The byte after the closing quote, or the end. */
    private static int endOfString(byte[] bytes, int quote, int end) {
        int at = quote + 1;
        while (at < end && bytes[at] != '"') {
            at += bytes[at] == '\\' ? 2 : 1;
        }
        return Math.min(at + 1, end);
    }

    private static int skipSpace(byte[] bytes, int from, int end) {
        int at = from;
        while (at < end && JsonTokens.isSpace(bytes[at])) {
            at++;
        }
        return at;
    }
}
