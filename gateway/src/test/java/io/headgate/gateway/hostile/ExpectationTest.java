package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExpectationTest {
    private static Outcomes outcomes(@Nullable Object value) {
        return Outcomes.of(value, word -> word.matches("\\d{3}|closed|result|RATE_LIMITED"));
    }

    private static List<String> seen(Object... runs) {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < runs.length; i += 2) {
            seen.addAll(Collections.nCopies((Integer) runs[i + 1], (String) runs[i]));
        }
        return seen;
    }

    @Test
    void oneOutcomeStandsForAll() {
        assertThat(outcomes(200).mismatch(seen("200", 1000))).isNull();
        assertThat(outcomes(200).mismatch(seen("200", 2, "500", 1))).isEqualTo("was 200 x2, 500 (expected: 200)");
        assertThat(outcomes(200).mismatch(List.of())).isEqualTo("was nothing (expected: 200)");
        assertThat(outcomes("200 or closed").mismatch(seen("200", 3, "closed", 2)))
                .isNull();
        assertThat(outcomes("result / RATE_LIMITED").mismatch(seen("result", 1, "RATE_LIMITED", 4)))
                .isNull();
    }

    @Test
    void countsOutcomesOfManyRequests() {
        assertThat(outcomes("200,400").mismatch(seen("400", 1, "200", 1))).isNull();
        assertThat(outcomes("200,400").mismatch(seen("200", 2))).isNotNull();
        assertThat(outcomes("200,200").mismatch(seen("200", 2))).isNull();
        assertThat(outcomes("200,200").mismatch(seen("200", 1))).isNotNull();
        assertThat(outcomes("200 x100, 429").mismatch(seen("200", 100, "429", 1)))
                .isNull();
        assertThat(outcomes("200 x100, 429").mismatch(seen("200", 101))).isNotNull();
        assertThat(outcomes("200 x10, 429 x40 (+-1)").mismatch(seen("200", 11, "429", 39)))
                .isNull();
        assertThat(outcomes("200 x10, 429 x40 (+-1)").mismatch(seen("200", 12, "429", 38)))
                .isNotNull();
        assertThat(outcomes("200 x1, 429 x1").mismatch(seen("200", 1, "429", 1, "500", 1)))
                .isNotNull();
        assertThat(outcomes(null).mismatch(seen("500", 1))).isNull();
    }

    @Test
    void readsOutcomesInOtherWords() {
        assertThat(outcomes("401 then 429 after 100 in 10 s").mismatch(seen("401", 100, "429", 20)))
                .isNull();
        assertThat(outcomes("401 then 429 after 100 in 10 s").mismatch(seen("401", 5, "200", 1)))
                .isNotNull();
        assertThat(outcomes("mix of 200/502 then 503").mismatch(seen("502", 1, "200", 2, "503", 1)))
                .isNull();
        assertThat(outcomes("200 x3, the rest 429").mismatch(seen("200", 3, "429", 17)))
                .isNull();
        assertThat(outcomes("200 x3, the rest 429").mismatch(seen("200", 4, "429", 16)))
                .isNotNull();
        assertThat(outcomes("200 x3, the rest 429").mismatch(seen("200", 3, "429", 16, "500", 1)))
                .isNotNull();
        assertThat(outcomes("3 x 200, 2 x 429").mismatch(seen("200", 3, "429", 2)))
                .isNull();
        assertThat(outcomes("200 x1,000").mismatch(seen("200", 1_000))).isNull();
        assertThat(outcomes("200 x1,000").mismatch(seen("200", 1))).isNotNull();
        assertThat(outcomes("200 (5 times) then 429").mismatch(seen("200", 5, "429", 1)))
                .isNull();
        assertThat(outcomes("a rather long story").isEmpty()).isTrue();
    }

    @Test
    void knowsSeveralFatesOfAConnection() {
        Form form = new Form(Map.of("conn", "close or reset (a client may see either)"));
        assertThat(Expectation.of(form, Set.of()).conns()).containsExactly("close", "reset");
        assertThat(Expectation.of(new Form(Map.of("conn", "goaway: NO_ERROR")), Set.of())
                        .conns())
                .containsExactly("goaway:NO_ERROR");
        assertThat(Expectation.of(new Form(Map.of("conn", "n/a")), Set.of()).conns())
                .isEmpty();
    }

    @Test
    void readsSeveralSeries() {
        assertThat(MetricExpectation.all("headgate_a_total{x=\"1, 2\"} and headgate_b 0, headgate_c_total unchanged"))
                .extracting(MetricExpectation::name)
                .containsExactly("headgate_a_total", "headgate_b", "headgate_c_total");
        MetricExpectation still = metric("headgate_x_total unchanged");
        assertThat(still.mismatch(page("a", 1), page("a", 1))).isNull();
        assertThat(still.mismatch(page("a", 1), page("a", 2))).contains("expected: not at all");
    }

    @Test
    void boundsCalls() {
        assertThat(Expectation.Calls.of(1).allow(2)).isFalse();
        assertThat(Expectation.Calls.of("<=210").allow(210)).isTrue();
        assertThat(Expectation.Calls.of("10..11").allow(12)).isFalse();
        assertThat(Expectation.Calls.of("at most 3").allow(4)).isFalse();
        assertThat(Expectation.Calls.of("at most 3").allow(0)).isTrue();
        assertThat(Expectation.Calls.of("0 or 1").allow(2)).isFalse();
        assertThat(Expectation.Calls.of("1 (the first)").allow(2)).isFalse();
        assertThat(Expectation.Calls.of("1 (the first)").allow(1)).isTrue();
        assertThat(Expectation.Calls.of(">= 2").allow(1)).isFalse();
        assertThat(Expectation.Calls.of("< 3").allow(3)).isFalse();
        assertThat(Expectation.Calls.of("breaker open caps calls").allow(1_000)).isTrue();
    }

    @Test
    void metricsMustGrow() {
        MetricExpectation reason = metric("headgate_x_total{reason=\"framing\"}");
        assertThat(reason.mismatch(page("framing", 1), page("framing", 2))).isNull();
        assertThat(reason.mismatch(page("framing", 1), page("framing", 1))).contains("did not grow");
        assertThat(reason.mismatch(page("framing", 1), page("other", 5))).contains("did not grow");
        assertThat(metric("headgate_x_total").mismatch(page("a", 1), page("b", 2)))
                .isNull();
        assertThat(metric("headgate_x == 0").mismatch(page("a", 1), page("a", 1)))
                .isNull();
        assertThat(metric("headgate_x_total 0").mismatch(page("a", 1), page("a", 1)))
                .contains("expected: 0.0");
        assertThat(MetricExpectation.of("none")).isNull();
        assertThat(MetricExpectation.of("n/a")).isNull();
    }

    private static MetricExpectation metric(String text) {
        @Nullable MetricExpectation metric = MetricExpectation.of(text);
        assertThat(metric).isNotNull();
        return java.util.Objects.requireNonNull(metric);
    }

    private static Metrics page(String reason, int value) {
        return Metrics.parse("# HELP x\nheadgate_x_total{reason=\"" + reason + "\",a=\"b\"} " + value + "\n");
    }

    @Test
    void readsAnExpectation() {
        Form form = new Form(Map.of("http", 400, "rpc", "PARSE_ERROR", "conn", "keep", "upstream_calls", 0));
        Expectation expectation = Expectation.of(form, Set.of("PARSE_ERROR"));
        assertThat(expectation.rpc().mismatch(List.of("PARSE_ERROR"))).isNull();
        assertThat(expectation.rpc().mismatch(List.of("result"))).isNotNull();
        assertThat(expectation.upstreamCalls()).hasToString("0");
    }
}
