package io.headgate.gateway.demo;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/** The revisions with a handshake: a session holds what the client said, and its streams outlive connections. */
final class SessionDialect {
    private static final String SESSION_HEADER = "mcp-session-id";
    private static final String LAST_EVENT_HEADER = "last-event-id";
    private static final String INITIALIZE = "initialize";

    private final SharedMethods methods;
    private final LegacySessions sessions;
    private final ServerInfo info;
    private final Scheduler timer;
    private final Duration keepAlive;
    private final EchoReply echo = new EchoReply(null);

    SessionDialect(
            SharedMethods methods, LegacySessions sessions, ServerInfo info, Scheduler timer, Duration keepAlive) {
        this.methods = methods;
        this.sessions = sessions;
        this.info = info;
        this.timer = timer;
        this.keepAlive = keepAlive;
    }

    Publisher<Void> post(HttpExchange http, byte[] body, JsonNode json) {
        JsonNode id = NullNode.getInstance();
        try {
            if (json.isArray()) {
                return batch(http, json);
            }
            Message message = Message.of(json);
            if (message.method().equals(INITIALIZE) && message.id() != null) {
                return initialize(http, message, message.id());
            }
            LegacySession session = session(http.headers());
            checkVersion(http.headers());
            if (message.kind() != Message.Kind.REQUEST || message.id() == null) {
                take(session, message);
                return HttpAnswers.empty(http.response(), 202);
            }
            id = message.id();
            String text = methods.tools().recorded() ? null : EchoReply.message(message);
            if (text != null) {
                return HttpAnswers.json(http.response(), 200, echo.render(id, text));
            }
            return request(http, session, message, id, body);
        } catch (RpcFailure failure) {
            return HttpAnswers.json(http.response(), Event.failure(id, failure));
        }
    }

    /** Opens the stream for what no request asked for, or goes on with one that was cut off. */
    Publisher<Void> get(HttpExchange http) {
        try {
            LegacySession session = session(http.headers());
            checkVersion(http.headers());
            String lastEvent = http.headers().get(LAST_EVENT_HEADER);
            if (lastEvent != null) {
                return resume(http, session, lastEvent);
            }
            LegacyStream stream = session.listen();
            if (stream == null) {
                throw transport(409, "Conflict: Only one SSE stream is allowed per session");
            }
            return HttpAnswers.stream(http.response(), keptAlive(stream.attachLive()));
        } catch (RpcFailure failure) {
            return HttpAnswers.json(http.response(), Event.failure(NullNode.getInstance(), failure));
        }
    }

    Publisher<Void> delete(HttpExchange http) {
        try {
            sessions.close(session(http.headers()));
            return HttpAnswers.empty(http.response(), 200);
        } catch (RpcFailure failure) {
            return HttpAnswers.json(http.response(), Event.failure(NullNode.getInstance(), failure));
        }
    }

    private Publisher<Void> initialize(HttpExchange http, Message message, JsonNode id) {
        ObjectNode params = message.params();
        String version = LegacyVersions.negotiate(params.path("protocolVersion").asString(""));
        LegacySession session = sessions.open(version, params.path("capabilities"));
        ObjectNode result = Json.object().put("protocolVersion", version);
        result.set("capabilities", SharedMethods.capabilities());
        result.set("serverInfo", info.json());
        result.put("instructions", ServerInfo.INSTRUCTIONS);
        http.response().header(SESSION_HEADER, session.id());
        return HttpAnswers.json(http.response(), Event.success(id, result));
    }

    private void take(LegacySession session, Message message) {
        if (message.kind() == Message.Kind.RESPONSE) {
            session.answered(message.body());
        } else if (message.method().equals("notifications/cancelled")) {
            session.cancel(message.params().path("requestId"));
        }
    }

    private Publisher<Void> request(
            HttpExchange http, LegacySession session, Message message, JsonNode id, byte[] body) {
        LegacyStream stream = session.open();
        if (!session.begin(id, stream)) {
            session.forget(stream);
            throw new RpcFailure(400, RpcFailure.INVALID_REQUEST, "Invalid request: the id is in use");
        }
        Call call = call(http, session, message, () -> Json.argumentBytes(body));
        stream.start(events(session, call, id).doFinally(end -> session.finish(id)), timer);
        return remembered(session, stream, HttpAnswers.lazily(http.response(), keptAlive(stream.attach(-1))));
    }

    private Publisher<Void> batch(HttpExchange http, JsonNode json) {
        LegacySession session = session(http.headers());
        checkVersion(http.headers());
        if (!LegacyVersions.knowsBatches(session.version()) || json.isEmpty()) {
            throw new RpcFailure(400, RpcFailure.INVALID_REQUEST, "Invalid request: batches are not supported");
        }
        List<Flux<Event>> answers = new ArrayList<>();
        boolean talkative = false;
        for (JsonNode element : json) {
            Message message = Message.of(element);
            if (message.method().equals(INITIALIZE)) {
                throw new RpcFailure(400, RpcFailure.INVALID_REQUEST, "Invalid request: initialize in a batch");
            }
            JsonNode id = message.id();
            if (message.kind() != Message.Kind.REQUEST || id == null) {
                take(session, message);
                continue;
            }
            Call call = call(
                    http,
                    session,
                    message,
                    () -> Json.bytes(element.path("params").path("arguments")));
            talkative |= isTalkative(call);
            answers.add(events(session, call, id));
        }
        if (answers.isEmpty()) {
            return HttpAnswers.empty(http.response(), 202);
        }
        LegacyStream stream = session.open();
        Flux<Event> all = Flux.merge(answers);
        stream.start(
                talkative
                        ? all.map(SessionDialect::followed)
                        : all.collectList().map(SessionDialect::array).flux(),
                timer);
        return remembered(session, stream, HttpAnswers.lazily(http.response(), keptAlive(stream.attach(-1))));
    }

