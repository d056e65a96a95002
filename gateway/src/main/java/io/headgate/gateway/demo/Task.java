package io.headgate.gateway.demo;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One call that goes on after it was answered; guarded by the {@link TaskStore} that it belongs to. */
final class Task {
    /** What a task can be, in the words of the extension. */
    enum Status {
        WORKING,
        INPUT_REQUIRED,
        COMPLETED,
        FAILED,
        CANCELLED;

        String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }

        boolean isEnd() {
            return compareTo(COMPLETED) >= 0;
        }
    }

    /** A question that waits for its answer. */
    record Open(Question question, Sinks.One<JsonNode> answer) {}

    private final String id;
    private final Instant createdAt;
    private final Map<String, Open> questions = new LinkedHashMap<>();
    private final Disposable.Swap work = Disposables.swap();
    private Instant updatedAt;
    private Status status = Status.WORKING;
    private @Nullable ObjectNode outcome;

    Task(String id, Instant now) {
        this.id = id;
        this.createdAt = now;
        this.updatedAt = now;
    }

    String id() {
        return id;
    }

    Instant createdAt() {
        return createdAt;
    }

    boolean hasEnded() {
        return status.isEnd();
    }

    /** What is done for it; stopped with it. */
    Disposable.Swap work() {
        return work;
    }

    Map<String, Open> questions() {
        return questions;
    }

    void become(Status next, @Nullable ObjectNode with, Instant now) {
        status = next;
        outcome = with;
        updatedAt = now;
    }

    /** Without what it waits for or came to, as it is told to whoever made the call. */
    ObjectNode summary(long ttlMillis, long pollMillis) {
        return Json.object()
                .put("taskId", id)
                .put("status", status.wireName())
                .put("createdAt", createdAt.toString())
                .put("lastUpdatedAt", updatedAt.toString())
                .put("ttlMs", ttlMillis)
                .put("pollIntervalMs", pollMillis);
    }

    ObjectNode details(long ttlMillis, long pollMillis) {
        ObjectNode details = summary(ttlMillis, pollMillis);
        if (status == Status.INPUT_REQUIRED) {
            ObjectNode requests = details.putObject("inputRequests");
            questions.forEach((key, open) -> requests.putObject(key)
                    .put("method", open.question().method())
                    .set("params", open.question().params()));
        } else if (outcome != null) {
            details.set(status == Status.FAILED ? "error" : "result", outcome.deepCopy());
        }
        return details;
    }
}
