package io.headgate.gateway.hostile;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A few lines in the place of a gateway: it answers what it is told to, so that the harness can be seen to judge. */
final class StandIn implements GatewayUnderTest {
    private static final Pattern URL = Pattern.compile("url: \"([^\"]+)\"");

    /** What it does with every request that is not the harmless one. */
    record Habit(int status, String body, boolean closes, String counter, boolean calls) {
        Habit status(int other) {
            return new Habit(other, body, closes, counter, calls);
        }

        Habit body(String other) {
            return new Habit(status, other, closes, counter, calls);
        }

        Habit closing() {
            return new Habit(status, body, /* closes= */ true, counter, calls);
        }

        Habit counting(String other) {
            return new Habit(status, body, closes, other, calls);
        }

        Habit calling() {
            return new Habit(status, body, closes, counter, /* calls= */ true);
        }
    }

    private final Habit habit;
    private final String upstream;
    private final ServerSocket front;
    private final ServerSocket admin;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger counted = new AtomicInteger();

    private StandIn(Habit habit, String yaml) throws IOException {
        this.habit = habit;
        Matcher url = URL.matcher(yaml);
        upstream = url.find() ? url.group(1) : "";
        front = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        admin = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        listen(front);
        listen(admin);
    }

    static GatewayUnderTest.Starter with(Habit habit) {
        return (yaml, clock) -> new StandIn(habit, yaml);
    }

    private void listen(ServerSocket server) {
        Thread thread = new Thread(
                () -> {
                    while (!server.isClosed()) {
                        try {
                            Socket socket = server.accept();
                            sockets.add(socket);
                            Thread worker = new Thread(() -> serve(socket, server == admin), "stand-in-connection");
                            worker.setDaemon(true);
                            worker.start();
                        } catch (IOException e) {
                            // It was closed.
                        }
                    }
                },
                "stand-in");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket socket, boolean isAdmin) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (StubExchange exchange = StubExchange.read(socket, in);
                    exchange != null;
                    exchange = StubExchange.read(socket, in)) {
                if (isAdmin) {
                    String series = habit.counter().isEmpty() ? "" : habit.counter() + " " + counted + "\n";
                    exchange.answer(200, "text/plain", series);
                } else if (exchange.rpcMethod().equals("tools/list")) {
                    exchange.result("\"tools\":[\"echo\",\"u2__echo\"]");
                } else {
                    answer(exchange);
                }
            }
        } catch (IOException e) {
            // The client went away.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(StubExchange exchange) throws IOException, InterruptedException {
        counted.incrementAndGet();
        if (habit.calls()) {
            HttpRequest call = HttpRequest.newBuilder(URI.create(upstream))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(exchange.body()))
                    .build();
            var unused = HttpClient.newHttpClient().send(call, HttpResponse.BodyHandlers.ofString());
        }
        exchange.answer(habit.status(), "application/json", habit.body());
        if (habit.closes()) {
            exchange.close();
        }
    }

    @Override
    public InetSocketAddress front() {
        return (InetSocketAddress) front.getLocalSocketAddress();
    }

    @Override
    public InetSocketAddress admin() {
        return (InetSocketAddress) admin.getLocalSocketAddress();
    }

    @Override
    public void close() {
        try {
            front.close();
            admin.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
