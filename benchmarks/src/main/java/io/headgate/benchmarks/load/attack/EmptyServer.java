package io.headgate.benchmarks.load.attack;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;

/** Ends each call and each stream with {@code retry: 0}, an id, and nothing else, so that it is to be resumed at once. */
final class EmptyServer extends HostileServer {
    private final AtomicLong events = new AtomicLong();

    EmptyServer() throws IOException {
        super("empty", "wait");
    }

    @Override
    boolean isResumed(HttpExchange exchange) throws IOException {
        answer(exchange);
        return true;
    }

    @Override
    void push(OutputStream out) throws IOException {
        throw new IOException("a stream from before the attack ends");
    }

    @Override
    void call(HttpExchange exchange, String id, JsonNode arguments) throws IOException {
        if (isAttacking()) {
            answer(exchange);
        } else {
            super.call(exchange, id, arguments);
        }
    }

    /** Each request for more is a step. */
    private void answer(HttpExchange exchange) throws IOException {
        effort.step();
        try (OutputStream out = events(exchange)) {
            say(out, "id: e" + events.incrementAndGet() + "\nretry: 0\ndata:\n\n");
        }
    }
}