    private boolean isTalkative(Call call) {
        Tool tool = call.method().equals("tools/call")
                ? methods.tools().find(call.params().path("name").asString(""))
                : null;
        return call.method().equals("prompts/get") || (tool != null && tool.kind() == Tool.Kind.TALKATIVE);
    }

    private Call call(HttpExchange http, LegacySession session, Message message, Call.Arguments raw) {
        return new Call(message.method(), message.params(), new SessionClient(session, timer), http.loop(), raw);
    }

    private Flux<Event> events(LegacySession session, Call call, JsonNode id) {
        Flux<Frame> frames = ownMethod(session, call);
        return (frames == null ? methods.handle(call) : frames)
                .map(frame -> event(frame, id))
                .onErrorResume(cause -> Flux.just(Event.failure(id, inBand(cause))));
    }

    /** The methods that only make sense with a session. */
    private @Nullable Flux<Frame> ownMethod(LegacySession session, Call call) {
        return switch (call.method()) {
            case "ping" -> done(() -> {});
            case "logging/setLevel" ->
                done(() ->
                        session.logLevel(LogLevel.of(call.params().path("level").asString(""))));
            case "resources/subscribe" -> done(() -> session.subscribe(uri(call)));
            case "resources/unsubscribe" -> done(() -> session.unsubscribe(uri(call)));
            default -> null;
        };
    }

    private static Flux<Frame> done(Runnable action) {
        return Flux.defer(() -> {
            action.run();
            return Flux.just(new Frame.Result(Json.object()));
        });
    }

    private String uri(Call call) {
        String uri = call.params().path("uri").asString("");
        if (!methods.resources().exists(uri)) {
            throw new RpcFailure(
                    200,
                    RpcFailure.LEGACY_NOT_FOUND,
                    "Resource not found",
                    Json.object().put("uri", uri));
        }
        return uri;
    }

    private static Event event(Frame frame, JsonNode id) {
        if (frame instanceof Frame.Notification notification) {
            return Event.notification(notification.method(), notification.params());
        }
        if (frame instanceof Frame.Question question) {
            return Event.question(question);
        }
        return frame instanceof Frame.Result result ? Event.success(id, result.value()) : Event.DETACH;
    }

    /** Legacy transports take a status other than 200 for their own trouble, so a failed request still has 200. */
    private static RpcFailure inBand(Throwable cause) {
        return RpcFailure.of(cause).withStatus(200);
    }

    /** One answer of several on a stream is not the last word. */
    private static Event followed(Event event) {
        return event.last() ? Event.message(event.json()) : event;
    }

    private static Event array(List<Event> answers) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        json.write('[');
        for (int i = 0; i < answers.size(); i++) {
            if (i > 0) {
                json.write(',');
            }
            json.writeBytes(answers.get(i).json());
        }
        json.write(']');
        return Event.last(200, json.toByteArray());
    }

    private LegacySession session(HttpHeaders headers) {
        String id = headers.get(SESSION_HEADER);
        if (id == null) {
            throw transport(400, "Bad Request: Server not initialized");
        }
        LegacySession session = sessions.find(id);
        if (session == null) {
            throw transport(404, "Session not found");
        }
        return session;
    }

    private static void checkVersion(HttpHeaders headers) {
        String version = headers.get(ModernEnvelope.VERSION_HEADER);
        if (version != null && !LegacyVersions.ALL.contains(version)) {
            throw transport(400, "Bad Request: Unsupported protocol version: " + version);
        }
    }

    private Publisher<Void> resume(HttpExchange http, LegacySession session, String lastEvent) {
        int dash = lastEvent.indexOf('-');
        try {
            LegacyStream stream = session.stream(Long.parseLong(lastEvent.substring(0, Math.max(dash, 0))));
            if (stream != null) {
                Flux<Event> rest = stream.attach(Long.parseLong(lastEvent.substring(dash + 1)));
                return remembered(session, stream, HttpAnswers.stream(http.response(), keptAlive(rest)));
            }
        } catch (NumberFormatException notOurs) {
            // Answered like an id of a stream that is gone.
        }
        throw transport(400, "Bad Request: Nothing to resume after this event");
    }

    /** Keeps the stream for as long as somebody could come back to it. */
    private static Publisher<Void> remembered(LegacySession session, LegacyStream stream, Publisher<Void> answer) {
        return Mono.from(answer).doFinally(end -> {
            if (!stream.resumable(/* delivered= */ end == SignalType.ON_COMPLETE)) {
                session.forget(stream);
            }
        });
    }

    private Flux<Event> keptAlive(Flux<Event> events) {
        return HttpAnswers.keptAlive(events, keepAlive, timer);
    }

    private static RpcFailure transport(int status, String message) {
        return new RpcFailure(status, RpcFailure.LEGACY_TRANSPORT, message);
    }

    static boolean acceptsEventStream(HttpHeaders headers) {
        String accept = headers.get(HttpHeaderNames.ACCEPT, "");
        return accept.contains("text/event-stream") || accept.contains("*/*");
    }
}
