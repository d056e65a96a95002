package io.headgate.filter.audit.format;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Tells what a crash leaves behind the last record from what somebody put or changed there.
 *
 * <p>A process that dies leaves one line without its end at most. A machine that loses its power leaves pieces of the last
 * batch, and zeros in whole sectors where a piece did not come: the space had been filled with them before.
 */
public final class TornTail {
    /** The most bytes that are written before the disk is asked for them. */
    public static final int MOST_BYTES = 512 * 1024 + RecordLine.MOST_BYTES;

    private static final int SECTOR = 512;

    private TornTail() {}

    /**
     * True if what stands behind the last record, if anything, was never acknowledged.
     *
     * @param good where the last record ends
     */
    public static boolean isAt(Path segment, long good) throws IOException {
        try (LineReader lines = LineReader.open(segment, good)) {
            if (lines.end() - good > MOST_BYTES) {
                return false;
            }
            if (!lines.next() || isHole(lines)) {
                return true;
            }
            boolean isUnfinished = !lines.isWhole() && lines.to() - lines.from() < RecordLine.MOST_BYTES;
            return isUnfinished && !lines.next();
        }
    }

    /** Whether the first zero of a line begins a sector of them. */
    private static boolean isHole(LineReader lines) {
        byte[] bytes = lines.bytes();
        int zero = lines.from();
        while (zero < lines.to() && bytes[zero] != 0) {
            zero++;
        }
        if ((lines.offset() + zero - lines.from()) % SECTOR != 0 || zero + SECTOR > lines.to()) {
            return false;
        }
        for (int i = zero; i < zero + SECTOR; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
