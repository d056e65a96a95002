package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Compares what came of a case with what the file expects, and with what must always hold. */
final class Verdict {
    private static final double METRIC_WITHIN_SECONDS = 5;
    private static final double SLACK_SECONDS = 4;

    /** Clocks can be hurried, the machine cannot. */
    private static final double HURRIED_SLACK_SECONDS = 6;

    /** An answer that tells too much does so at its beginning; the rest of a large one is what was echoed. */
    private static final int LOOKED_AT_CHARS = 16_384;

    private static final List<Pattern> LEAKS = List.of(
            Pattern.compile("\\bat [\\w.$]+\\([\\w. :]*\\)"),
            Pattern.compile("\\b(?:java|javax|io\\.netty|reactor|io\\.headgate|tools\\.jackson)\\.[a-z]\\w*\\.\\w+"),
            Pattern.compile("\\w+\\.java:\\d+"),
            Pattern.compile("(?:/home/|/root/|/usr/|/opt/)\\w+"));

    private final Situation situation;
    private final Observation observation;
    private final List<String> problems = new ArrayList<>();

    Verdict(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    /** Everything that is wrong; empty if the case holds. */
    List<String> problems(Metrics before) throws Exception {
        Expectation expect = situation.expect();
        add("http", expect.http().mismatch(observation.statuses));
        add("rpc", expect.rpc().mismatch(observation.rpc));
        problems.addAll(observation.problems);
        problems.addAll(NoteChecks.check(situation, observation));
        Metrics earlier = observation.metricsBefore;
        metrics(earlier == null ? before : earlier);
        audit();
        challenge();
        conn(observation.conn.call());
        time();
        calls();
        always();
        if (!problems.isEmpty()) {
            for (int i = 0; i < Math.min(3, observation.responses.size()); i++) {
                problems.add("answer " + i + ": " + brief(observation.responses.get(i)));
            }
        }
        return problems;
    }

    private void add(String what, @org.jspecify.annotations.Nullable String problem) {
        if (problem != null) {
            problems.add(what + " " + problem);
        }
    }

    private static String brief(Response response) {
        String text = response.text();
        return response.status() + " " + response.fields() + " "
                + (text.length() > 300 ? text.substring(0, 300) + "…" : text);
    }

    private void metrics(Metrics before) throws Exception {
        for (MetricExpectation metric : situation.expect().metrics()) {
            metric(metric, before);
        }
    }

    private void metric(MetricExpectation metric, Metrics before) throws Exception {
        Observation.TwoMetrics own = observation.ownMetrics;
        if (own != null) {
            add("metric", metric.mismatch(own.before(), own.after()));
            return;
        }
        boolean moved = Patience.until(
                () -> metric.mismatch(before, situation.bench().metrics()) == null, METRIC_WITHIN_SECONDS);
        if (!moved) {
            add("metric", metric.mismatch(before, situation.bench().metrics()));
        }
    }

    private void audit() throws Exception {
        if (!situation.bench().setting().isAudited()) {
            return;
        }
        // The outcome of a call whose client is gone comes a moment later.
        boolean found = Patience.until(
                () -> AuditRecords.mismatch(situation.hostile(), records()) == null, METRIC_WITHIN_SECONDS);
        if (!found) {
            add("audit", AuditRecords.mismatch(situation.hostile(), records()));
        }
    }

    private List<String> records() {
        return situation.bench().records().ofCallsSince(observation.recordsBefore);
    }

    private void conn(String seen) {
        Set<String> expected = situation.expect().conns();
        boolean fits = expected.isEmpty() || seen.isEmpty() || expected.stream().anyMatch(conn -> isFate(conn, seen));
        if (!fits) {
            problems.add("connection was " + seen + " (expected: " + String.join(" or ", expected) + ")");
        }
    }

    private static boolean isFate(String expected, String seen) {
        // A server that closes while bytes are still on their way to it cannot avoid a reset; our own reset is no fate.
        boolean isClosed = expected.equals("close") && seen.equals("reset");
        boolean isAnyCode = !expected.contains(":") && seen.startsWith(expected + ":");
        return seen.equals(expected) || isClosed || isAnyCode || expected.equals("reset");
    }

    private void challenge() {
        Boolean expected = situation.expect().challenge();
        for (Response response : observation.responses) {
            boolean has = response.hasField("WWW-Authenticate");
            if (expected != null && has != expected && response.status() != 429) {
                problems.add("WWW-Authenticate is " + (has ? "" : "not ") + "there in a " + response.status());
            }
        }
    }

    private void time() {
        double within = situation.expect().withinSeconds();
        boolean hurried = situation.bench().setting().isHurried();
        double allowed = hurried ? Math.min(within, within * Setting.HURRY + HURRIED_SLACK_SECONDS) : within;
        if (within > 0 && observation.seconds > allowed + SLACK_SECONDS) {
            problems.add("took " + observation.seconds + " s (expected: within " + allowed + " s)");
        }
    }

    private void calls() {
        int calls = situation.bench().calls();
        int implied = observation.impliedCalls;
        Expectation.Calls expected =
                implied < 0 ? situation.expect().upstreamCalls() : new Expectation.Calls(0, implied);
        if (!expected.allow(calls)) {
            problems.add("upstreams saw " + calls + " calls (expected: " + expected + ")");
        }
    }

    /** What holds for every answer, whatever the case. */
    private void always() {
        List<String> secrets = new ArrayList<>(situation.prepared().secrets());
        for (StubUpstream upstream : situation.bench().upstreams()) {
            secrets.add("127.0.0.1:" + upstream.port());
            secrets.add("localhost:" + upstream.port());
        }
        secrets.addAll(situation.bench().addresses());
        for (Response response : observation.responses) {
            String text = response.text();
            String whole = response.fields() + "\n" + text.substring(0, Math.min(LOOKED_AT_CHARS, text.length()));
            if (response.status() == 500) {
                problems.add("the gateway made a 500");
            }
            if (response.hasDuplicateKey()) {
                problems.add("the answer has a key twice: " + brief(response));
            }
            for (String secret : secrets) {
                if (whole.contains(secret)) {
                    problems.add("the answer has a secret or an upstream's address: " + secret);
                }
            }
            for (Pattern leak : LEAKS) {
                Matcher found = leak.matcher(whole);
                if (found.find()) {
                    problems.add("the answer tells of the inside: " + found.group());
                }
            }
        }
    }
}
