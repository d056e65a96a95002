package io.headgate.gateway.scale;

import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One of many clients, which calls without a pause and complains when an answer is not the one to its own call. */
final class CrowdMember {
    private static final int MAX_COMPLAINTS = 20;
    private static final int MAX_SLEEP_MS = 200;

    private final McpClient client;
    private final int number;
    private final Queue<String> complaints;
    private final SplittableRandom random;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private int left;

    CrowdMember(McpClient client, int number, int calls, Queue<String> complaints) {
        this.client = client;
        this.number = number;
        this.left = calls;
        this.complaints = complaints;
        this.random = new SplittableRandom(number);
    }

    /** Completes when all calls are answered, or when there is no point in going on. */
    CompletableFuture<Void> run() {
        next();
        return done;
    }

    private void next() {
        if (left-- == 0 || complaints.size() >= MAX_COMPLAINTS) {
            done.complete(null);
            return;
        }
        var unused = call(random.nextBoolean() ? "a" : "b").whenComplete(this::judged);
    }

    private void judged(@Nullable String complaint, @Nullable Throwable failure) {
        if ((complaint != null || failure != null) && complaints.size() < MAX_COMPLAINTS) {
            complaints.add("client " + number + ", " + left + " left: " + (failure == null ? complaint : failure));
        }
        next();
    }

    /** Some answers take no time, some take their time, and some come with progress, so they overtake each other. */
    private CompletableFuture<@Nullable String> call(String server) {
        int kind = random.nextInt(10);
        if (kind < 5) {
            return echo(server);
        }
        if (kind < 7) {
            return read(server);
        }
        return kind < 9 ? sleep(server) : chatty(server);
    }

    private CompletableFuture<@Nullable String> echo(String server) {
        String mark = mark(server);
        return client.call(server + "__echo", "{\"message\":\"" + mark + "\"}")
                .thenApply(answer -> differing(mark, answer.text(), answer));
    }

    private CompletableFuture<@Nullable String> read(String server) {
        String mark = mark(server);
        String uri = server + "+test://template/" + mark + "/data";
        return client.readResource(uri).thenApply(answer -> {
            JsonNode contents = answer.result().path("contents").path(0);
            String text = contents.path("text").asString();
            String complaint = differing(uri, contents.path("uri").asString(), answer);
            return complaint != null || text.contains("Data for ID: " + mark + "\"") ? complaint : text;
        });
    }

    private CompletableFuture<@Nullable String> sleep(String server) {
        int ms = random.nextInt(MAX_SLEEP_MS);
        return client.call(server + "__sleep", "{\"ms\":" + ms + "}")
                .thenApply(answer -> differing("after " + ms + " ms", answer.text(), answer));
    }

    private CompletableFuture<@Nullable String> chatty(String server) {
        int frames = 2 + number % 17;
        Progress progress = new Progress(frames);
        return client.call(
                        server + "__chatty",
                        "{\"frames\":" + frames + ",\"gapMs\":" + random.nextInt(3) + "}",
                        progress::take)
                .thenApply(answer -> {
                    String complaint = differing(frames + " frames", answer.text(), answer);
                    return complaint != null ? complaint : progress.complaint();
                });
    }

    private String mark(String server) {
        return "client-" + number + "-" + server + "-call-" + left;
    }

    private static @Nullable String differing(String expected, String actual, Answer answer) {
        JsonNode id = answer.message().path("id");
        boolean own = expected.equals(actual) && id.isInt() && id.intValue() == 1;
        return own ? null : "expected " + expected + ", got " + answer.response();
    }

    /** Whether the reports of one call came with its own token, in order, all of them and no other. */
    static final class Progress {
        private final int frames;
        private final AtomicInteger seen = new AtomicInteger();
        private volatile @Nullable String complaint;

        Progress(int frames) {
            this.frames = frames;
        }

        void take(JsonNode notification) {
            JsonNode params = notification.path("params");
            JsonNode token = params.path("progressToken");
            boolean own = token.isString()
                    && token.asString().equals(McpClient.TOKEN)
                    && params.path("progress").asInt() == seen.incrementAndGet()
                    && params.path("total").asInt() == frames;
            if (!own && complaint == null) {
                complaint = "report " + seen.get() + " of " + frames + " is " + notification;
            }
        }

        int seen() {
            return seen.get();
        }

        @Nullable
        String complaint() {
            if (complaint == null && seen.get() != frames) {
                return seen.get() + " reports of " + frames;
            }
            return complaint;
        }
    }
}
