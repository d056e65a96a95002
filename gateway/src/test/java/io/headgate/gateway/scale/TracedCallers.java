package io.headgate.gateway.scale;

import io.headgate.testkit.Await;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Clients of both eras that call without a pause, each call under a trace of its own, and remember what they were told. */
final class TracedCallers {
    private static final int NOT_CALLED = 1_503;

    private final String server;
    private final int number;
    private final AtomicLong traces = new AtomicLong();
    private final Set<String> served = ConcurrentHashMap.newKeySet();
    private final Set<String> failed = ConcurrentHashMap.newKeySet();
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final Map<Integer, AtomicLong> codes = new ConcurrentHashMap<>();

    /** So many clients of a server's tools. */
    TracedCallers(String server, int number) {
        this.server = server;
        this.number = number;
    }

    /** The traces of the calls that had a result. */
    Set<String> served() {
        return served;
    }

    /** The traces of the calls that had an error and may have been made. */
    Set<String> failed() {
        return failed;
    }

    /** The traces of the calls of which the gateway said that they were not made, because it cannot take any. */
    Set<String> refused() {
        return refused;
    }

    /** How often each code came. */
    Map<Integer, AtomicLong> codes() {
        return codes;
    }

    /** Calls a gateway until they are stopped, or lose it. */
    Calling at(InetSocketAddress gateway) {
        return new Calling(gateway);
    }

    /** Clients on their way. */
    final class Calling implements AutoCloseable {
        private final List<McpClient> clients = new ArrayList<>();
        private final List<CompletableFuture<Void>> ends = new ArrayList<>();
        private final AtomicBoolean calling = new AtomicBoolean(true);

        private Calling(InetSocketAddress gateway) {
            for (int i = 0; i < number; i++) {
                McpClient client = i % 2 == 0 ? McpClient.legacy(gateway) : McpClient.modern(gateway);
                clients.add(client);
                CompletableFuture<Void> end = new CompletableFuture<>();
                ends.add(end);
                call(client, end);
            }
        }

        private void call(McpClient client, CompletableFuture<Void> end) {
            if (!calling.get()) {
                end.complete(null);
                return;
            }
            long place = traces.incrementAndGet();
            String trace = "0".repeat(16) + HexFormat.of().toHexDigits(place);
            CompletableFuture<Answer> answer = place % 2 == 0
                    ? client.call(server + "__append", "{\"text\":\"text " + place + "\"}", trace)
                    : client.call(server + "__echo", "{\"message\":\"message " + place + "\"}", trace);
            var unused = answer.whenComplete((given, lost) -> {
                if (lost != null) {
                    end.complete(null);
                } else {
                    remember(trace, given);
                    call(client, end);
                }
            });
        }

        /** Returns when so many calls had a result, of all that ever were made. */
        void awaitServed(int calls) {
            Await.until(McpClient.PATIENCE, () -> "calls are answered " + codes, () -> served.size() >= calls);
        }

        /** Returns when so many calls were refused, of all that ever were made. */
        void awaitRefused(int calls) {
            Await.until(McpClient.PATIENCE, () -> "calls are refused " + codes, () -> refused.size() >= calls);
        }

        /** Ends after what is on its way. */
        @Override
        public void close() {
            calling.set(false);
            ends.forEach(end -> Await.result(McpClient.PATIENCE, end));
            clients.forEach(McpClient::close);
        }
    }

    private void remember(String trace, Answer answer) {
        if (answer.message().has("result")) {
            served.add(trace);
            return;
        }
        int code = answer.error().path("code").asInt();
        codes.computeIfAbsent(code, first -> new AtomicLong()).incrementAndGet();
        (code == NOT_CALLED ? refused : failed).add(trace);
    }
}
