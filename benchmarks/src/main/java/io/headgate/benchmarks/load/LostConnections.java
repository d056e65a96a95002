package io.headgate.benchmarks.load;

import io.headgate.benchmarks.load.Relay.Fate;
import io.headgate.benchmarks.load.Relay.Moment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Calls that must not be made twice, through connections of which many are lost at any moment.
 *
 * <p>Connections are kept and used again, so it is not one in twenty of them that is reset: five of a hundred calls have
 * theirs reset, at five moments equally often, and five of a hundred new connections are reset before anything is sent.
 */
final class LostConnections {
    private static final int PERCENT = 5;
    private static final List<Fate> FATES =
            List.of(Fate.AT_ONCE, Fate.AFTER_REQUEST, Fate.BEFORE_ANSWER, Fate.WITHIN_ANSWER, Fate.SOON);

    /** Without the filter that refuses calls for want of room: all of them are to be lost or done. */
    private static final String FILTERS = """
            - breaker: {}
            - retry: {}
            - timeout: 60s
            """;

    private LostConnections() {}

    static Map<String, Object> measure(boolean smoke, Picture picture) throws Exception {
        double rate = smoke ? 200 : 1_000;
        // Calls come at random moments; with this they are surely more than a hundred thousand.
        int seconds = smoke ? 2 : 103;
        int before = smoke ? 1 : 15;
        try (Fleet fleet = new Fleet()) {
            Path ledger = fleet.directory().resolve("ledger.jsonl");
            fleet.server("demo", 1, "--ledger", ledger.toString());
            Relay relay = fleet.relay("demo");
            fleet.gateway(FILTERS);
            Random random = new Random(5);
            relay.decide(moment -> fate(moment, random));
            Appends appends = new Appends();
            try (OpenLoop load = new OpenLoop(fleet.port(), "demo__append", appends, "")) {
                load.run(rate / 5, before, new Progress("resets, warm-up", before, picture));
                load.run(rate, seconds, new Progress("resets", seconds, picture));
                load.finish();
            }
            Map<String, Object> result = appends.compare(ledger);
            result.put("callsAtRelay", relay.calls());
            result.put("resets", relay.resets());
            result.put("repeated", (long) fleet.counter("headgate_retry_attempts_total"));
            return result;
        }
    }

    private static Fate fate(Moment moment, Random random) {
        if (moment == Moment.OTHER_REQUEST || random.nextInt(100) >= PERCENT) {
            return Fate.PASS;
        }
        return moment == Moment.CONNECTED ? Fate.AT_ONCE : FATES.get(random.nextInt(FATES.size()));
    }
}
