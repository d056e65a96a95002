package io.headgate.gateway.hostile;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What must come of a case.
 *
 * @param http statuses in order of the requests; empty if no response is owed
 * @param rpc names of codes, or {@code result}, {@code acknowledged}, {@code stream}
 * @param rpcText the expectation of the answer in words, for what names cannot say
 * @param conn {@code keep}, {@code close}, {@code reset}, {@code goaway:CODE}, {@code stream_reset:CODE}, or empty
 * @param conns all that the connection may come to; {@code conn} is the first of them
 * @param metric the first of the series that must move
 * @param metrics all of them
 * @param withinSeconds the time in which it must be over; 0 if none is given
 * @param responses how many responses the connection may carry; 0 if that is not said
 * @param audit what is written down about it, in words
 * @param challenge whether the answer has {@code WWW-Authenticate}; null if that is not said
 */
record Expectation(
        Outcomes http,
        Outcomes rpc,
        String rpcText,
        String conn,
        Set<String> conns,
        @Nullable MetricExpectation metric,
        List<MetricExpectation> metrics,
        Calls upstreamCalls,
        double withinSeconds,
        int responses,
        String audit,
        String note,
        @Nullable Boolean challenge) {
    private static final Set<String> RPC_WORDS = Set.of("result", "acknowledged", "stream");
    private static final Pattern FATE =
            Pattern.compile("\\b(?:keep|close|reset|(?:goaway|stream_reset)(?:: ?[A-Z0-9_]+)?)\\b");

    /** Of a request whose answer is not judged. */
    static final Expectation NONE = of(Form.EMPTY, Set.of());

    static Expectation of(Form form, Set<String> codes) {
        Object rpc = form.value("rpc");
        Set<String> conns = conns(form.text("conn"));
        List<MetricExpectation> metrics = MetricExpectation.all(form.text("metric"));
        double within = form.decimal("within_s", form.decimal("within_ms", 0) / 1000);
        return new Expectation(
                Outcomes.of(form.value("http"), word -> word.matches("[1-5]\\d{2}|closed")),
                Outcomes.of(rpc, word -> codes.contains(word) || RPC_WORDS.contains(word)),
                rpc == null ? "" : rpc.toString(),
                conns.isEmpty() ? "" : conns.iterator().next(),
                conns,
                metrics.isEmpty() ? null : metrics.get(0),
                metrics,
                Calls.of(form.value("upstream_calls")),
                within,
                form.number("responses_on_connection", 0),
                form.text("audit"),
                form.text("note"),
                form.value("www_authenticate") instanceof Boolean challenge ? challenge : null);
    }

    /** {@code close or reset} as both of them; what is no fate of a connection is left out. */
    private static Set<String> conns(String text) {
        Set<String> conns = new LinkedHashSet<>();
        Matcher fate = FATE.matcher(text);
        while (fate.find()) {
            conns.add(fate.group().replace(" ", ""));
        }
        return conns;
    }

    /** True if the one expected answer has this name. */
    boolean isRpc(String name) {
        return rpcText.equals(name);
    }

    /** How many calls an upstream may see. */
    record Calls(int least, int most) {
        private static final Pattern RANGE = Pattern.compile("(\\d+)\\s*(?:\\.\\.|-|to|or)\\s*(\\d+)\\b.*");
        private static final Pattern AT_MOST = Pattern.compile("(?:<=|at most|up to)\\s*(\\d+)\\b.*");
        private static final Pattern LESS_THAN = Pattern.compile("<\\s*(\\d+)\\b.*");
        private static final Pattern AT_LEAST = Pattern.compile("(?:>=|at least)\\s*(\\d+)\\b.*");
        private static final Pattern EXACTLY = Pattern.compile("(?:==?|exactly)?\\s*(\\d+)(?:\\s*\\(.*)?");

        static Calls of(@Nullable Object value) {
            if (value instanceof Number number) {
                return new Calls(number.intValue(), number.intValue());
            }
            String text = value == null
                    ? ""
                    : value.toString().replaceAll("(?<=\\d),(?=\\d{3})", "").trim();
            Matcher range = RANGE.matcher(text);
            if (range.matches()) {
                return new Calls(Integer.parseInt(range.group(1)), Integer.parseInt(range.group(2)));
            }
            int most = number(AT_MOST, text, number(LESS_THAN, text, 0) - 1);
            if (most >= 0) {
                return new Calls(0, most);
            }
            int exactly = number(EXACTLY, text, -1);
            return exactly >= 0 ? new Calls(exactly, exactly) : new Calls(number(AT_LEAST, text, 0), Integer.MAX_VALUE);
        }

        private static int number(Pattern pattern, String text, int otherwise) {
            Matcher matcher = pattern.matcher(text);
            return matcher.matches() ? Integer.parseInt(matcher.group(1)) : otherwise;
        }

        boolean allow(int calls) {
            return calls >= least && calls <= most;
        }

        @Override
        public String toString() {
            return least == most ? Integer.toString(least) : least + ".." + most;
        }
    }
}
