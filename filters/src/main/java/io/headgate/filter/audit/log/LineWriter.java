package io.headgate.filter.audit.log;

import io.headgate.filter.audit.format.Hex;
import io.headgate.filter.audit.format.RecordHash;
import io.headgate.filter.audit.format.RecordLine;
import io.headgate.filter.audit.format.TornTail;
import java.time.InstantSource;

/** Turns records into the lines of a batch, each chained to the one before; see {@link RecordLine} for the format. */
final class LineWriter {
    private static final int BATCH_BYTES = TornTail.MOST_BYTES - RecordLine.MOST_BYTES;
    private static final byte[] SEQ = AuditRecord.ascii("{\"seq\":");
    private static final byte[] TIME = AuditRecord.ascii(",\"ts\":\"");
    private static final byte[] MONO = AuditRecord.ascii("\",\"mono\":");
    private static final byte[] PREVIOUS = AuditRecord.ascii(RecordLine.PREVIOUS);
    private static final byte[] HASH = AuditRecord.ascii(RecordLine.HASH);

    private final byte[] buffer = new byte[TornTail.MOST_BYTES];
    private final byte[] digits = new byte[20];
    private final byte[] origin;
    private final InstantSource clock;
    private final long startNanos = System.nanoTime();
    private final TimeText time = new TimeText();
    final RecordHash digest = new RecordHash();
    private int end;

    LineWriter(String boot, String node, InstantSource clock) {
        this.clock = clock;
        origin = AuditRecord.ascii(",\"boot\":\"" + boot + "\",\"node\":\"" + node + "\",\"type\":\"");
    }

    boolean isEmpty() {
        return end == 0;
    }

    /** Whether the longest record fits. */
    boolean hasRoom() {
        return end < BATCH_BYTES;
    }

    byte[] buffer() {
        return buffer;
    }

    int end() {
        return end;
    }

    void clear() {
        end = 0;
    }

    /** Adds a line; the tip is behind it then. */
    void add(byte[] type, byte[] members, Tip tip) {
        int start = end;
        tip.seq++;
        put(SEQ);
        put(tip.seq);
        put(TIME);
        time.write(clock.instant(), buffer, end);
        end += TimeText.BYTES;
        put(MONO);
        put(System.nanoTime() - startNanos);
        put(origin);
        put(type);
        put((byte) '"');
        if (members.length > 0) {
            put((byte) ',');
            put(members);
        }
        put(PREVIOUS);
        putHex(tip.hash);
        int bodyEnd = end + 1;
        put(HASH);
        digest.ofRecord(tip.hash, buffer, start, bodyEnd, tip.hash);
        putHex(tip.hash);
        put((byte) '"');
        put((byte) '}');
        put((byte) '\n');
        tip.tree.add(tip.hash, digest);
        tip.length += end - start;
    }

    String now() {
        return time.of(clock.instant());
    }

    private void putHex(byte[] hash) {
        Hex.write(hash, buffer, end);
        end += 2 * hash.length;
    }

    private void put(long number) {
        int digit = digits.length;
        long rest = number;
        do {
            digits[--digit] = (byte) ('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
        System.arraycopy(digits, digit, buffer, end, digits.length - digit);
        end += digits.length - digit;
    }

    private void put(byte[] bytes) {
        System.arraycopy(bytes, 0, buffer, end, bytes.length);
        end += bytes.length;
    }

    private void put(byte value) {
        buffer[end++] = value;
    }
}
