package io.headgate.gateway.scale;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;

/** A connection of HTTP/1.1 that sends what it likes, and reads only what it is told to. */
final class Attacker implements AutoCloseable {
    private static final int PART = 64 * 1024;
    private static final int PATIENCE_MILLIS = 30_000;

    private final Socket socket;
    private final InetSocketAddress gateway;

    /** One whose kernel takes little, so that what is not read is held by the gateway. */
    Attacker(InetSocketAddress gateway) {
        this.gateway = gateway;
        try {
            socket = new Socket();
            socket.setReceiveBufferSize(PART);
            socket.connect(gateway, PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The head of a POST whose body has this length. */
    Attacker head(long length, String... fields) {
        StringBuilder head = new StringBuilder("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:" + gateway.getPort()
                + "\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
                + "Content-Length: " + length + "\r\n");
        for (String field : fields) {
            head.append(field).append("\r\n");
        }
        return send(head.append("\r\n").toString());
    }

    Attacker post(String body, String... fields) {
        return head(body.length(), fields).send(body);
    }

    Attacker send(String text) {
        return send(text.getBytes(UTF_8));
    }

    /** So many letters; fewer if the gateway has had enough. */
    Attacker letters(int count) {
        byte[] part = new byte[PART];
        Arrays.fill(part, (byte) 'x');
        for (int left = count; left > 0; left -= PART) {
            send(left < PART ? Arrays.copyOf(part, left) : part);
        }
        return this;
    }

    private Attacker send(byte[] bytes) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            return this;
        } catch (IOException closed) {
            return this;
        }
    }

    /** The status of the next answer and as much of it as comes at once; empty if the connection is closed. */
    String answer() {
        try {
            InputStream in = socket.getInputStream();
            byte[] some = new byte[PART];
            int length = in.read(some);
            return length < 0 ? "" : new String(some, 0, length, UTF_8);
        } catch (IOException closed) {
            return "";
        }
    }

    /** Reads and forgets all that comes until so many bytes were read, and gives how many came. */
    long discard(long atMost) {
        byte[] some = new byte[PART];
        long all = 0;
        try {
            InputStream in = socket.getInputStream();
            while (all < atMost) {
                int length = in.read(some);
                if (length < 0) {
                    return all;
                }
                all += length;
            }
        } catch (IOException closed) {
            return all;
        }
        return all;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
