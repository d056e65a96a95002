package io.headgate.gateway.hostile;

import io.headgate.gateway.FailingSyncs;
import io.headgate.gateway.SmallDisk;
import io.headgate.gateway.audit.AuditTool;
import io.headgate.gateway.scale.Kills;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Cases about the log itself: its disk is in trouble, or somebody was at its files. */
final class AuditSends {
    private static final int CALLS = 10;
    private static final double FULL_WITHIN_SECONDS = 60;
    private static final double BACK_WITHIN_SECONDS = 2;
    private static final double SETTLED_WITHIN_SECONDS = 5;
    private static final int REFUSED_CALLS = 50;

    /** As often as a slow build has time for. */
    private static final int KILLS = 10;

    /** The thread that writes a log. */
    private static final String WRITER = "audit-log";

    private final Situation situation;
    private final Observation observation;

    AuditSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    /** Calls while something goes wrong with the log. */
    void load() throws Exception {
        Preparation preparation = situation.preparation();
        SmallDisk disk = situation.bench().disk();
        if (disk != null) {
            fullDisk(disk, preparation.log().bytesLeft());
        } else if (preparation.log().failingSyncs()) {
            failingSyncs();
        } else if (preparation.kills() > 0) {
            kills(preparation.kills());
        } else {
            throw new Unbuildable("load: nothing goes wrong (expected: prepare with log or kills)");
        }
    }

    /** Kills gateways of their own: the one of this harness lives in the JVM of the test. */
    private static void kills(int times) throws IOException {
        int kills = Integer.getInteger("headgate.kills", KILLS);
        long seed = Long.getLong("headgate.kills.seed", System.nanoTime());
        System.out.println("killing " + kills + " of " + times + " times, seed " + seed);
        Path directory = Files.createTempDirectory("hostile-kills");
        try {
            System.out.println(new Kills(directory, kills, seed).run());
        } finally {
            AuditRecords.delete(directory);
        }
    }

    /** Calls until the disk is full, and after it is not any more. */
    private void fullDisk(SmallDisk disk, int bytesLeft) throws Exception {
        disk.fill(bytesLeft);
        Metrics before = situation.bench().metrics();
        Client client = situation.connect(observation);
        situation.note(observation, callUntil(200, client, situation.patience()));
        refuses("on a full disk", callUntil(503, client, Wire.Deadline.in(FULL_WITHIN_SECONDS)));
        recovers(client, before, disk::free);
    }

    /** Calls while no fsync of the log works, and after they do again. */
    private void failingSyncs() throws Exception {
        Metrics before = situation.bench().metrics();
        Client client = situation.connect(observation);
        if (callUntil(200, client, situation.patience()) == null) {
            observation.problems.add("no call before fsync fails");
        }
        // The thread of this gateway's log alone, so that the gateways of other cases go on.
        FailingSyncs failing = FailingSyncs.ofNewestThread(WRITER);
        observation.open.add(failing::end);
        situation.note(observation, callUntil(503, client, Wire.Deadline.in(FULL_WITHIN_SECONDS)));
        int calls = situation.bench().calls();
        for (int i = 0; i < REFUSED_CALLS; i++) {
            boolean unused = client.send(call());
            situation.note(observation, client.answer(situation.patience()));
        }
        if (situation.bench().calls() != calls) {
            observation.problems.add("calls were made while fsync fails");
        }
        recovers(client, before, failing::end);
        // What was refused last is settled a moment after the answer to the next call.
        boolean isProved = Patience.until(this::hasNewSegment, SETTLED_WITHIN_SECONDS);
        if (!isProved) {
            observation.problems.add("no new segment after a damaged one, or the log is not proved");
        }
    }

    /** Looks at what still works, makes the disk well, and looks whether calls are made again. */
    private void recovers(Client client, Metrics before, Ending trouble) throws Exception {
        observation.ownMetrics =
                new Observation.TwoMetrics(before, situation.bench().metrics());
        Response list = situation.bench().ask(situation.harmless());
        if (list == null || list.status() != 200) {
            observation.problems.add("a list gets " + (list == null ? "nothing" : list.status()));
        }
        trouble.end();
        Response last = callUntil(200, client, Wire.Deadline.in(BACK_WITHIN_SECONDS));
        if (last == null) {
            observation.problems.add("no call within " + BACK_WITHIN_SECONDS + " s of the end of the trouble");
        }
        checkIntents();
        new PlainSends(situation, observation).watch(client, last);
    }

    /** Makes the disk well again. */
    @FunctionalInterface
    private interface Ending {
        void end() throws IOException;
    }

