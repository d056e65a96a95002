package io.headgate.gateway.upstream.wire;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Texts on their way into header fields. */
public final class HeaderText {
    private static final String OPEN = "=?base64?";
    private static final String CLOSE = "?=";

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
    public static String bytesAsChars(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** True if the text is what a session id may be: visible ASCII, of a length that a header can carry. */
    public static boolean isSessionId(String text) {
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
}
