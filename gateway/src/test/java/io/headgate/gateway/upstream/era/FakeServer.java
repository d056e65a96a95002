package io.headgate.gateway.upstream.era;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A server on a real socket that answers each request as a script says, byte by byte if it must. */
public final class FakeServer implements AutoCloseable {
    private static final Pattern ID = Pattern.compile("\"id\":(\"[^\"]*\"|-?\\d+)");

    private final ServerSocket server;
    private final Script script;
    private final String scheme;
    private final AtomicInteger connections = new AtomicInteger();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closing = new CountDownLatch(1);

    public final List<Received> requests = new CopyOnWriteArrayList<>();

    /** Answers one request. */
    public interface Script {
        void answer(Received request, Wire wire) throws Exception;
    }

    /** One request as it came. */
    public record Received(String method, String path, Map<String, String> headers, String body, int connection) {
        /** The JSON-RPC id as it was written. */
        public String id() {
            Matcher matcher = ID.matcher(body);
            return matcher.find() ? matcher.group(1) : "null";
        }

        public String rpcMethod() {
            Matcher matcher = Pattern.compile("\"method\":\"([^\"]*)\"").matcher(body);
            return matcher.find() ? matcher.group(1) : "";
        }

        @Nullable
        public String header(String name) {
            return headers.get(name);
        }
    }

    public FakeServer(Script script) throws IOException {
        this(script, null);
    }

    FakeServer(Script script, @Nullable SSLContext tls) throws IOException {
        this(script, tls, 0);
    }

    /** One in the place of another one, which has ended. */
    public static FakeServer inPlaceOf(FakeServer former, Script script) throws IOException {
        return new FakeServer(script, null, former.server.getLocalPort());
    }

    private FakeServer(Script script, @Nullable SSLContext tls, int port) throws IOException {
        this.script = script;
        this.scheme = tls == null ? "http" : "https";
        this.server = tls == null
                ? new ServerSocket(port, 500, InetAddress.getLoopbackAddress())
                : tls.getServerSocketFactory().createServerSocket(port, 500, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    public URI url() {
        return URI.create(scheme + "://127.0.0.1:" + server.getLocalPort() + "/mcp");
    }

    public int connections() {
        return connections.get();
    }

    /** The requests with this JSON-RPC method. */
    public List<Received> received(String rpcMethod) {
        return requests.stream()
                .filter(request -> request.rpcMethod().equals(rpcMethod))
                .toList();
    }

    @Override
    public void close() throws IOException {
        closing.countDown();
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "fake-upstream");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                int number = connections.incrementAndGet();
                daemon(() -> serve(socket, number));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket, int number) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            Wire wire = new Wire(socket);
            while (true) {
                Received request = read(in, number);
                if (request == null) {
                    return;
                }
                requests.add(request);
                script.answer(request, wire);
                if (wire.ended) {
                    return;
                }
            }
        } catch (IOException | UncheckedIOException gone) {
            // The other side has gone, which scripts provoke.
        } catch (Exception broken) {
            throw new IllegalStateException(broken);
        }
    }

    private static @Nullable Received read(InputStream in, int number) throws IOException {
        String first = line(in);
        if (first == null || first.isEmpty()) {
            return null;
        }
        String[] words = first.split(" ", 3);
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).trim());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        return new Received(words[0], words[1], headers, body, number);
    }

    private static @Nullable String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                return line.toString();
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return null;
    }

    /** The server's side of one connection. */
    public final class Wire {
        private final Socket socket;
        private boolean ended;

        private Wire(Socket socket) {
            this.socket = socket;
        }

        public Wire raw(String text) {
            return raw(text.getBytes(StandardCharsets.UTF_8));
        }

        Wire raw(byte[] bytes) {
            try {
                OutputStream out = socket.getOutputStream();
                out.write(bytes);
                out.flush();
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
            return this;
        }

        /** A whole answer; the fields are lines without their end. */
        public Wire answer(int status, String type, String body, String... fields) {
            StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " x\r\n");
            if (!type.isEmpty()) {
                head.append("Content-Type: ").append(type).append("\r\n");
            }
            for (String field : fields) {
                head.append(field).append("\r\n");
            }
            head.append("Content-Length: ")
                    .append(body.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n\r\n")
                    .append(body);
            return raw(head.toString());
        }

        public Wire json(String body, String... fields) {
            return answer(200, "application/json", body, fields);
        }

        public Wire result(Received request, String result) {
            return json("{\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"result\":" + result + "}");
        }

        public Wire error(int status, Received request, int code, String more) {
            return answer(
                    status,
                    "application/json",
                    "{\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"error\":{\"code\":" + code
                            + ",\"message\":\"no\"" + more + "}}");
        }

        /** The head of an event stream in chunks. */
        public Wire stream(String... fields) {
            StringBuilder head = new StringBuilder(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n");
            for (String field : fields) {
                head.append(field).append("\r\n");
            }
            return raw(head.append("\r\n").toString());
        }

        public Wire chunk(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return raw(Integer.toHexString(bytes.length) + "\r\n").raw(bytes).raw("\r\n");
        }

        public Wire event(String json) {
            return chunk("event: message\ndata: " + json + "\n\n");
        }

        public Wire resultEvent(Received request, String result) {
            return event("{\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"result\":" + result + "}");
        }

        public Wire endStream() {
            return raw("0\r\n\r\n");
        }

        public void fin() {
            end();
        }

        public void reset() {
            try {
                socket.setSoLinger(true, 0);
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
            end();
        }

        /** Does nothing until the test is over. */
        public void hang() throws InterruptedException {
            closing.await(30, TimeUnit.SECONDS);
            end();
        }

        /** True when the other side has closed the connection. */
        public boolean sawClose() throws IOException {
            socket.setSoTimeout(30_000);
            return socket.getInputStream().read() < 0;
        }

        private void end() {
            ended = true;
            try {
                socket.close();
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
        }
    }
}
