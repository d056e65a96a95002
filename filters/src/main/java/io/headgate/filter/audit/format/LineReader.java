package io.headgate.filter.audit.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The lines of a file, one at a time and in place, in bounded memory; what is too long for a line is given as it is.
 *
 * <p>Zeros at the end of the file are space for lines to come and no part of it: no line has one.
 */
public final class LineReader implements AutoCloseable {
    private static final int BUFFER_BYTES = 1024 * 1024;
    private static final int LOOK_BYTES = 64 * 1024;

    private final FileChannel file;
    private final byte[] bytes = new byte[BUFFER_BYTES];

    /** Behind this there were only zeros. */
    private long end;

    private long bufferAt;
    private int filled;
    private int from;
    private int to;
    private int next;
    private boolean isWhole;
    private boolean isAtEnd;

    private LineReader(FileChannel file, long from) throws IOException {
        this.file = file;
        end = endOf(file, from);
        bufferAt = from;
    }

    public static LineReader open(Path path) throws IOException {
        return open(path, 0);
    }

    /** Begins at a place, where a line should begin. */
    public static LineReader open(Path path, long from) throws IOException {
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
        try {
            return new LineReader(file, from);
        } catch (IOException | RuntimeException unreadable) {
            file.close();
            throw unreadable;
        }
    }

    /** Looks back from the end of the file for what is no zero, not further than to a place. */
    private static long endOf(FileChannel file, long least) throws IOException {
        ByteBuffer look = ByteBuffer.allocate(LOOK_BYTES);
        long to = file.size();
        while (to > least) {
            long from = Math.max(least, to - LOOK_BYTES);
            int length = (int) (to - from);
            int read = file.read(look.clear().limit(length), from);
            if (read < length) {
                // Somebody cuts it at this moment.
                to = Math.max(least, Math.min(from + Math.max(0, read), file.size()));
                continue;
            }
            for (int i = length - 1; i >= 0; i--) {
                if (look.get(i) != 0) {
                    return from + i + 1;
                }
            }
            to = from;
        }
        return least;
    }

    /** Goes to the next line; false at the end of the file. */
    public boolean next() throws IOException {
        from = next;
        int scan = from;
        while (true) {
            while (scan < filled && bytes[scan] != '\n') {
                scan++;
            }
            if (scan < filled || scan - from >= RecordLine.MOST_BYTES || isAtEnd) {
                break;
            }
            int seen = scan - from;
            fill();
            scan = from + seen;
        }
        isWhole = scan < filled;
        to = scan;
        next = isWhole ? scan + 1 : scan;
        return next > from;
    }

    /** More may have been written since the end was reached. */
    public void again() {
        isAtEnd = false;
        next = from;
    }

    public byte[] bytes() {
        return bytes;
    }

    public int from() {
        return from;
    }

    /** Where the line ends, without its end of line. */
    public int to() {
        return to;
    }

    /** Whether the line has its end; the last one may lack it. */
    public boolean isWhole() {
        return isWhole;
    }

    /** Where in the file this line begins. */
    public long offset() {
        return bufferAt + from;
    }

    /** Where in the file the next line begins. */
    public long nextOffset() {
        return bufferAt + next;
    }

    /** Where in the file the last line ended when that was looked for last. */
    public long end() {
        return end;
    }

    private void fill() throws IOException {
        System.arraycopy(bytes, from, bytes, 0, filled - from);
        bufferAt += from;
        filled -= from;
        from = 0;
        if (bufferAt + filled >= end) {
            // Whoever knows that the file is complete by now must find all of it.
            end = endOf(file, end);
        }
        int room = (int) Math.min(bytes.length - filled, end - bufferAt - filled);
        int read = room <= 0 ? -1 : file.read(ByteBuffer.wrap(bytes, filled, room), bufferAt + filled);
        if (read < 0) {
            isAtEnd = true;
        } else {
            filled += read;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
