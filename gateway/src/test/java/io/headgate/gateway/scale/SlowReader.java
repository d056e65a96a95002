package io.headgate.gateway.scale;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** A client that asks for a very long stream, lets the kernel hold little for it, and reads one byte per second. */
final class SlowReader implements AutoCloseable {
    private static final int RECEIVE_BUFFER = 4_096;
    private static final Duration PACE = Duration.ofSeconds(1);
    private static final int READ_TIMEOUT_MS = 10_000;

    private final Socket socket = new Socket();
    private final AtomicBoolean reading = new AtomicBoolean(true);
    private final Thread reader = new Thread(this::readSlowly, "slow-reader");

    SlowReader(InetSocketAddress gateway, String tool, int frames) {
        try {
            socket.setReceiveBufferSize(RECEIVE_BUFFER);
            socket.setSoTimeout(READ_TIMEOUT_MS);
            socket.connect(gateway);
            socket.getOutputStream().write(request(gateway, tool, frames));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        reader.setDaemon(true);
        reader.start();
    }

    /** What is still to be had at full speed: bytes until the end or the reset, -1 if it goes on for ever. */
    long drain(long atMost) {
        stopReading();
        byte[] piece = new byte[65_536];
        long total = 0;
        try {
            InputStream in = socket.getInputStream();
            int read = in.read(piece);
            while (read >= 0) {
                total += read;
                if (total > atMost) {
                    return -1;
                }
                read = in.read(piece);
            }
            return total;
        } catch (SocketTimeoutException stillOpen) {
            return -1;
        } catch (IOException reset) {
            return total;
        }
    }

    @Override
    public void close() {
        stopReading();
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void stopReading() {
        reading.set(false);
        LockSupport.unpark(reader);
        try {
            reader.join(PACE.toMillis() + READ_TIMEOUT_MS);
        } catch (InterruptedException e) {
            throw Await.interrupted(e);
        }
    }

    private void readSlowly() {
        try {
            InputStream in = socket.getInputStream();
            while (reading.get() && in.read() >= 0) {
                LockSupport.parkNanos(PACE.toNanos());
            }
        } catch (IOException ended) {
            // The gateway may cut the connection at any time; drain() finds out.
        }
    }

    private static byte[] request(InetSocketAddress gateway, String tool, int frames) {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":{\"frames\":" + frames
                + ",\"gapMs\":0},\"_meta\":{\"progressToken\":\"t\","
                + "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";
        String head = String.join(
                "\r\n",
                "POST /mcp HTTP/1.1",
                "Host: 127.0.0.1:" + gateway.getPort(),
                "Content-Type: application/json",
                "Accept: application/json, text/event-stream",
                "MCP-Protocol-Version: 2026-07-28",
                "Mcp-Method: tools/call",
                "Mcp-Name: " + tool,
                "Content-Length: " + body.length(),
                "",
                "");
        return (head + body).getBytes(UTF_8);
    }
}
