package io.headgate.mcp;

import java.nio.charset.StandardCharsets;

/** Steps over bytes that were validated already, and turns JSON strings into text and back. */
public final class JsonStrings {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private JsonStrings() {}

    /** The text as a JSON string with its quotes. */
    public static String quote(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20 || isLoneSurrogate(text, i)) {
                        escape(out, c < 0x20 ? c : '\uFFFD');
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }

    private static boolean isLoneSurrogate(String text, int at) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        return Character.isLowSurrogate(c) && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }

    private static void escape(StringBuilder out, char c) {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.append((char) HEX[(c >> shift) & 0xF]);
        }
    }

    /** The text between the quotes of a string. */
    static String decode(byte[] bytes, int start, int end) {
        int at = start;
        while (at < end && bytes[at] != '\\') {
            at++;
        }
        if (at == end) {
            return new String(bytes, start, end - start, StandardCharsets.UTF_8);
        }
        StringBuilder out = new StringBuilder(end - start);
        int copied = start;
        while (at < end) {
            if (bytes[at] != '\\') {
                at++;
                continue;
            }
            out.append(new String(bytes, copied, at - copied, StandardCharsets.UTF_8));
            char escaped = (char) bytes[at + 1];
            at += 2;
            switch (escaped) {
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'u' -> {
                    out.append((char) hex4(bytes, at));
                    at += 4;
                }
                default -> out.append(escaped);
            }
            copied = at;
        }
        return out.append(new String(bytes, copied, end - copied, StandardCharsets.UTF_8))
                .toString();
    }

    /** True if the bytes between two quotes spell this text, escaped or not. */
    static boolean is(byte[] bytes, int start, int end, String text) {
        int length = end - start;
        if (length == text.length() && startsWith(bytes, start, text)) {
            return true;
        }
        // What is written with escapes or in several bytes is longer than what it says.
        return length > text.length()
                && hasEscapeOrNonAscii(bytes, start, end)
                && decode(bytes, start, end).equals(text);
    }

    private static boolean startsWith(byte[] bytes, int start, String text) {
        for (int i = 0; i < text.length(); i++) {
            // An equal backslash starts an escape, so the bytes say something else.
            if (bytes[start + i] != text.charAt(i) || bytes[start + i] == '\\') {
                return false;
            }
        }
        return true;
    }

    private static boolean hasEscapeOrNonAscii(byte[] bytes, int start, int end) {
        for (int i = start; i < end; i++) {
            if (bytes[i] < 0 || bytes[i] == '\\') {
                return true;
            }
        }
        return false;
    }

    static boolean isAscii(byte[] bytes, int start, int end) {
        for (int i = start; i < end; i++) {
            if (bytes[i] < 0) {
                return false;
            }
        }
        return true;
    }

    /** The four hex digits as a number, or -1 if they are none. */
    static int hex4(byte[] bytes, int at) {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(bytes[at + i], 16);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    public static int skipSpace(byte[] bytes, int at) {
        int i = at;
        while (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t') {
            i++;
        }
        return i;
    }

    /** From an opening quote to the byte after the closing one. */
    public static int skipString(byte[] bytes, int at) {
        int i = at + 1;
        while (bytes[i] != '"') {
            i += bytes[i] == '\\' ? 2 : 1;
        }
        return i + 1;
    }

    /** From the first byte of a value to the byte after its last. */
    public static int skipValue(byte[] bytes, int at) {
        byte first = bytes[at];
        if (first == '"') {
            return skipString(bytes, at);
        }
        if (first != '{' && first != '[') {
            int i = at;
            while (i < bytes.length && isScalar(bytes[i])) {
                i++;
            }
            return i;
        }
        int depth = 0;
        int i = at;
        do {
            byte b = bytes[i];
            if (b == '"') {
                i = skipString(bytes, i);
                continue;
            }
            if (b == '{' || b == '[') {
                depth++;
            } else if (b == '}' || b == ']') {
                depth--;
            }
            i++;
        } while (depth > 0);
        return i;
    }

    private static boolean isScalar(byte b) {
        return b != ',' && b != '}' && b != ']' && b != ' ' && b != '\n' && b != '\r' && b != '\t';
    }
}
