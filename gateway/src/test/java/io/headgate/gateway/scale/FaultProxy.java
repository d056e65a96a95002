package io.headgate.gateway.scale;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Stands before a server and spoils tool calls on their way; what else there is passes. */
final class FaultProxy implements AutoCloseable {
    private static final int CONNECT_MILLIS = 2_000;

    private final InetSocketAddress server;
    private final ServerSocket door;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger calls = new AtomicInteger();
    private volatile Supplier<Fate> fate = () -> Fate.PASS;

    /** What becomes of a call. */
    enum Fate {
        PASS,
        /** The server never sees it, and its connection is reset. */
        LOSE,
        /** The server executes it, and its connection is reset before the answer. */
        LOSE_ANSWER,
        /** The server never sees it, and nobody says so. */
        STALL
    }

    private FaultProxy(InetSocketAddress server) throws IOException {
        this.server = server;
        this.door = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    static FaultProxy before(InetSocketAddress server) {
        try {
            return new FaultProxy(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + door.getLocalPort() + "/mcp";
    }

    /** Decides from now on. */
    void decide(Supplier<Fate> decision) {
        fate = decision;
    }

    /** How many tool calls came, whatever became of them. */
    int calls() {
        return calls.get();
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sockets.forEach(FaultProxy::reset);
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                client.setTcpNoDelay(true);
                Link link = new Link(client, new Socket());
                sockets.add(client);
                sockets.add(link.server);
                daemon(() -> link.carry(server));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "fault-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private static void reset(Socket socket) {
        try {
            if (!socket.isClosed()) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        } catch (IOException alreadyGone) {
            return;
        }
    }

    /** One connection of the gateway; it writes each request at once. */
    private final class Link {
        private final Socket client;
        private final Socket server;
        private volatile boolean losesAnswer;

        Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void carry(InetSocketAddress to) {
            try {
                server.connect(to, CONNECT_MILLIS);
                server.setTcpNoDelay(true);
                daemon(this::carryAnswers);
                byte[] buffer = new byte[1 << 16];
                InputStream in = client.getInputStream();
                OutputStream out = server.getOutputStream();
                int length = in.read(buffer);
                while (length >= 0) {
                    if (passes(new String(buffer, 0, length, ISO_8859_1))) {
                        out.write(buffer, 0, length);
                    }
                    length = in.read(buffer);
                }
            } catch (IOException broken) {
                // One side is gone, so the other one goes as well.
            } finally {
                end();
            }
        }

        private boolean passes(String request) throws IOException {
            if (!request.contains("\"tools/call\"")) {
                return true;
            }
            calls.incrementAndGet();
            return switch (fate.get()) {
                case PASS -> true;
                case LOSE -> throw new IOException("lost");
                case LOSE_ANSWER -> {
                    losesAnswer = true;
                    yield true;
                }
                case STALL -> false;
            };
        }

        private void carryAnswers() {
            try {
                byte[] buffer = new byte[1 << 16];
                InputStream in = server.getInputStream();
                OutputStream out = client.getOutputStream();
                int length = in.read(buffer);
                while (length >= 0 && !losesAnswer) {
                    out.write(buffer, 0, length);
                    length = in.read(buffer);
                }
            } catch (IOException broken) {
                // As above.
            } finally {
                end();
            }
        }

        private void end() {
            reset(client);
            reset(server);
            sockets.remove(client);
            sockets.remove(server);
        }
    }
}
