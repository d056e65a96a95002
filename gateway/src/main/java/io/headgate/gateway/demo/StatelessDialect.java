package io.headgate.gateway.demo;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The stateless revision: every request says all about itself, and ends when its response stream does. */
final class StatelessDialect {
    static final String SERVER_INFO = "io.modelcontextprotocol/serverInfo";

    private static final String DISCOVER = "server/discover";
    private static final String LISTEN = "subscriptions/listen";
    private static final Set<String> CACHEABLE = Set.of(
            DISCOVER, "tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read");

    private final SharedMethods methods;
    private final TaskStore tasks;
    private final ListenStreams subscriptions;
    private final RequestState states;
    private final ServerInfo info;
    private final Scheduler timer;
    private final Duration keepAlive;
    private final EchoReply echo;

    StatelessDialect(
            SharedMethods methods,
            TaskStore tasks,
            ListenStreams subscriptions,
            RequestState states,
            ServerInfo info,
            Scheduler timer,
            Duration keepAlive) {
        this.methods = methods;
        this.tasks = tasks;
        this.subscriptions = subscriptions;
        this.states = states;
        this.info = info;
        this.timer = timer;
        this.keepAlive = keepAlive;
        this.echo = new EchoReply(completed("tools/call", Json.object()));
    }

    Publisher<Void> answer(HttpExchange http, byte[] body, JsonNode json) {
        JsonNode id = null;
        try {
            Message message = Message.of(json);
            id = message.id();
            return switch (message.kind()) {
                case REQUEST -> request(http, body, message, message.id());
                case NOTIFICATION -> HttpAnswers.empty(http.response(), 202);
                case RESPONSE ->
                    throw new RpcFailure(
                            400, RpcFailure.INVALID_REQUEST, "Invalid request: a client does not post responses");
            };
        } catch (RpcFailure failure) {
            return HttpAnswers.json(http.response(), Event.failure(id, failure));
        }
    }

    private Publisher<Void> request(HttpExchange http, byte[] body, Message message, @Nullable JsonNode id) {
        ModernEnvelope.check(http.headers(), message);
        if (id == null) {
            throw new IllegalStateException("a request without an id");
        }
        ObjectNode params = message.params();
        switch (message.method()) {
            case DISCOVER -> {
                return HttpAnswers.json(http.response(), Event.success(id, completed(DISCOVER, discovered())));
            }
            case LISTEN -> {
                return HttpAnswers.stream(http.response(), keptAlive(subscriptions.listen(id, params)));
            }
            case "tools/call" -> {
                Tool tool = methods.tools().find(params.path("name").asString(""));
                if (tool != null) {
                    ModernEnvelope.checkParameters(http.headers(), tool, params);
                }
                String text = methods.tools().recorded() ? null : EchoReply.message(message);
                if (text != null) {
                    return HttpAnswers.json(http.response(), 200, echo.render(id, text));
                }
            }
            default -> {
                if (TaskStore.METHODS.contains(message.method())) {
                    return HttpAnswers.json(
                            http.response(),
                            Event.success(id, completed(message.method(), tasks.handle(message.method(), params))));
                }
                if (!SharedMethods.NAMES.contains(message.method())) {
                    throw new RpcFailure(404, RpcFailure.METHOD_NOT_FOUND, "Method not found: " + message.method());
                }
            }
        }
        StatelessClient client = new StatelessClient(states, params);
        Call call = new Call(message.method(), params, client, http.loop(), () -> Json.argumentBytes(body));
        client.resume(call);
        return HttpAnswers.lazily(http.response(), keptAlive(events(call, id)));
    }

    private Flux<Event> events(Call call, JsonNode id) {
        return methods.handle(call)
                .<Event>handle((frame, sink) -> {
                    if (frame instanceof Frame.Notification notification) {
                        sink.next(Event.notification(notification.method(), notification.params()));
                    } else if (frame instanceof Frame.Result result) {
                        sink.next(Event.success(id, completed(call.method(), result.value())));
                    }
                })
                .onErrorResume(cause -> Flux.just(Event.failure(id, RpcFailure.of(cause))));
    }

    private Flux<Event> keptAlive(Flux<Event> events) {
        return HttpAnswers.keptAlive(events, keepAlive, timer);
    }

    private ObjectNode discovered() {
        ObjectNode result = Json.object();
        result.putArray("supportedVersions").add(ModernEnvelope.VERSION);
        ObjectNode capabilities = SharedMethods.capabilities();
        capabilities.putObject("extensions").putObject(TaskStore.EXTENSION);
        result.set("capabilities", capabilities);
        return result.put("instructions", ServerInfo.INSTRUCTIONS);
    }

    private ObjectNode completed(String method, ObjectNode result) {
        if (!result.has("resultType")) {
            result.put("resultType", "complete");
            if (CACHEABLE.contains(method)) {
                result.put("ttlMs", 60_000).put("cacheScope", "public");
            }
        }
        result.putObject("_meta").set(SERVER_INFO, info.json());
        return result;
    }
}
