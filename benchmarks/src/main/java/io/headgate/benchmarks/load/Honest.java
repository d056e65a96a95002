package io.headgate.benchmarks.load;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Callers who mean well, each with a key, far below what the servers can do: calls that take 20 ms, calls that take no time,
 * and calls to a server with sessions.
 *
 * <p>Each call has a trace id of its own, by which it is found in the audit log.
 */
final class Honest implements AutoCloseable {
    static final double CALLS_PER_SECOND = 100;

    private final Map<String, Kind> kinds = new LinkedHashMap<>();

    Honest(int port, List<String> keys) {
        kinds.put("work", new Kind(port, 1, "demo__work", "{\"ms\":20}", keys));
        kinds.put("echo", new Kind(port, 2, "demo__echo", "{\"message\":\"hi\"}", keys));
        kinds.put("old", new Kind(port, 3, "old__echo", "{\"message\":\"hi\"}", keys));
    }

    /** What came of the calls of each kind in so many seconds. */
    Map<String, Tally> run(String phase, int seconds, Picture picture) throws Exception {
        Map<String, Together.Part> parts = new LinkedHashMap<>();
        kinds.forEach((name, kind) -> parts.put(
                name,
                new Together.Part(kind.load, CALLS_PER_SECOND, new Progress(name + ", " + phase, seconds, picture))));
        return Together.run(parts, seconds);
    }

    /** Waits until every call has ended. */
    void finish() throws Exception {
        for (Kind kind : kinds.values()) {
            kind.load.finish();
        }
    }

    /** The trace ids of all calls that were answered with a result. */
    List<String> answered() {
        List<String> traces = new ArrayList<>();
        for (Kind kind : kinds.values()) {
            for (int call = kind.answered.nextSetBit(0); call >= 0; call = kind.answered.nextSetBit(call + 1)) {
                traces.add(kind.trace(call));
            }
        }
        return traces;
    }

    /** How many calls were made. */
    long made() {
        return kinds.values().stream().mapToLong(kind -> kind.made).sum();
    }

    /** True of the trace id of a call that these callers may have made. */
    static boolean isOurs(String trace) {
        return trace.startsWith(Kind.OURS);
    }

    @Override
    public void close() {
        kinds.values().forEach(kind -> kind.load.close());
    }

    /** Calls of one tool, by all callers in turn. */
    private static final class Kind implements Calls {
        private static final String OURS = "4ead6a7e";

        private final int number;
        private final String arguments;
        private final BitSet answered = new BitSet();
        private final OpenLoop load;
        private long made;

        Kind(int port, int number, String tool, String arguments, List<String> keys) {
            this.number = number;
            this.arguments = arguments;
            load = new OpenLoop(
                    port,
                    tool,
                    this,
                    keys.stream()
                            .map(key -> "Authorization: Bearer " + key + "\r\n")
                            .toList());
        }

        private String trace(long call) {
            return String.format(Locale.ROOT, "%s%08x%016x", OURS, number, call);
        }

        @Override
        public String arguments(long call) {
            return arguments;
        }

        @Override
        public String fields(long call) {
            return "traceparent: 00-" + trace(call) + String.format(Locale.ROOT, "-%016x-01\r\n", call + 1);
        }

        @Override
        public void ended(long call, int status, ByteBuf body) {
            made++;
            if (Connections.isResult(status, body)) {
                answered.set((int) call);
            }
        }
    }
}
