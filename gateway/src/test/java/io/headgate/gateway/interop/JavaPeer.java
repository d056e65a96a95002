package io.headgate.gateway.interop;

import io.modelcontextprotocol.json.McpJsonDefaults;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client made with the Java SDK, in one of the two eras; its results are as on the wire. */
interface JavaPeer extends AutoCloseable {
    JsonMapper JSON = new JsonMapper();

    /** What its callbacks write down, and how they answer. */
    final class Notes {
        final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
        final BlockingQueue<String> logged = new LinkedBlockingQueue<>();
        final BlockingQueue<String> changed = new LinkedBlockingQueue<>();
        final BlockingQueue<Double> progress = new LinkedBlockingQueue<>();
        volatile boolean accepts;
        volatile Map<String, Object> form = Map.of();

        /** The next one, which comes within five seconds. */
        static <T> T next(BlockingQueue<T> notes) {
            T next = next(notes, 5_000);
            if (next == null) {
                throw new AssertionError("nothing came");
            }
            return next;
        }

        static <T> @Nullable T next(BlockingQueue<T> notes, int millis) {
            try {
                return notes.poll(millis, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    Notes notes();

    JsonNode capabilities();

    void ping();

    JsonNode call(String tool, Map<String, Object> arguments);

    /** Calls a tool that logs, and wants what it logs. */
    JsonNode callWithLog(String tool);

    /** Calls a tool that takes long, and gives up after half a second. */
    void giveUp(String tool, Map<String, Object> arguments);

    /** Everything of a kind: {@code tools}, {@code prompts}, {@code resources} or {@code resourceTemplates}. */
    JsonNode list(String kind);

    JsonNode prompt(String name, Map<String, String> arguments);

    List<String> complete(String prompt, String argument, String value);

    JsonNode read(String uri);

    /** Listens to updates of a resource, or to changes of the tools if there is none, until it is closed. */
    void listen(@Nullable String resource);

    /** The code of the error that the peer at the other end answered; 0 if it was no such error. */
    int code(RuntimeException error);

    @Override
    void close();

    static JsonNode wire(Object result) {
        try {
            return JSON.readTree(McpJsonDefaults.getMapper().writeValueAsString(result));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