    private void refuses(String when, @Nullable Response refused) {
        String code = Client.rpcName(refused, situation.file());
        if (!code.equals("OVERLOADED")) {
            observation.problems.add(when + ": " + code + " (expected: OVERLOADED)");
        }
    }

    /** Whether a segment says that an fsync ended the one before it, in a log that is whole. */
    private boolean hasNewSegment() throws IOException {
        AuditRecords records = situation.bench().records();
        boolean isSaid = records.all().stream()
                .map(JsonTree.MAPPER::readTree)
                .map(record -> record.path("segment").path("after").path("reason"))
                .anyMatch(reason -> reason.asString("").equals("fsync"));
        return isSaid && isProved(records);
    }

    /** Whether a log is whole as it is now. */
    static boolean isProved(AuditRecords records) throws IOException {
        Path copy = Files.createTempDirectory("hostile-log");
        try {
            records.copyTo(copy);
            return verify(copy).status() == 0;
        } finally {
            AuditRecords.delete(copy);
        }
    }

    /** The answer with this status, or null if it does not come. */
    private @Nullable Response callUntil(int status, Client client, Wire.Deadline deadline) throws Exception {
        while (!deadline.isOver()) {
            boolean unused = client.send(call());
            Response response = client.answer(situation.patience());
            if (response == null || response.status() == status) {
                return response;
            }
        }
        return null;
    }

    private Request call() {
        return situation.call("echo", Map.of("v", "x"), Map.of());
    }

    private void checkIntents() {
        Set<String> intended = new HashSet<>();
        for (String line : situation.bench().records().ofCalls()) {
            intended.add(JsonTree.MAPPER.readTree(line).path("trace_id").asString());
        }
        for (StubUpstream.Call call : situation.bench().first().calls()) {
            JsonNode params = JsonTree.MAPPER.readTree(call.body()).path("params");
            String trace = params.path("_meta").path("traceparent").asString("");
            if (trace.isEmpty() || !intended.contains(trace.substring(3, 35))) {
                observation.problems.add("an upstream was called without a record: " + trace);
            }
        }
    }

    /** What an operator runs on the files of this case. */
    void command(String command) throws Exception {
        AuditDamage damage = situation.preparation().log().damage();
        if (damage == null || !command.matches("(?:headgate )?audit[- ]verify.*")) {
            throw new Unbuildable("cmd: " + command + ", damage: " + damage);
        }
        for (int i = 0; i < CALLS; i++) {
            var unused = Client.once(situation.front(), call());
        }
        List<String> records = situation.bench().records().ofCalls();
        int settled = records.size() - observation.recordsBefore;
        if (settled != 2 * CALLS) {
            observation.problems.add(settled + " records of " + CALLS + " calls");
        }
        // They were made so that there is something to damage; the command itself calls nobody.
        situation.bench().forgetCalls(0);
        Path copy = Files.createTempDirectory("hostile-log");
        try {
            situation.bench().records().copyTo(copy);
            if (verify(copy).status() != 0) {
                observation.problems.add(
                        "an untouched log is not proved: " + verify(copy).said());
            }
            Path segment = AuditRecords.segments(copy).get(0);
            checkDamaged(copy, segment, damage.to(segment, records.get(records.size() / 2)));
        } finally {
            AuditRecords.delete(copy);
        }
    }

    /** Looks at what is said of a log in which one record is not what it was. */
    private void checkDamaged(Path copy, Path segment, AuditDamage.Traces traces) throws IOException {
        String expected = situation.expect().audit();
        int status = expected.startsWith("exit 0") ? 0 : 1;
        Verified found = verify(copy);
        JsonNode problem =
                JsonTree.MAPPER.readTree(found.said()).path("problems").path(0);
        boolean isNamed =
                problem.path("file").asString("").equals(segment.getFileName().toString())
                        && problem.path("seq").asLong(0) == traces.seq()
                        && (traces.hash().isEmpty()
                                || (problem.path("expected").asString("").matches("[0-9a-f]{64}")
                                        && problem.path("found").asString("").equals(traces.hash())));
        if (found.status() != status || (status != 0 && expected.contains("names") && !isNamed)) {
            observation.problems.add("exit " + found.status() + ": " + found.said());
        }
    }

    private record Verified(int status, String said) {}

    private static Verified verify(Path directory) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int status = new AuditTool(directory, new PrintStream(out, true, StandardCharsets.UTF_8))
                .verify(null, null, /* asJson= */ true, null);
        return new Verified(status, out.toString(StandardCharsets.UTF_8));
    }
}
