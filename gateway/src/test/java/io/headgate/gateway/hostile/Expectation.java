package io.headgate.gateway.hostile;

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
 * @param withinSeconds the time in which it must be over; 0 if none is given
 * @param responses how many responses the connection may carry; 0 if that is not said
 * @param audit what is written down about it, in words
 */
record Expectation(
        Outcomes http,
        Outcomes rpc,
        String rpcText,
        String conn,
        @Nullable MetricExpectation metric,
        Calls upstreamCalls,
        double withinSeconds,
        int responses,
        String audit,
        String note) {
    private static final Set<String> RPC_WORDS = Set.of("result", "acknowledged", "stream");

    static Expectation of(Form form, Set<String> codes) {
        Object rpc = form.value("rpc");
        String conn = form.text("conn");
        return new Expectation(
                Outcomes.of(form.value("http"), word -> word.matches("\\d{3}|closed")),
                Outcomes.of(rpc, word -> codes.contains(word) || RPC_WORDS.contains(word)),
                rpc == null ? "" : rpc.toString(),
                conn.equals("n/a") ? "" : conn,
                MetricExpectation.of(form.text("metric")),
                Calls.of(form.value("upstream_calls")),
                form.decimal("within_s", 0),
                form.number("responses_on_connection", 0),
                form.text("audit"),
                form.text("note"));
    }

    /** True if the one expected answer has this name. */
    boolean isRpc(String name) {
        return rpcText.equals(name);
    }

    /** How many calls an upstream may see. */
    record Calls(int least, int most) {
        private static final Pattern RANGE = Pattern.compile("(\\d+)\\.\\.(\\d+)");
        private static final Pattern AT_MOST = Pattern.compile("<=\\s*(\\d+)");

        static Calls of(@Nullable Object value) {
            if (value instanceof Number number) {
                return new Calls(number.intValue(), number.intValue());
            }
            String text = value == null ? "" : value.toString();
            Matcher range = RANGE.matcher(text);
            if (range.matches()) {
                return new Calls(Integer.parseInt(range.group(1)), Integer.parseInt(range.group(2)));
            }
            Matcher atMost = AT_MOST.matcher(text);
            if (atMost.matches()) {
                return new Calls(0, Integer.parseInt(atMost.group(1)));
            }
            return new Calls(0, Integer.MAX_VALUE);
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
