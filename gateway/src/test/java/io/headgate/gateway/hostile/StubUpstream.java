package io.headgate.gateway.hostile;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** An MCP server of one era on a real socket, which counts the calls that clients caused. */
final class StubUpstream implements AutoCloseable {
    /** Which wire it speaks. */
    enum Era {
        MODERN,
        LEGACY
    }

    /** Requests that only a client of the gateway can have caused; lists and probes are the gateway's own. */
    private static final Set<String> CALLS =
            Set.of("tools/call", "prompts/get", "resources/read", "completion/complete");

    private static final double ACCEPTED_WITHIN_SECONDS = 5;
    private static final int KNOCK_MILLIS = 300;
    private static final double BOUND_WITHIN_SECONDS = 5;

    /** One call that arrived. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared, and the bytes are what it is about.
    record Call(String method, String tool, byte[] body) {}

    private static final String CALL = "call";

    private final Era era;
    private final int port;
    private volatile ServerSocket server;
    private final StubTools tools;
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Set<String> sessions = ConcurrentHashMap.newKeySet();
    private final Map<String, UpstreamScript> scripts = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
    private final List<Socket> knocking = new CopyOnWriteArrayList<>();

    StubUpstream(Era era) {
        this(era, "");
    }

    /** With tools besides the usual ones, as {@link StubTools#inWords} writes them. */
    StubUpstream(Era era, String moreTools) {
        this.era = era;
        this.tools = new StubTools(era, moreTools);
        try {
            server = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
            port = server.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon(this::accept, "stub-upstream");
    }

    private static void daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return port;
    }

    String url() {
        return "http://127.0.0.1:" + port() + "/mcp";
    }

    StubTools tools() {
        return tools;
    }

    List<Call> calls() {
        return new ArrayList<>(calls);
    }

    void forgetCalls() {
        calls.clear();
    }

    /** How many connections it serves, all those counted that had reached it when this was asked. */
    int connections() throws Exception {
        // Connections are accepted in their order: once this one is, every earlier one was.
        try (Socket marker = new Socket(server.getInetAddress(), server.getLocalPort())) {
            var unused = Patience.until(() -> serves(marker.getLocalPort()), ACCEPTED_WITHIN_SECONDS);
            return (int) sockets.stream()
                    .filter(socket -> socket.getPort() != marker.getLocalPort())
                    .count();
        }
    }

    private boolean serves(int remotePort) {
        return sockets.stream().anyMatch(socket -> socket.getPort() == remotePort);
    }

    /** Forgets its sessions, as a server does that was restarted. */
    void forgetSessions() {
        sessions.clear();
    }

    /** Answers calls by a script from now on, or as usual again. */
    void follow(@Nullable UpstreamScript steps) {
        follow(CALL, steps);
    }

    /** Answers requests of a method by a script from now on, or as usual again. */
    void follow(String method, @Nullable UpstreamScript steps) {
        if (steps == null) {
            scripts.remove(method);
        } else {
            scripts.put(method, steps);
        }
    }

    /** How many requests of a method have come. */
    int asked(String method) {
        AtomicInteger count = asked.get(method);
        return count == null ? 0 : count.get();
    }

    /** Is no longer there: whoever connects is refused. */
    void refuse() throws IOException {
        server.close();
        closeConnections();
    }

    /** Is no longer reached: connections are not even refused, because its queue of them is full and nobody takes any. */
    void blackhole() throws Exception {
        refuse();
        boolean isBound = Patience.until(this::isFullAgain, BOUND_WITHIN_SECONDS);
        boolean isFull = false;
        while (isBound && !isFull) {
            Socket socket = new Socket();
            knocking.add(socket);
            try {
                socket.connect(server.getLocalSocketAddress(), KNOCK_MILLIS);
            } catch (SocketTimeoutException e) {
                isFull = true;
            }
        }
        if (!isBound) {
            throw new IOException("port " + port + " was taken meanwhile");
        }
    }

    /** Listens again with hardly a queue; false while the system has not let go of the port. */
    private boolean isFullAgain() throws IOException {
        ServerSocket full = new ServerSocket();
        try {
            full.setReuseAddress(true);
            full.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
            server = full;
            return true;
        } catch (BindException e) {
            full.close();
            return false;
        }
    }

