package io.headgate.filter.audit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** JSON as it is written: bytes that grow, without a text in between. */
@CanIgnoreReturnValue
final class JsonBytes {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes;
    private int length;

    JsonBytes(int expected) {
        bytes = new byte[expected];
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    /** Plain ASCII, written as it is. */
    JsonBytes raw(String ascii) {
        int size = ascii.length();
        reserve(size);
        for (int i = 0; i < size; i++) {
            bytes[length + i] = (byte) ascii.charAt(i);
        }
        length += size;
        return this;
    }

    JsonBytes raw(char ascii) {
        reserve(1);
        bytes[length++] = (byte) ascii;
        return this;
    }

    JsonBytes raw(byte[] json, int start, int end) {
        reserve(end - start);
        System.arraycopy(json, start, bytes, length, end - start);
        length += end - start;
        return this;
    }

    JsonBytes raw(JsonBytes other) {
        return raw(other.bytes, 0, other.length);
    }

    JsonBytes number(long value) {
        return raw(Long.toString(value));
    }

    JsonBytes hex(byte[] digest, int count) {
        reserve(2 * count);
        for (int i = 0; i < count; i++) {
            bytes[length++] = HEX[(digest[i] >> 4) & 0xF];
            bytes[length++] = HEX[digest[i] & 0xF];
        }
        return this;
    }

    /** A member, after a comma unless it is the first of its object; the key is plain ASCII. */
    JsonBytes key(String name) {
        if (length > 0 && bytes[length - 1] != '{') {
            raw(',');
        }
        return raw('"').raw(name).raw('"').raw(':');
    }

    /** A string member, its text cut to a number of characters. */
    JsonBytes member(String name, String text, int most) {
        return key(name).string(text, most);
    }

    JsonBytes member(String name, long value) {
        return key(name).number(value);
    }

    JsonBytes member(String name, boolean value) {
        return key(name).raw(value ? "true" : "false");
    }

    /** A string in quotes, cut to a number of characters. */
    JsonBytes string(String text, int most) {
        int end = text.length();
        if (end > most) {
            end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
        }
        reserve(6 * end + 2);
        bytes[length++] = '"';
        int i = 0;
        while (i < end) {
            int c = text.charAt(i++);
            if (c < 0x80) {
                ascii(c);
            } else if (c < 0x800) {
                two(c);
            } else if (Character.isHighSurrogate((char) c) && i < end && Character.isLowSurrogate(text.charAt(i))) {
                four(Character.toCodePoint((char) c, text.charAt(i++)));
            } else {
                three(Character.isSurrogate((char) c) ? 0xFFFD : c);
            }
        }
        bytes[length++] = '"';
        return this;
    }

    private void ascii(int c) {
        if (c == '"' || c == '\\') {
            bytes[length++] = '\\';
            bytes[length++] = (byte) c;
        } else if (c >= 0x20 && c != 0x7F) {
            bytes[length++] = (byte) c;
        } else {
            bytes[length++] = '\\';
            bytes[length++] = 'u';
            bytes[length++] = '0';
            bytes[length++] = '0';
            bytes[length++] = HEX[c >> 4];
            bytes[length++] = HEX[c & 0xF];
        }
    }

    private void two(int c) {
        bytes[length++] = (byte) (0xC0 | c >> 6);
        bytes[length++] = (byte) (0x80 | (c & 0x3F));
    }

    private void three(int c) {
        bytes[length++] = (byte) (0xE0 | c >> 12);
        bytes[length++] = (byte) (0x80 | (c >> 6 & 0x3F));
        bytes[length++] = (byte) (0x80 | (c & 0x3F));
    }

    private void four(int c) {
        bytes[length++] = (byte) (0xF0 | c >> 18);
        bytes[length++] = (byte) (0x80 | (c >> 12 & 0x3F));
        bytes[length++] = (byte) (0x80 | (c >> 6 & 0x3F));
        bytes[length++] = (byte) (0x80 | (c & 0x3F));
    }

    private void reserve(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
        }
    }
}
