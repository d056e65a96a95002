package io.headgate.gateway.hostile;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs one case against a bench, by the form of what it sends. */
final class CaseRunner {
    private static final double TAKEN_WITHIN_SECONDS = 3;

    private final HostileFile file;
    private final Bench bench;

    CaseRunner(HostileFile file, Bench bench) {
        this.file = file;
        this.bench = bench;
    }

    /** Everything that is wrong; empty if the case holds. */
    List<String> run(HostileCase hostile, Preparation preparation) throws Exception {
        Observation observation = new Observation();
        try (Prepared prepared = new Prepared(file, bench, hostile, preparation)) {
            prepared.make();
            Situation situation = new Situation(file, bench, hostile, prepared);
            bench.forgetCalls(prepared.goingOn());
            Metrics before = bench.metrics();
            observation.recordsBefore = bench.records().ofCalls().size();
            long start = System.nanoTime();
            send(situation, observation);
            observation.seconds = (System.nanoTime() - start) / 1e9;
            List<String> problems = new Verdict(situation, observation).problems(before);
            if (observation.ownMetrics == null) {
                alive(situation, problems);
            }
            return problems;
        } finally {
            for (AutoCloseable open : observation.open) {
                open.close();
            }
        }
    }

    /** The gateway still serves a well-behaved client. */
    private static void alive(Situation situation, List<String> problems) throws Exception {
        Response response = situation.bench().ask(situation.harmless());
        if (response == null || response.status() != 200) {
            problems.add("a well-behaved client gets " + (response == null ? "nothing" : response.status()));
        }
    }

    private static void send(Situation situation, Observation observation) throws Exception {
        Form send = situation.send();
        PlainSends plain = new PlainSends(situation, observation);
        ManySends many = new ManySends(situation, observation);
        if (send.has("upstream_script") || send.has("steps")) {
            new ScriptedSends(situation, observation).run();
        } else if (send.has("repeat")) {
            Form each = send.has("each") ? send.form("each") : send;
            if (situation.bench().setting().isLimited()) {
                many.atOnce(send.number("repeat", 1), each);
            } else {
                many.repeat(send.number("repeat", 1), each);
            }
        } else if (send.has("corpus")) {
            many.corpus(send);
        } else if (send.has("template") && situation.preparation().times() > 0) {
            many.repeat(situation.preparation().times(), send);
        } else if (send.has("template") || send.has("http")) {
            plain.request(send);
        } else if (send.has("raw") || send.has("raw_hex")) {
            byte[] bytes = send.has("raw")
                    ? Words.rawBytes(Words.expand(
                            joined(send.value("raw")), situation.prepared().variables()))
                    : RequestBuilder.bytes(send.text("raw_hex"));
            plain.raw(bytes, situation.connect(observation), send);
        } else if (send.has("raw_gen")) {
            rawGen(situation, observation, send.form("raw_gen"));
        } else if (send.has("connect_only")) {
            new TcpSends(situation, observation).connectOnly(send.form("connect_only"));
        } else if (send.has("slow")) {
            slow(situation, observation, send.form("slow"));
        } else if (send.has("tcp")) {
            new TcpSends(situation, observation).run(send.form("tcp"));
        } else if (send.has("tls")) {
            new TlsSends(situation, observation).run(send.form("tls"));
        } else if (send.has("h2")) {
            new H2Sends(situation, observation).run(send.form("h2"));
        } else {
            stories(situation, observation, send, many);
        }
    }

    private static void slow(Situation situation, Observation observation, Form form) throws Exception {
        if (form.text("what").matches("(?:idle|keep-?alive|silence|nothing).*")) {
            new TcpSends(situation, observation).idle(form);
        } else if (form.text("what").matches("(?:read|response|answer|reader).*")) {
            new ActionSends(situation, observation).client("reads " + form.text("bytes_per_s", "1") + " B/s");
        } else {
            new TcpSends(situation, observation).slow(form);
        }
    }

    /** Pieces of a raw text one behind the other. */
    private static String joined(@Nullable Object raw) {
        StringBuilder joined = new StringBuilder();
        List<?> pieces = raw instanceof List<?> list ? list : List.of(String.valueOf(raw));
        pieces.forEach(joined::append);
        return joined.toString();
    }

    private static void stories(Situation situation, Observation observation, Form send, ManySends many)
            throws Exception {
        if (send.has("parallel")) {
            many.parallel(send.list("parallel"));
        } else if (send.has("parallel_gen")) {
            many.parallelGen(send.form("parallel_gen"));
        } else if (send.has("sequence")) {
            many.sequence(send.list("sequence"));
        } else if (send.has("churn")) {
            many.churn(send.form("churn"));
        } else if (send.has("race")) {
            many.race(ActionSends.count(send.text("race")));
        } else if (send.has("property")) {
            new PlainSends(situation, observation).property(send.text("property"));
        } else if (send.has("action")) {
            new ActionSends(situation, observation).action(send.text("action"));
        } else if (situation.preparation().log().isExported()) {
            new ExportSends(situation, observation).load(send.text("load"));
        } else if (send.has("cmd")) {
            new AuditSends(situation, observation).command(send.text("cmd"));
        } else if (send.text("load").equals("hostile")) {
            new FloodSends(situation, observation).run(situation.preparation().times());
        } else if (send.has("load")) {
            new AuditSends(situation, observation).load();
        } else if (send.has("how")) {
            new AuditClockSends(situation, observation)
                    .jumps(situation.preparation().clock().jumps());
        } else if (send.has("client")) {
            new ActionSends(situation, observation).client(send.text("client"));
        } else {
            throw new Unbuildable("send: " + send.map().keySet());
        }
    }

    private static void rawGen(Situation situation, Observation observation, Form form) throws Exception {
        if (!form.has("pipelined_requests")) {
            boolean holdsBack = form.has("send_body") && !form.flag("send_body");
            byte[] bytes = RawPhrases.build(situation, form);
            Form how = new Form(Map.of("wait_response", holdsBack));
            new PlainSends(situation, observation).raw(bytes, situation.connect(observation), how);
            return;
        }
        boolean reads = !form.has("read_responses") || form.flag("read_responses");
        if (reads && !situation.expect().http().isEmpty()) {
            pipelined(situation, observation, form.number("pipelined_requests", 1));
            return;
        }
        Wire wire = reads ? Wire.open(situation.front()) : Wire.deaf(situation.front());
        observation.open.add(wire);
        byte[] more = situation.listen().bytes();
        boolean taken = RawPhrases.pipeline(wire, situation.listen(), form.number("pipelined_requests", 1));
        // What was taken may still lie in the buffers between the two.
        observation.conn =
                () -> !taken || Patience.until(() -> !wire.write(more), TAKEN_WITHIN_SECONDS) ? "close" : "keep";
    }

    /** Requests one behind the other, whose answers are read. */
    private static void pipelined(Situation situation, Observation observation, int count) throws Exception {
        Client client = situation.connect(observation);
        boolean unused = RawPhrases.pipeline(client.wire(), situation.harmless(), count);
        Response last = null;
        for (int i = 0; i < count; i++) {
            last = client.answer(situation.patience());
            if (last == null) {
                break;
            }
            situation.note(observation, last);
        }
        new PlainSends(situation, observation).watch(client, last);
    }

    /** The request of a case of the plain forms, for a look at it without a gateway; null for the other forms. */
    static @Nullable Request request(HostileFile file, HostileCase hostile, Map<String, String> variables) {
        Form send = hostile.send();
        boolean plain = send.has("template") || send.has("http");
        return plain ? new RequestBuilder(file, variables).build(send, hostile.expect()) : null;
    }
}
