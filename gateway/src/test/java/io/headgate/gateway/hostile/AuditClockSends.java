package io.headgate.gateway.hostile;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A case whose wall clock is set while calls are made. */
final class AuditClockSends {
    private static final String JUMPS = "headgate_clock_jump_total";
    private static final double SEEN_WITHIN_SECONDS = 10;

    /** What is left of a jump when its records are compared. */
    private static final Duration SLACK = Duration.ofMinutes(5);

    private final Situation situation;
    private final Observation observation;
    private int made;
    private @Nullable Response last;

    AuditClockSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    /** Calls until each jump was seen. */
    void jumps(List<Duration> by) throws Exception {
        if (by.isEmpty()) {
            throw new Unbuildable("how: a clock without jumps");
        }
        Client client = situation.connect(observation);
        double before = jumps();
        call(client);
        for (int i = 0; i < by.size(); i++) {
            situation.bench().clock().jump(by.get(i));
            double wanted = before + i + 1;
            boolean isSeen = Patience.until(
                    () -> {
                        call(client);
                        return jumps() >= wanted;
                    },
                    SEEN_WITHIN_SECONDS);
            if (!isSeen) {
                observation.problems.add("the gateway did not see the clock jump by " + by.get(i));
            }
        }
        call(client);
        if (jumps() != before + by.size()) {
            observation.problems.add("the clock jumped " + (jumps() - before) + " times");
        }
        if (situation.bench().calls() != made) {
            observation.problems.add(situation.bench().calls() + " calls upstream (expected: " + made + ")");
        }
        boolean isWritten = Patience.until(() -> said().size() == by.size(), SEEN_WITHIN_SECONDS);
        if (!isWritten) {
            observation.problems.add("records of jumps: " + said());
        }
        checkOrder(by);
        if (!AuditSends.isProved(situation.bench().records())) {
            observation.problems.add("the log is not proved");
        }
        new PlainSends(situation, observation).watch(client, last);
    }

    private void call(Client client) throws Exception {
        boolean unused = client.send(situation.call("echo", Map.of("v", "x"), Map.of()));
        last = client.answer(situation.patience());
        situation.note(observation, last);
        made++;
    }

    private double jumps() throws Exception {
        return situation.bench().metrics().sum(JUMPS, Map.of());
    }

    private List<String> said() {
        return situation.bench().records().all().stream()
                .filter(line -> line.contains("\"type\":\"sys_clock_jump\""))
                .toList();
    }

    private void checkOrder(List<Duration> by) {
        long seq = 0;
        long mono = 0;
        Instant time = Instant.MAX;
        List<Duration> jumps = new ArrayList<>();
        for (String line : situation.bench().records().all()) {
            JsonNode record = JsonTree.MAPPER.readTree(line);
            Instant at = Instant.parse(record.path("ts").asString());
            Duration since = time.equals(Instant.MAX) ? Duration.ZERO : Duration.between(time, at);
            if (since.abs().compareTo(SLACK) > 0) {
                jumps.add(since);
            }
            if (record.path("seq").asLong() != seq + 1 || record.path("mono").asLong() < mono) {
                observation.problems.add("after seq " + seq + " and mono " + mono + ": " + line);
            }
            seq = record.path("seq").asLong();
            mono = record.path("mono").asLong();
            time = at;
        }
        boolean areThere = jumps.size() == by.size();
        for (int i = 0; areThere && i < by.size(); i++) {
            areThere = jumps.get(i).minus(by.get(i)).abs().compareTo(SLACK) < 0;
        }
        if (!areThere) {
            observation.problems.add("times jump by " + jumps + " (expected: " + by + ")");
        }
    }
}
