package io.headgate.benchmarks.load.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** A connection to the gateway that sends what it likes, reads only what it is told to, and never waits. */
final class Line {
    private static final int PART = 64 * 1024;
    private static final byte[] LETTERS = "x".repeat(PART).getBytes(ISO_8859_1);
    private static final String STATUS = "HTTP/1.1 ";

    private final SocketChannel channel;
    private final Effort effort;
    private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
    private final ByteBuffer in = ByteBuffer.allocate(PART);
    private boolean isClosed;

    /** One whose kernel takes little, so that what is not read is held by the gateway. */
    Line(int port, Effort effort) throws IOException {
        this.effort = effort;
        channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_RCVBUF, PART);
        channel.connect(new InetSocketAddress("127.0.0.1", port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
    }

    /** To be sent after what waits. */
    Line send(byte[] bytes) {
        waiting.add(ByteBuffer.wrap(bytes));
        return this;
    }

    /** So many letters, to be sent after what waits. */
    Line letters(int count) {
        for (int left = count; left > 0; left -= PART) {
            waiting.add(ByteBuffer.wrap(LETTERS, 0, Math.min(left, PART)));
        }
        return this;
    }

    /** Writes what the kernel takes of what waits, about so many bytes at the most. */
    void write(long most) {
        long written = 0;
        try {
            ByteBuffer next = waiting.peek();
            while (next != null && written < most) {
                int count = channel.write(next);
                written += count;
                if (next.hasRemaining()) {
                    break;
                }
                waiting.remove();
                next = waiting.peek();
            }
        } catch (IOException ended) {
            lost();
        }
        effort.sent(written);
    }

    boolean isWritten() {
        return waiting.isEmpty();
    }

    /** Reads what has come, a part at the most; gives how many bytes. */
    int read() {
        in.clear();
        try {
            int count = channel.read(in);
            if (count < 0) {
                lost();
            }
            return Math.max(0, count);
        } catch (IOException ended) {
            lost();
            return 0;
        }
    }

    /** What the last {@link #read} has brought. */
    String text() {
        return new String(in.array(), 0, in.position(), ISO_8859_1);
    }

    /** The status of an answer that begins with what has come now; null if nothing came or it goes on. */
    @Nullable
    String status() {
        if (read() < STATUS.length() + 3) {
            return null;
        }
        String begin = new String(in.array(), 0, STATUS.length() + 3, ISO_8859_1);
        return begin.startsWith(STATUS) ? begin.substring(STATUS.length()) : null;
    }

    private void lost() {
        if (!isClosed) {
            effort.closed();
            close();
        }
    }

    boolean isClosed() {
        return isClosed;
    }

    void close() {
        isClosed = true;
        try {
            channel.close();
        } catch (IOException gone) {
            // It was to be closed.
        }
    }
}
