package io.headgate.testkit;

import java.net.http.HttpResponse;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** An open event stream, read event by event. */
public final class EventStream implements AutoCloseable {
    private final CompletableFuture<HttpResponse<Stream<String>>> response;
    private @Nullable Iterator<String> lines;
    private String lastId = "";

    EventStream(CompletableFuture<HttpResponse<Stream<String>>> response) {
        this.response = response;
    }

    /** The last id that an event had. */
    public String lastId() {
        return lastId;
    }

    /** Waits until the stream is open. */
    public EventStream opened() {
        var unused = lines();
        return this;
    }

    private Iterator<String> lines() {
        Iterator<String> known = lines;
        if (known != null) {
            return known;
        }
        HttpResponse<Stream<String>> head = response.join();
        String type = head.headers().firstValue("content-type").orElse("");
        if (!type.startsWith("text/event-stream")) {
            throw new AssertionError("no event stream: status " + head.statusCode() + ", " + type);
        }
        Iterator<String> opened = head.body().iterator();
        lines = opened;
        return opened;
    }

    /** The next event that has data; the ids of the others are kept. */
    public JsonNode next() {
        JsonNode data = find();
        if (data == null) {
            throw new AssertionError("the stream has ended");
        }
        return data;
    }

    /** Whether the stream ends without another event that has data. */
    public boolean ended() {
        return find() == null;
    }

    private @Nullable JsonNode find() {
        Iterator<String> all = lines();
        while (all.hasNext()) {
            String line = all.next();
            if (line.startsWith("id:")) {
                lastId = line.substring(3).strip();
            }
            if (line.startsWith("data:") && !line.substring(5).isBlank()) {
                return McpOverHttp.json(line.substring(5));
            }
        }
        return null;
    }

    @Override
    public void close() {
        response.thenAccept(head -> head.body().close()).join();
    }
}
