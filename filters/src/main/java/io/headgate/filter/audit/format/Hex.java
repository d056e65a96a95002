package io.headgate.filter.audit.format;

import java.nio.charset.StandardCharsets;

/** Lower-case hexadecimal in place, because a chain is written and checked for every record. */
public final class Hex {
    private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private Hex() {}

    /** Writes two digits for each byte. */
    public static void write(byte[] bytes, byte[] to, int at) {
        int next = at;
        for (byte each : bytes) {
            to[next++] = DIGITS[(each >> 4) & 15];
            to[next++] = DIGITS[each & 15];
        }
    }

    public static String of(byte[] bytes) {
        byte[] text = new byte[2 * bytes.length];
        write(bytes, text, 0);
        return new String(text, StandardCharsets.US_ASCII);
    }

    /** Whether the text that begins there is the one that {@link #write} makes of these bytes. */
    public static boolean matches(byte[] bytes, byte[] text, int at) {
        int difference = 0;
        int next = at;
        for (byte each : bytes) {
            difference |= text[next++] ^ DIGITS[(each >> 4) & 15];
            difference |= text[next++] ^ DIGITS[each & 15];
        }
        return difference == 0;
    }

    /** The bytes of lower-case digits. */
    public static byte[] read(String text) {
        if (text.length() % 2 != 0) {
            throw new IllegalArgumentException("odd number of digits");
        }
        byte[] bytes = new byte[text.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (digit(text.charAt(2 * i)) << 4 | digit(text.charAt(2 * i + 1)));
        }
        return bytes;
    }

    private static int digit(char text) {
        if (text >= '0' && text <= '9') {
            return text - '0';
        }
        if (text >= 'a' && text <= 'f') {
            return text - 'a' + 10;
        }
        throw new IllegalArgumentException("no digit");
    }
}
