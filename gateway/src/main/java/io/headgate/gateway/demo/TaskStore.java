package io.headgate.gateway.demo;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The tasks of the extension {@code io.modelcontextprotocol/tasks}: in memory, so many at most, for so long. */
final class TaskStore {
    static final String EXTENSION = "io.modelcontextprotocol/tasks";
    static final Set<String> METHODS = Set.of("tasks/get", "tasks/update", "tasks/cancel");

    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final int MAX_TASKS = 10_000;

    private final Signer names;
    private final InstantSource clock;
    /** The oldest first, which expires first. */
    private final Map<String, Task> tasks = new LinkedHashMap<>();

    private final Set<Listener> listeners = new LinkedHashSet<>();

    /** Hears of every task; takes what concerns it. */
    interface Listener {
        void changed(String id, ObjectNode details);
    }

    TaskStore(Signer names, InstantSource clock) {
        this.names = names;
        this.clock = clock;
    }

    static boolean isDeclaredIn(JsonNode capabilities) {
        return capabilities.path("extensions").path(EXTENSION).isObject();
    }

    /** Begins a task; the answer to its call is ready when the task can be asked for. */
    Frame.Result start(Function<Task, Mono<Frame.Result>> work) {
        Task task = add();
        ObjectNode created = task.summary(LIFE.toMillis(), POLL.toMillis()).put("resultType", "task");
        var unused = task.work()
                .update(work.apply(task)
                        .subscribe(
                                result -> end(task, Task.Status.COMPLETED, result.value()),
                                cause -> end(
                                        task,
                                        Task.Status.FAILED,
                                        RpcFailure.of(cause).error())));
        return new Frame.Result(created);
    }

    /** Has the client asked while the task waits. */
    Mono<JsonNode> ask(Task task, String key, Question question) {
        return Mono.defer(() -> {
            Sinks.One<JsonNode> answer = Sinks.one();
            change(task, () -> {
                task.questions().put(key, new Task.Open(question, answer));
                task.become(Task.Status.INPUT_REQUIRED, null, clock.instant());
            });
            return answer.asMono();
        });
    }

    /** Answers a request of the extension. */
    ObjectNode handle(String method, ObjectNode params) {
        requireDeclared(params);
        Task task = find(params.path("taskId").asString(""));
        return switch (method) {
            case "tasks/update" -> update(task, params.path("inputResponses"));
            case "tasks/cancel" -> {
                end(task, Task.Status.CANCELLED, null);
                yield Json.object();
            }
            default -> details(task);
        };
    }

    static void requireDeclared(ObjectNode params) {
        if (!isDeclaredIn(params.path("_meta").path(StatelessClient.CAPABILITIES))) {
            throw RpcFailure.missingExtension(EXTENSION);
        }
    }

    synchronized boolean exists(String id) {
        expire();
        return tasks.containsKey(id);
    }

    /** Runs {@code first} and then listens, with no change in between. */
    synchronized Disposable listen(Runnable first, Listener listener) {
        first.run();
        listeners.add(listener);
        return () -> forget(listener);
    }

    private synchronized void forget(Listener listener) {
        listeners.remove(listener);
    }

    private ObjectNode update(Task task, JsonNode responses) {
        if (!responses.isObject()) {
            throw RpcFailure.invalidParams("inputResponses is not an object");
        }
        Map<Sinks.One<JsonNode>, JsonNode> answered = new LinkedHashMap<>();
        change(task, () -> {
            responses.properties().forEach(response -> {
                Task.Open open = task.questions().get(response.getKey());
                if (open != null && open.question().isAnsweredBy(response.getValue())) {
                    task.questions().remove(response.getKey());
                    answered.put(open.answer(), response.getValue());
                }
            });
            if (task.questions().isEmpty()) {
                task.become(Task.Status.WORKING, null, clock.instant());
            }
        });
        answered.forEach((sink, answer) -> {
            var unused = sink.tryEmitValue(answer);
        });
        return Json.object();
    }

    private void end(Task task, Task.Status status, @Nullable ObjectNode outcome) {
        change(task, () -> {
            task.questions().clear();
            task.become(status, outcome, clock.instant());
        });
        if (status == Task.Status.CANCELLED) {
            task.work().dispose();
        }
    }

    /** Changes a task that goes on, and tells the listeners. */
    private void change(Task task, Runnable change) {
        ObjectNode details;
        List<Listener> told;
        synchronized (this) {
            if (task.hasEnded()) {
                return;
            }
            change.run();
            details = details(task);
            told = new ArrayList<>(listeners);
        }
        told.forEach(listener -> listener.changed(task.id(), details));
    }

    private synchronized ObjectNode details(Task task) {
        return task.details(LIFE.toMillis(), POLL.toMillis());
    }

    private synchronized Task find(String id) {
        expire();
        Task task = tasks.get(id);
        if (task == null) {
            throw RpcFailure.invalidParams("Task not found");
        }
        return task;
    }

    private synchronized Task add() {
        expire();
        if (tasks.size() >= MAX_TASKS) {
            throw new RpcFailure(503, RpcFailure.INTERNAL, "Too many tasks");
        }
        Task task = new Task(names.token(), clock.instant());
        tasks.put(task.id(), task);
        return task;
    }

    private void expire() {
        Iterator<Task> oldest = tasks.values().iterator();
        while (oldest.hasNext()) {
            Task task = oldest.next();
            if (task.createdAt().plus(LIFE).isAfter(clock.instant())) {
                return;
            }
            oldest.remove();
            task.work().dispose();
        }
    }
}
