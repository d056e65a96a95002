package io.headgate.filter.audit.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The lines of a file, one at a time and in place, in bounded memory; what is too long for a line is given as it is. */
public final class LineReader implements AutoCloseable {
    private static final int BUFFER_BYTES = 1024 * 1024;

    private final FileChannel file;
    private final byte[] bytes = new byte[BUFFER_BYTES];
    private long bufferAt;
    private int filled;
    private int from;
    private int to;
    private int next;
    private boolean isWhole;
    private boolean isAtEnd;

    private LineReader(FileChannel file, long position) {
        this.file = file;
        this.bufferAt = position;
    }

    public static LineReader open(Path path) throws IOException {
        return new LineReader(FileChannel.open(path, StandardOpenOption.READ), 0);
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

    private void fill() throws IOException {
        System.arraycopy(bytes, from, bytes, 0, filled - from);
        bufferAt += from;
        filled -= from;
        from = 0;
        int read = file.read(ByteBuffer.wrap(bytes, filled, bytes.length - filled), bufferAt + filled);
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
