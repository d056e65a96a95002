package io.headgate.gateway.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lines that wait to be sent, each with the place of its record. */
final class ExportBatch {
    private final List<Line> lines = new ArrayList<>();
    private byte[] bytes = new byte[64 * 1024];
    private int filled;

    /**
     * A record of the batch.
     *
     * @param to where its line ends; where it begins, if nothing of it is sent
     */
    private record Line(long seq, String hash, Instant time, boolean isSent, int to) {}

    /** Adds a line without its end. */
    void add(long seq, String hash, Instant time, byte[] from, int start, int length) {
        if (filled + length + 1 > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, filled + length + 1));
        }
        System.arraycopy(from, start, bytes, filled, length);
        filled += length;
        bytes[filled++] = '\n';
        lines.add(new Line(seq, hash, time, /* isSent= */ true, filled));
    }

    /** Adds a record of which nothing is sent. */
    void pass(long seq, String hash, Instant time) {
        lines.add(new Line(seq, hash, time, /* isSent= */ false, filled));
    }

    int records() {
        return lines.size();
    }

    int length() {
        return filled;
    }

    /** When the oldest record was written. */
    Instant oldest() {
        return lines.get(0).time();
    }

    /** The lines of the first records. */
    byte[] first(int records) {
        return Arrays.copyOf(bytes, lines.get(records - 1).to());
    }

    long seq(int index) {
        return lines.get(index).seq();
    }

    String hash(int index) {
        return lines.get(index).hash();
    }

    /** How many of the first records have a line. */
    long sent(int records) {
        return lines.subList(0, records).stream().filter(Line::isSent).count();
    }

    /** Forgets the first records. */
    void drop(int records) {
        int from = lines.get(records - 1).to();
        System.arraycopy(bytes, from, bytes, 0, filled - from);
        filled -= from;
        lines.subList(0, records).clear();
        lines.replaceAll(line -> new Line(line.seq(), line.hash(), line.time(), line.isSent(), line.to() - from));
    }
}