    /** Ends the connections that there are. */
    void closeConnections() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void accept() {
        ServerSocket open = server;
        while (!open.isClosed()) {
            try {
                Socket socket = open.accept();
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                daemon(() -> serve(socket), "stub-connection");
            } catch (IOException e) {
                // The stub is closed, or the client was gone before it was accepted.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (StubExchange exchange = StubExchange.read(socket, in);
                    exchange != null;
                    exchange = StubExchange.read(socket, in)) {
                handle(exchange);
            }
        } catch (IOException e) {
            // The gateway went away: what that means is for the case to say.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(socket);
        }
    }

    private void handle(StubExchange exchange) throws IOException, InterruptedException {
        boolean isCall = CALLS.contains(exchange.rpcMethod());
        asked.computeIfAbsent(exchange.rpcMethod(), any -> new AtomicInteger()).incrementAndGet();
        if (isCall) {
            JsonNode name = exchange.params().path("name");
            calls.add(new Call(exchange.rpcMethod(), name.asString(""), exchange.body()));
        }
        UpstreamScript steps = scripts.get(isCall ? CALL : exchange.rpcMethod());
        if (steps != null) {
            steps.run(exchange);
        } else if (era == Era.MODERN) {
            modern(exchange, isCall);
        } else {
            legacy(exchange, isCall);
        }
    }

    private void modern(StubExchange exchange, boolean isCall) throws IOException, InterruptedException {
        String list = "\"resultType\":\"complete\",\"ttlMs\":600000,\"cacheScope\":\"public\",";
        switch (exchange.rpcMethod()) {
            case "server/discover" ->
                exchange.result(list
                        + "\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":" + StubTools.CAPABILITIES
                        + ",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"stub\",\"version\":\"1\"}}");
            case "tools/list" -> exchange.result(list + "\"tools\":" + tools.list());
            case "prompts/list" -> exchange.result(list + "\"prompts\":[]");
            case "resources/list" -> exchange.result(list + "\"resources\":" + StubTools.RESOURCES);
            case "resources/templates/list" -> exchange.result(list + "\"resourceTemplates\":[]");
            case "subscriptions/listen" -> tools.listen(exchange);
            case "" -> exchange.answer(405, "", "");
            default -> {
                if (isCall) {
                    tools.call(exchange);
                } else {
                    exchange.error(404, -32601, "no such method", "");
                }
            }
        }
    }

    private void legacy(StubExchange exchange, boolean isCall) throws IOException, InterruptedException {
        String session = exchange.header("mcp-session-id");
        String version = exchange.header("mcp-protocol-version");
        String method = exchange.rpcMethod();
        if (version.startsWith("2026")) {
            exchange.error(400, -32000, "Unsupported protocol version", "");
        } else if (method.equals("initialize")) {
            String fresh = UUID.randomUUID().toString();
            sessions.add(fresh);
            exchange.result(
                    "\"protocolVersion\":\"2025-11-25\",\"capabilities\":" + StubTools.CAPABILITIES
                            + ",\"serverInfo\":{\"name\":\"stub\",\"version\":\"1\"}",
                    "Mcp-Session-Id",
                    fresh);
        } else if (!sessions.contains(session)) {
            exchange.error(session.isEmpty() ? 400 : 404, -32001, "no such session", "");
        } else if (exchange.httpMethod().equals("DELETE")) {
            sessions.remove(session);
            exchange.answer(200, "", "");
        } else if (exchange.httpMethod().equals("GET")) {
            exchange.answer(405, "", "", "Allow", "POST, DELETE");
        } else if (!exchange.message().has("id") || method.isEmpty()) {
            tools.answered(exchange);
            exchange.answer(202, "", "");
        } else if (isCall) {
            tools.call(exchange);
        } else {
            legacyList(exchange, method);
        }
    }

    private void legacyList(StubExchange exchange, String method) throws IOException {
        switch (method) {
            case "tools/list" -> exchange.result("\"tools\":" + tools.list());
            case "prompts/list" -> exchange.result("\"prompts\":[]");
            case "resources/list" -> exchange.result("\"resources\":" + StubTools.RESOURCES);
            case "resources/templates/list" -> exchange.result("\"resourceTemplates\":[]");
            case "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe" -> exchange.result("");
            default -> exchange.error(200, -32601, "no such method", "");
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            closeConnections();
            for (Socket socket : knocking) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
