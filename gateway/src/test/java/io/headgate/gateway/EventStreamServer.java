package io.headgate.gateway;

import io.netty.buffer.Unpooled;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A server of 2024-11-05 over HTTP+SSE: {@code ask} asks one thing after another and says what was answered, {@code log}
 * waits for a second call and logs in turns with it, and {@code hang} does nothing.
 */
final class EventStreamServer implements AutoCloseable {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String TOOLS =
            "{\"name\":\"ask\",\"inputSchema\":{}},{\"name\":\"log\",\"inputSchema\":{}},{\"name\":\"hang\",\"inputSchema\":{}}";
    private static final int TURNS = 3;

    final List<Posted> posted = new CopyOnWriteArrayList<>();
    /** Those whose streams are open. */
    final Map<String, Session> sessions = new ConcurrentHashMap<>();

    private final AtomicInteger lastSession = new AtomicInteger();
    private final List<Session> logging = new ArrayList<>();
    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .route(routes -> routes.get("/sse", this::open).post("/messages", this::take))
            .bindNow();

    /** What came, and in which session. */
    record Posted(String session, JsonNode message) {
        String method() {
            return message.path("method").asString("answer");
        }
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.port() + "/sse");
    }

    List<Posted> posted(String method) {
        return posted.stream().filter(each -> each.method().equals(method)).toList();
    }

    @Override
    public void close() {
        server.disposeNow(Duration.ofSeconds(5));
    }

    private Publisher<Void> open(HttpServerRequest request, HttpServerResponse response) {
        String id = Integer.toString(lastSession.incrementAndGet());
        Session session = new Session();
        sessions.put(id, session);
        response.withConnection(connection -> connection.onDispose(() -> sessions.remove(id)));
        String endpoint = "event: endpoint\ndata: /messages?session=" + id + "\n\n";
        return response.sse()
                .send(
                        session.events
                                .asFlux()
                                .startWith(endpoint)
                                .map(event -> Unpooled.copiedBuffer(event, StandardCharsets.UTF_8)),
                        event -> true);
    }

    private Publisher<Void> take(HttpServerRequest request, HttpServerResponse response) {
        String id = request.uri().substring(request.uri().indexOf('=') + 1);
        return request.receive().aggregate().asString().flatMap(body -> {
            JsonNode message = MAPPER.readTree(body);
            posted.add(new Posted(id, message));
            Session session = sessions.get(id);
            return session == null
                    ? response.status(404).send()
                    : response.status(202).send().then(Mono.fromRunnable(() -> answer(session, message)));
        });
    }

    private void answer(Session session, JsonNode message) {
        switch (message.path("method").asString("")) {
            case "initialize" ->
                session.result(
                        message,
                        "{\"protocolVersion\":\"2024-11-05\",\"capabilities\":{\"tools\":{},\"logging\":{}},"
                                + "\"serverInfo\":{\"name\":\"old\",\"version\":\"1\"}}");
            case "tools/list" -> session.result(message, "{\"tools\":[" + TOOLS + "]}");
            case "logging/setLevel" -> session.result(message, "{}");
            case "tools/call" -> call(session, message);
            case "" -> session.answered(message);
            default -> {
                // A notification.
            }
        }
    }

    private void call(Session session, JsonNode call) {
        switch (call.path("params").path("name").asString()) {
            case "ask" -> session.ask(call);
            case "log" -> log(session, call);
            default -> {
                // Never answered.
            }
        }
    }

    private synchronized void log(Session session, JsonNode call) {
        session.call = call;
        logging.add(session);
        if (logging.size() < 2) {
            return;
        }
        for (int turn = 0; turn < TURNS; turn++) {
            logging.forEach(each -> each.say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
                    + "{\"level\":\"info\",\"data\":" + each.call.path("params").path("arguments") + "}}"));
        }
        logging.forEach(each -> each.result(each.call, "{\"content\":[]}"));
        logging.clear();
    }

    /** One stream, and the only call that asks in it. */
    static final class Session {
        private final Sinks.Many<String> events = Sinks.many().unicast().onBackpressureBuffer();
        private final Deque<String> questions = new ArrayDeque<>();
        private final List<String> answers = new ArrayList<>();
        private JsonNode call = MAPPER.nullNode();
        private int lastId;

        synchronized void say(String json) {
            events.emitNext("event: message\ndata: " + json + "\n\n", Sinks.EmitFailureHandler.FAIL_FAST);
        }

        /** Ends the stream. */
        synchronized void end() {
            events.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
        }

        private void result(JsonNode request, String result) {
            say("{\"jsonrpc\":\"2.0\",\"id\":" + request.get("id") + ",\"result\":" + result + "}");
        }

        private synchronized void ask(JsonNode asking) {
            call = asking;
            asking.path("params").path("arguments").path("methods").forEach(method -> questions.add(method.asString()));
            goOn();
        }

        private synchronized void answered(JsonNode answer) {
            answers.add(answer.path("result").toString());
            goOn();
        }

        private void goOn() {
            @Nullable String next = questions.poll();
            if (next != null) {
                lastId++;
                say(
                        "{\"jsonrpc\":\"2.0\",\"id\":\"a-" + lastId + "\",\"method\":\"" + next
                                + "\",\"params\":{\"message\":\"?\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{}}}}");
            } else {
                String text = MAPPER.writeValueAsString(String.join(" ", answers));
                answers.clear();
                result(call, "{\"content\":[{\"type\":\"text\",\"text\":" + text + "}]}");
            }
        }
    }
}
