package io.headgate.filter.audit.log;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** A time as {@code 2026-11-21T15:04:05.123456789Z}, always of the same length; makes the seconds anew only when they change. */
final class TimeText {
    static final int BYTES = 30;

    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.").withZone(ZoneOffset.UTC);
    private static final int NANO_DIGITS = 9;

    private long second = Long.MIN_VALUE;
    private byte[] seconds = new byte[0];

    void write(Instant time, byte[] to, int at) {
        if (time.getEpochSecond() != second) {
            second = time.getEpochSecond();
            seconds = SECONDS.format(time).getBytes(StandardCharsets.US_ASCII);
        }
        System.arraycopy(seconds, 0, to, at, seconds.length);
        int nanos = time.getNano();
        int last = at + seconds.length + NANO_DIGITS;
        to[last] = 'Z';
        for (int i = 1; i <= NANO_DIGITS; i++) {
            to[last - i] = (byte) ('0' + nanos % 10);
            nanos /= 10;
        }
    }

    String of(Instant time) {
        byte[] text = new byte[BYTES];
        write(time, text, 0);
        return new String(text, StandardCharsets.US_ASCII);
    }
}
