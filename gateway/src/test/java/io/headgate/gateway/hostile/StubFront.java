package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stands before a stub and speaks for it what the stub itself does not: TLS, or HTTP/2. */
abstract class StubFront implements AutoCloseable {
    private final ServerSocket server;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final int stubPort;

    StubFront(int stubPort) {
        this.stubPort = stubPort;
        try {
            server = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins to take connections. */
    final void start() {
        daemon(this::accept, "stub-front");
    }

    static void daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    abstract String url();

    final int port() {
        return server.getLocalPort();
    }

    final InetSocketAddress stub() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), stubPort);
    }

    /** Keeps a socket among those that are closed with all others. */
    final Socket kept(Socket socket) {
        sockets.add(socket);
        return socket;
    }

    final void closeConnections() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = kept(server.accept());
                socket.setTcpNoDelay(true);
                daemon(() -> serveQuietly(socket), "stub-front-connection");
            } catch (IOException e) {
                // It is closed, or the client was gone before it was accepted.
            }
        }
    }

    private void serveQuietly(Socket socket) {
        try (socket) {
            serve(socket);
        } catch (IOException e) {
            // The gateway went away, or did not like what it was shown: what that means is for the case to say.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    abstract void serve(Socket socket) throws IOException, InterruptedException;

    @Override
    public final void close() {
        try {
            server.close();
            closeConnections();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
