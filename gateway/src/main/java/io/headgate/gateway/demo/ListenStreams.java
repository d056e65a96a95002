package io.headgate.gateway.demo;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The open {@code subscriptions/listen} streams. */
final class ListenStreams {
    private static final String ID = "io.modelcontextprotocol/subscriptionId";
    private static final int MAX_STREAMS = 10_000;
    private static final int MAX_RESOURCES = 1_000;
    private static final int MAX_WAITING = 256;

    private final Changes changes;
    private final TaskStore tasks;
    private final Resources resources;
    private final ServerInfo info;
    private final Sinks.Empty<Void> stop = Sinks.empty();
    private final AtomicInteger open = new AtomicInteger();

    ListenStreams(Changes changes, TaskStore tasks, Resources resources, ServerInfo info) {
        this.tasks = tasks;
        this.changes = changes;
        this.resources = resources;
        this.info = info;
    }

    /** The acknowledgement, then what was asked for as it happens, and a result when the server stops. */
    Flux<Event> listen(JsonNode id, ObjectNode params) {
        JsonNode asked = params.path("notifications");
        if (!asked.isObject()) {
            throw new RpcFailure(400, RpcFailure.INVALID_PARAMS, "Invalid params: notifications is required");
        }
        if (asked.has("taskIds")) {
            TaskStore.requireDeclared(params);
        }
        if (open.get() >= MAX_STREAMS) {
            throw new RpcFailure(503, RpcFailure.INTERNAL, "Too many subscriptions");
        }
        Filter filter = filter(asked);
        return Flux.<Event>create(sink -> start(sink, id, filter), FluxSink.OverflowStrategy.IGNORE)
                .onBackpressureBuffer(MAX_WAITING, dropped -> {}, BufferOverflowStrategy.DROP_OLDEST)
                .takeUntilOther(stop.asMono())
                .concatWith(Flux.defer(() -> Flux.just(end(id))))
                .doFirst(open::incrementAndGet)
                .doFinally(end -> open.decrementAndGet());
    }

    /** Ends all streams with their results. */
    void stop() {
        var unused = stop.tryEmitEmpty();
    }

    private void start(FluxSink<Event> sink, JsonNode id, Filter filter) {
        Disposable.Composite registrations = Disposables.composite();
        Runnable begin =
                () -> registrations.add(tasks.listen(() -> tell(sink, acknowledged(id, filter)), (task, details) -> {
                    if (filter.taskIds().contains(task)) {
                        tell(
                                sink,
                                Event.notification(
                                        "notifications/tasks", tagged(id).setAll(details)));
                    }
                }));
        registrations.add(changes.listen(begin, change -> {
            if (filter.wants(change)) {
                tell(sink, notification(id, change));
            }
        }));
        var unused = sink.onDispose(registrations);
    }

    private static void tell(FluxSink<Event> sink, Event event) {
        var unused = sink.next(event);
    }

    private Filter filter(JsonNode asked) {
        Set<String> uris = new LinkedHashSet<>();
        for (JsonNode uri : asked.path("resourceSubscriptions")) {
            if (uri.isString() && resources.exists(uri.stringValue()) && uris.size() < MAX_RESOURCES) {
                uris.add(uri.stringValue());
            }
        }
        Set<String> taskIds = new LinkedHashSet<>();
        for (JsonNode task : asked.path("taskIds")) {
            if (task.isString() && tasks.exists(task.stringValue()) && taskIds.size() < MAX_RESOURCES) {
                taskIds.add(task.stringValue());
            }
        }
        return new Filter(
                asked.path("toolsListChanged").asBoolean(false),
                asked.path("promptsListChanged").asBoolean(false),
                asked.path("resourcesListChanged").asBoolean(false),
                uris,
                taskIds);
    }

    private static Event acknowledged(JsonNode id, Filter filter) {
        ObjectNode params = tagged(id);
        params.set("notifications", filter.json());
        return Event.notification("notifications/subscriptions/acknowledged", params);
    }

    private static Event notification(JsonNode id, Changes.Change change) {
        ObjectNode params = tagged(id);
        if (change.kind() == Changes.Kind.RESOURCE) {
            params.put("uri", change.uri());
        }
        return Event.notification(change.kind().method(), params);
    }

    private Event end(JsonNode id) {
        ObjectNode result = Json.object().put("resultType", "complete");
        ObjectNode meta = result.putObject("_meta");
        meta.set(ID, id);
        meta.set(StatelessDialect.SERVER_INFO, info.json());
        return Event.success(id, result);
    }

    private static ObjectNode tagged(JsonNode id) {
        ObjectNode params = Json.object();
        params.putObject("_meta").set(ID, id);
        return params;
    }

    private record Filter(boolean tools, boolean prompts, boolean resources, Set<String> uris, Set<String> taskIds) {
        boolean wants(Changes.Change change) {
            return switch (change.kind()) {
                case TOOLS -> tools;
                case PROMPTS -> prompts;
                case RESOURCE -> uris.contains(change.uri());
            };
        }

        ObjectNode json() {
            ObjectNode json = Json.object();
            if (tools) {
                json.put("toolsListChanged", true);
            }
            if (prompts) {
                json.put("promptsListChanged", true);
            }
            if (resources) {
                json.put("resourcesListChanged", true);
            }
            if (!uris.isEmpty()) {
                ArrayNode array = json.putArray("resourceSubscriptions");
                uris.forEach(array::add);
            }
            if (!taskIds.isEmpty()) {
                ArrayNode array = json.putArray("taskIds");
                taskIds.forEach(array::add);
            }
            return json;
        }
    }
}
