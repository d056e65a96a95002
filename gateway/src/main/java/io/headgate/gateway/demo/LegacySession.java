package io.headgate.gateway.demo;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the server knows of one legacy client between its requests. */
final class LegacySession {
    private static final int MAX_STREAMS = 256;
    private static final int MAX_SUBSCRIPTIONS = 1_000;

    private final String id;
    private final String version;
    private final JsonNode capabilities;
    private final Map<Long, LegacyStream> streams = new LinkedHashMap<>();
    private final Map<String, LegacyStream> running = new ConcurrentHashMap<>();
    private final Map<String, Sinks.One<JsonNode>> questions = new ConcurrentHashMap<>();
    private final Set<String> subscriptions = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong(1);
    private final Disposable changes;
    private volatile LogLevel logLevel = LogLevel.INFO;
    private volatile long lastUsedMillis;
    private @Nullable LegacyStream standalone;

    LegacySession(String id, String version, JsonNode capabilities, Changes changes) {
        this.id = id;
        this.version = version;
        this.capabilities = capabilities;
        this.changes = changes.listen(() -> {}, this::changed);
    }

    String id() {
        return id;
    }

    String version() {
        return version;
    }

    JsonNode capabilities() {
        return capabilities;
    }

    LogLevel logLevel() {
        return logLevel;
    }

    void logLevel(LogLevel level) {
        logLevel = level;
    }

    void used(long nowMillis) {
        lastUsedMillis = nowMillis;
    }

    boolean idleSince(long millis) {
        return lastUsedMillis < millis && running.isEmpty() && !listening();
    }

    void subscribe(String uri) {
        if (subscriptions.size() >= MAX_SUBSCRIPTIONS) {
            throw RpcFailure.invalidParams("Too many subscriptions");
        }
        subscriptions.add(uri);
    }

    void unsubscribe(String uri) {
        subscriptions.remove(uri);
    }

    /** A stream for the answer to one POST. */
    synchronized LegacyStream open() {
        if (streams.size() >= MAX_STREAMS) {
            forgetEnded();
        }
        if (streams.size() >= MAX_STREAMS) {
            throw new RpcFailure(429, RpcFailure.LEGACY_TRANSPORT, "Too many requests in this session");
        }
        long number = numbers.getAndIncrement();
        LegacyStream stream = new LegacyStream(number, LegacyVersions.knowsPriming(version));
        streams.put(number, stream);
        return stream;
    }

    /** The stream for what no request asked for, or null if it is taken. */
    synchronized @Nullable LegacyStream listen() {
        if (standalone == null) {
            standalone = new LegacyStream(0, LegacyVersions.knowsPriming(version));
            streams.put(0L, standalone);
        }
        return standalone.attached() ? null : standalone;
    }

    synchronized @Nullable LegacyStream stream(long number) {
        return streams.get(number);
    }

    /** A request that can be cancelled by its id; false if the id is in use. */
    boolean begin(JsonNode requestId, LegacyStream stream) {
        return running.putIfAbsent(requestId.toString(), stream) == null;
    }

    void finish(JsonNode requestId) {
        running.remove(requestId.toString());
    }

    void cancel(JsonNode requestId) {
        LegacyStream stream = running.remove(requestId.toString());
        if (stream != null) {
            stream.end();
        }
    }

    String newQuestion() {
        String question = "q-" + numbers.getAndIncrement();
        questions.put(question, Sinks.one());
        return question;
    }

    Mono<JsonNode> answer(String question) {
        Sinks.One<JsonNode> answer = questions.get(question);
        return answer == null ? Mono.error(new IllegalStateException(question)) : answer.asMono();
    }

    void forgetQuestion(String question) {
        questions.remove(question);
    }

    /** Takes a response that the client posted; one that answers nothing is ignored. */
    void answered(ObjectNode response) {
        Sinks.One<JsonNode> answer = questions.get(response.path("id").asString(""));
        if (answer == null) {
            return;
        }
        JsonNode result = response.get("result");
        var unused = result != null
                ? answer.tryEmitValue(result)
                : answer.tryEmitError(
                        new ClientRefusal(response.path("error").path("message").asString("no reason given")));
    }

    void close() {
        changes.dispose();
        List<LegacyStream> open;
        synchronized (this) {
            open = new ArrayList<>(streams.values());
            streams.clear();
        }
        open.forEach(LegacyStream::end);
    }

    void forget(LegacyStream stream) {
        synchronized (this) {
            streams.remove(stream.number(), stream);
        }
    }

    void stopListening() {
        LegacyStream stream = standalone();
        if (stream != null) {
            stream.end();
        }
    }

    private synchronized boolean listening() {
        return standalone != null && standalone.attached();
    }

    private synchronized @Nullable LegacyStream standalone() {
        return standalone;
    }

    private void forgetEnded() {
        Iterator<LegacyStream> eldest = streams.values().iterator();
        while (eldest.hasNext() && streams.size() > MAX_STREAMS / 2) {
            if (eldest.next().ended()) {
                eldest.remove();
            }
        }
    }

    private void changed(Changes.Change change) {
        LegacyStream stream = standalone();
        boolean resource = change.kind() == Changes.Kind.RESOURCE;
        if (stream == null || (resource && !subscriptions.contains(change.uri()))) {
            return;
        }
        ObjectNode params = Json.object();
        if (resource) {
            params.put("uri", change.uri());
        }
        stream.say(Event.notification(change.kind().method(), params));
    }

    /** The client answered a question with an error. */
    static final class ClientRefusal extends RuntimeException {
        ClientRefusal(String message) {
            super(message, null, false, false);
        }
    }
}
