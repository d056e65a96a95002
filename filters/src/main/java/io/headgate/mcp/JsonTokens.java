package io.headgate.mcp;

import io.headgate.mcp.BadMessage.Reason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The strings, numbers and literals of a JSON text, each validated as it is stepped over.
 *
 * <p>Strings are the bulk of a message, so they are read eight bytes at a time.
 */
abstract sealed class JsonTokens permits JsonScanner {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';
    private static final long SPACES = ONES * ' ';

    /** A number of at most this many characters, with at most two digits in its exponent, fits a double. */
    private static final int SAFE_NUMBER_CHARS = 200;

    final byte[] bytes;
    final int end;
    int at;

    /** Whether the last string has escapes. */
    boolean escaped;

    JsonTokens(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.at = start;
        this.end = end;
    }

    final void skipSpace() {
        while (at < end && isSpace(bytes[at])) {
            at++;
        }
    }

    static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    final void literal(String text) throws BadMessage {
        int length = text.length();
        if (at + length > end) {
            throw new BadMessage(Reason.SYNTAX);
        }
        for (int i = 0; i < length; i++) {
            if (bytes[at + i] != text.charAt(i)) {
                throw new BadMessage(Reason.SYNTAX);
            }
        }
        at += length;
    }

    final void string() throws BadMessage {
        escaped = false;
        int i = at + 1;
        while (true) {
            i = skipPlain(i);
            if (i >= end) {
                throw new BadMessage(Reason.SYNTAX);
            }
            byte b = bytes[i];
            if (b == '"') {
                at = i + 1;
                return;
            }
            if (b == '\\') {
                escaped = true;
                i = escape(i);
            } else if (b >= 0) {
                if (b < 0x20) {
                    throw new BadMessage(Reason.SYNTAX);
                }
                i++;
            } else {
                do {
                    i = multiByte(i);
                } while (i < end && bytes[i] < 0);
            }
        }
    }

    /** To the first byte that may end a string or needs a closer look. */
    private int skipPlain(int from) {
        int i = from;
        int lastWord = end - 8;
        while (i <= lastWord) {
            long word = (long) LONG.get(bytes, i);
            long quote = word ^ QUOTES;
            long backslash = word ^ BACKSLASHES;
            long special =
                    ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | ((word - SPACES) & ~word) | word;
            special &= HIGHS;
            if (special != 0) {
                // The lowest bit is exact; a borrow can only raise bits above it.
                return i + (Long.numberOfTrailingZeros(special) >>> 3);
            }
            i += 8;
        }
        return i;
    }

    private int escape(int backslash) throws BadMessage {
        if (backslash + 1 >= end) {
            throw new BadMessage(Reason.SYNTAX);
        }
        switch (bytes[backslash + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
                return backslash + 2;
            }
            case 'u' -> {
                int unit = unit(backslash);
                int next = backslash + 6;
                if (unit < 0xD800 || unit > 0xDFFF) {
                    return next;
                }
                boolean high = unit < 0xDC00;
                if (!high || next + 1 >= end || bytes[next] != '\\' || bytes[next + 1] != 'u') {
                    throw new BadMessage(Reason.LONE_SURROGATE);
                }
                int low = unit(next);
                if (low < 0xDC00 || low > 0xDFFF) {
                    throw new BadMessage(Reason.LONE_SURROGATE);
                }
                return next + 6;
            }
            default -> throw new BadMessage(Reason.SYNTAX);
        }
    }

    private int unit(int backslash) throws BadMessage {
        int unit = backslash + 6 <= end ? JsonStrings.hex4(bytes, backslash + 2) : -1;
        if (unit < 0) {
            throw new BadMessage(Reason.SYNTAX);
        }
        return unit;
    }

    /** One character of two to four bytes; the shortest form only, no surrogates, nothing above U+10FFFF. */
    private int multiByte(int i) throws BadMessage {
        int first = bytes[i] & 0xFF;
        if (first >= 0xC2 && first <= 0xDF) {
            continuation(i + 1, 0x80, 0xBF);
            return i + 2;
        }
        if (first >= 0xE0 && first <= 0xEF) {
            continuation(i + 1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
            continuation(i + 2, 0x80, 0xBF);
            return i + 3;
        }
        if (first >= 0xF0 && first <= 0xF4) {
            continuation(i + 1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
            continuation(i + 2, 0x80, 0xBF);
            continuation(i + 3, 0x80, 0xBF);
            return i + 4;
        }
        throw new BadMessage(Reason.INVALID_UTF8);
    }

    private void continuation(int i, int low, int high) throws BadMessage {
        if (i >= end || (bytes[i] & 0xFF) < low || (bytes[i] & 0xFF) > high) {
            throw new BadMessage(Reason.INVALID_UTF8);
        }
    }

    final void number(int maxChars) throws BadMessage {
        int start = at;
        if (bytes[at] == '-') {
            at++;
        }
        if (at < end && bytes[at] == '0') {
            at++;
        } else {
            digits(start, maxChars);
        }
        if (at < end && bytes[at] == '.') {
            at++;
            digits(start, maxChars);
        }
        boolean large = at - start > SAFE_NUMBER_CHARS;
        if (at < end && (bytes[at] == 'e' || bytes[at] == 'E')) {
            at++;
            if (at < end && (bytes[at] == '+' || bytes[at] == '-')) {
                at++;
            }
            int exponent = at;
            digits(start, maxChars);
            large |= at - exponent > 2;
        }
        if (large) {
            checkRange(start);
        }
    }

    /** At least one digit. The length is checked on the way, so that a million digits cost no more than the limit. */
    private void digits(int start, int maxChars) throws BadMessage {
        int first = at;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            if (++at - start > maxChars) {
                throw new BadMessage(Reason.NUMBER_LENGTH);
            }
        }
        if (at == first) {
            throw new BadMessage(Reason.SYNTAX);
        }
    }

    private void checkRange(int start) throws BadMessage {
        String text = new String(bytes, start, at - start, StandardCharsets.US_ASCII);
        if (Double.isInfinite(Double.parseDouble(text))) {
            throw new BadMessage(Reason.NUMBER_RANGE);
        }
    }
}
