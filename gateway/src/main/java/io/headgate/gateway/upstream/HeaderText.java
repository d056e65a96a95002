package io.headgate.gateway.upstream;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Texts on their way into header fields. */
public final class HeaderText {
    private static final String OPEN = "=?base64?";
    private static final String CLOSE = "?=";
    private static final int TRACEPARENT_CHARS = 55;

    private HeaderText() {}

    /** The value of a mirrored header: itself, or wrapped in base64 where a header could not carry it (SEP-2243). */
    public static String encode(String value) {
        if (isPlain(value)) {
            return value;
        }
        return OPEN + Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8)) + CLOSE;
    }

    private static boolean isPlain(String value) {
        int length = value.length();
        if (length == 0) {
            return true;
        }
        for (int i = 0; i < length; i++) {
            char c = value.charAt(i);
            if (c != '\t' && (c < ' ' || c > '~')) {
                return false;
            }
        }
        return !isSpace(value.charAt(0))
                && !isSpace(value.charAt(length - 1))
                && !(value.startsWith(OPEN) && value.endsWith(CLOSE));
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t';
    }

    /** The UTF-8 bytes of a text as one character each, as header fields are written. */
    static String bytesAsChars(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** True if the text is what a session id may be: visible ASCII, of a length that a header can carry. */
    static boolean isSessionId(String text) {
        if (text.isEmpty() || text.length() > 1024) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    /** True for a trace context of version 00: lower-case hex, neither id all zeros. */
    static boolean isTraceparent(String text) {
        if (text.length() != TRACEPARENT_CHARS || !text.startsWith("00-")) {
            return false;
        }
        return text.charAt(35) == '-'
                && text.charAt(52) == '-'
                && isId(text, 3, 35)
                && isId(text, 36, 52)
                && isHex(text.charAt(53))
                && isHex(text.charAt(54));
    }

    private static boolean isId(String text, int from, int to) {
        boolean zero = true;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!isHex(c)) {
                return false;
            }
            zero &= c == '0';
        }
        return !zero;
    }

    private static boolean isHex(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
}
