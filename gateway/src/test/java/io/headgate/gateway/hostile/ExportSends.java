package io.headgate.gateway.hostile;

import io.headgate.gateway.audit.LogReceiver;
import io.headgate.gateway.testkit.WrittenRecords;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The SIEM is away while calls go on. */
final class ExportSends {
    private static final Pattern RATE = Pattern.compile("(\\d+) calls/s");
    private static final int CLIENTS = 8;
    private static final double CAUGHT_UP_WITHIN_SECONDS = 60;
    private static final String FAILURES = "headgate_audit_export_failures_total";
    private static final String LAG = "headgate_audit_export_lag_seconds";

    private final Situation situation;
    private final Observation observation;
    private final long awaySeconds;

    ExportSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
        this.awaySeconds = situation.preparation().log().receiverAway().toSeconds();
    }

    void load(String load) throws Exception {
        LogReceiver siem = situation.bench().siem();
        Matcher rate = RATE.matcher(load);
        if (siem == null || !rate.matches()) {
            throw new Unbuildable("load: " + load);
        }
        int each = (int) (Integer.parseInt(rate.group(1)) * awaySeconds / CLIENTS);
        siem.goDown();
        Metrics before = situation.bench().metrics();
        call(each);
        boolean isBehind = Patience.until(() -> lag() > awaySeconds / 2.0, CAUGHT_UP_WITHIN_SECONDS);
        Metrics away = situation.bench().metrics();
        observation.ownMetrics = new Observation.TwoMetrics(before, away);
        if (away.sum(FAILURES, Map.of()) <= before.sum(FAILURES, Map.of())) {
            observation.problems.add("nothing failed while the receiver was away");
        }
        siem.comeBack();
        Set<String> log = log();
        boolean isCaughtUp =
                Patience.until(() -> siem.distinct().containsAll(log) && lag() == 0, CAUGHT_UP_WITHIN_SECONDS);
        if (!isBehind || !isCaughtUp) {
            observation.problems.add(
                    "of " + log.size() + " records " + siem.distinct().size() + " came; lag " + lag());
        }
        List<String> came = new ArrayList<>(siem.distinct());
        if (!came.subList(0, Math.min(came.size(), log.size())).equals(new ArrayList<>(log))) {
            observation.problems.add("the records came in another order");
        }
        checkCalls(each * CLIENTS);
    }

    private void checkCalls(int count) throws Exception {
        int executed = situation.bench().first().calls().size();
        int records = situation.bench().records().ofCalls().size() - observation.recordsBefore;
        if (executed != count || records != 2 * count) {
            observation.problems.add(executed + " calls executed and " + records + " records of " + count + " calls");
        }
        Response list = situation.bench().ask(situation.harmless());
        if (list == null || list.status() != 200) {
            observation.problems.add("a list gets " + (list == null ? "nothing" : list.status()));
        }
    }

    private double lag() throws Exception {
        return situation.bench().metrics().sum(LAG, Map.of());
    }

    /** Calls from several clients at a steady pace. */
    private void call(int each) throws Exception {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(situation.connect(observation));
        }
        ExecutorService pool = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<List<@Nullable Response>>> answers = new ArrayList<>();
            for (Client client : clients) {
                answers.add(pool.submit(() -> call(client, each)));
            }
            for (int i = 0; i < CLIENTS; i++) {
                List<@Nullable Response> responses = answers.get(i).get(10, TimeUnit.MINUTES);
                responses.forEach(response -> situation.note(observation, response));
                if (i == 0) {
                    new PlainSends(situation, observation).watch(clients.get(0), responses.get(responses.size() - 1));
                }
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private List<@Nullable Response> call(Client client, int count) throws Exception {
        List<@Nullable Response> responses = new ArrayList<>();
        long start = System.nanoTime();
        long pause = TimeUnit.SECONDS.toNanos(awaySeconds) / count;
        for (int i = 0; i < count; i++) {
            LockSupport.parkNanos(start + i * pause - System.nanoTime());
            boolean unused = client.send(situation.call("echo", Map.of("v", "x"), Map.of()));
            responses.add(client.answer(situation.patience()));
        }
        return responses;
    }

    /** Node and place of every record of the log. */
    private Set<String> log() throws IOException {
        Set<String> names = new LinkedHashSet<>();
        for (Path segment : AuditRecords.segments(situation.bench().records().directory())) {
            for (String line : WrittenRecords.lines(segment)) {
                JsonNode record = JsonTree.MAPPER.readTree(line);
                names.add(record.path("node").asString() + ":"
                        + record.path("seq").asLong());
            }
        }
        return names;
    }
}
