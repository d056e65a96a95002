package io.headgate.benchmarks.load.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A connection of HTTP/2 without TLS that sends any fields, and as much of bodies as the gateway allows; it never waits.
 *
 * <p>It knows of the protocol what an attack needs, and reads answers only to see that there is one.
 */
final class Http2Line {
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;

    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int CANCEL = 8;

    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int WINDOW = 65_535;
    private static final int HEAD = 9;
    private static final int FRAME = 16 * 1024;
    private static final int SETTING = 6;

    private final SocketChannel channel;
    private final Effort effort;
    private final ByteBuffer in = ByteBuffer.allocate(4 * FRAME);
    private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
    private final Map<Integer, Integer> windows = new LinkedHashMap<>();
    private int connectionWindow = WINDOW;
    private int initialWindow = WINDOW;
    private int nextStream = 1;
    private boolean isClosed;

    Http2Line(int port, Effort effort) throws IOException {
        this.effort = effort;
        channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        waiting.add(ByteBuffer.wrap("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII)));
        queue(SETTINGS, 0, 0);
        write();
    }

    /** Fields as they are, value after name, none of them compressed. */
    static byte[] block(String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            byte[] text = fields[i].getBytes(ISO_8859_1);
            length(block, text.length);
            block.writeBytes(text);
        }
        return block.toByteArray();
    }

    private static void length(ByteArrayOutputStream out, int length) {
        int most = 127;
        if (length < most) {
            out.write(length);
            return;
        }
        out.write(most);
        int rest = length - most;
        while (rest >= 128) {
            out.write(rest % 128 + 128);
            rest /= 128;
        }
        out.write(rest);
    }

    /** A stream of its own, whose body follows or that is over. */
    int open(byte[] block, boolean isOver) {
        int stream = nextStream;
        nextStream += 2;
        windows.put(stream, initialWindow);
        queue(HEADERS, END_HEADERS | (isOver ? END_STREAM : 0), stream, block);
        write();
        return stream;
    }

    /** Sends as many letters of a body as the gateway allows, so many at the most; gives how many. */
    int letters(int stream, int most) {
        int sent = 0;
        while (sent < most && waiting.isEmpty() && isOpen(stream)) {
            int window = windows.getOrDefault(stream, 0);
            int count = Math.min(Math.min(window, connectionWindow), Math.min(most - sent, FRAME));
            if (count <= 0) {
                break;
            }
            byte[] letters = new byte[count];
            Arrays.fill(letters, (byte) 'x');
            windows.put(stream, window - count);
            connectionWindow -= count;
            sent += count;
            queue(DATA, 0, stream, letters);
            write();
        }
        return sent;
    }

    /** True if the gateway has neither answered nor ended it. */
    boolean isOpen(int stream) {
        return !isClosed && windows.containsKey(stream);
    }

    void cancel(int stream) {
        if (windows.remove(stream) != null) {
            queue(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(CANCEL).array());
            write();
        }
    }

    private void queue(int type, int flags, int stream, byte... payload) {
        waiting.add(ByteBuffer.allocate(HEAD + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .flip());
    }

    /** Sends what could not be sent before. */
    void write() {
        long written = 0;
        try {
            ByteBuffer next = waiting.peek();
            while (next != null && !isClosed) {
                written += channel.write(next);
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

    /** Takes in all that has come. */
    void read() {
        try {
            int count = 1;
            while (count > 0 && !isClosed) {
                count = channel.read(in);
                in.flip();
                while (isFrameWhole()) {
                    frame();
                }
                in.compact();
                if (count < 0) {
                    lost();
                }
            }
        } catch (IOException ended) {
            lost();
        }
        write();
    }

    private boolean isFrameWhole() {
        return in.remaining() >= HEAD && in.remaining() >= HEAD + length();
    }

    private int length() {
        int at = in.position();
        return (in.get(at) & 0xff) << 16 | (in.getShort(at + 1) & 0xffff);
    }

    private void frame() {
        int length = length();
        int type = in.get(in.position() + 3);
        int flags = in.get(in.position() + 4);
        int stream = in.getInt(in.position() + 5) & Integer.MAX_VALUE;
        in.position(in.position() + HEAD);
        ByteBuffer payload = in.slice(in.position(), length);
        in.position(in.position() + length);
        switch (type) {
            case SETTINGS -> settings(flags, payload);
            case WINDOW_UPDATE -> widen(stream, payload.getInt());
            case PING -> {
                if (flags != ACK) {
                    byte[] echo = new byte[length];
                    payload.get(echo);
                    queue(PING, ACK, 0, echo);
                }
            }
            case HEADERS -> ended(stream, "answer");
            case RST_STREAM -> ended(stream, "reset");
            case GOAWAY -> {
                effort.answered("goaway");
                lost();
            }
            default -> {
                // What it is answered does not matter, and is too little to need a wider window.
            }
        }
    }

    private void settings(int flags, ByteBuffer payload) {
        if (flags == ACK) {
            return;
        }
        while (payload.remaining() >= SETTING) {
            int id = payload.getShort();
            int value = payload.getInt();
            if (id == INITIAL_WINDOW_SIZE) {
                int more = value - initialWindow;
                initialWindow = value;
                windows.replaceAll((stream, window) -> window + more);
            }
        }
        queue(SETTINGS, ACK, 0);
    }

    private void widen(int stream, int more) {
        if (stream == 0) {
            connectionWindow += more;
        } else {
            windows.computeIfPresent(stream, (known, window) -> window + more);
        }
    }

    private void ended(int stream, String how) {
        if (windows.remove(stream) != null) {
            effort.answered(how);
        }
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
