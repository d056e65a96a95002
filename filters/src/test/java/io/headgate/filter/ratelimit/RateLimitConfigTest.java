package io.headgate.filter.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.filter.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateLimitConfigTest {
    private static final LimitConfig LIMIT = Limits.per(Per.Part.CALLER, "100/s", 200);

    @Test
    void hasDefaults() {
        RateLimitConfig config = Limits.of(LIMIT);
        assertThat(config.keys()).isEqualTo(100_000);
        assertThat(config.nodes()).isEqualTo(1);
        LimitConfig limit = LimitConfig.of(
                null, Per.of(List.of(Per.Part.CALLER, Per.Part.TOOL)), Rate.of("10/m"), null, null, null);
        assertThat(limit.name()).isEqualTo("caller+tool");
        assertThat(limit.burst()).isEqualTo(10);
        assertThat(limit.costOf("any")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"100/s, 1", "600/m, 60", "1000/h, 3600"})
    void readsRates(String text, long seconds) {
        Rate rate = Rate.of(text);
        assertThat(rate.period()).isEqualTo(Duration.ofSeconds(seconds));
        assertThat(rate).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"100", "/s", "100/", "100/d", "1.5/s", "-/s", "100/s/s", "0x10/s"})
    void refusesOtherRates(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rate.of(text))
                .withMessage(text + " (expected: a rate such as 100/s, 600/m or 1000/h)");
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rate.of("0/s"))
                .withMessage("0 (expected: 1 to 1000000000)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.per(Per.Part.CALLER, "1/s", 0))
                .withMessage("burst: 0 (expected: >= 1)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.per(Per.Part.CALLER, "1/h", 1_000_000))
                .withMessage("burst: 1000000 (expected: what comes back in a year)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.on(LIMIT, List.of(), Map.of("*", 201)))
                .withMessage("cost: 201 (expected: 0 to the burst, which is 200)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.on(LIMIT, List.of(), Map.of(" ", 1)))
                .withMessage("cost: ' ' (expected: a name, or one with stars such as crm__*)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Per.of(List.of(Per.Part.ALL, Per.Part.TOOL)))
                .withMessage("[all, tool] (expected: all alone, or some of the others)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Per.of(List.of()))
                .withMessage("nothing (expected: one or more of [caller, tenant, tool, upstream, address, all])");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.of(LIMIT, LIMIT))
                .withMessage("limits: two are called caller (expected: a name of its own for each)");
        assertThatIllegalArgumentException()
                .isThrownBy(Limits::of)
                .withMessage("limits: none (expected: at least one, as in - {per: caller, rate: 100/s})");
    }

    @Test
    void wantsToKnowHowManyGatewaysShare() {
        Secret redis = new Secret("redis://127.0.0.1:6379");
        assertThat(RateLimitConfig.of(List.of(LIMIT), null, redis, 3, null).nodes())
                .isEqualTo(3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimitConfig.of(List.of(LIMIT), null, redis, null, null))
                .withMessage("shared: without nodes (expected: nodes: the number of gateways too)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimitConfig.of(List.of(LIMIT), null, null, 2, null))
                .withMessage("nodes: 2 (expected: shared: redis://HOST:PORT too)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://:hunter2@host", "redis://", "hunter2", "redis://:hunter2@ho st:1"})
    void neverRepeatsWhereRedisIs(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateLimitConfig.of(List.of(LIMIT), null, new Secret(uri), 2, null))
                .withMessage("shared: *** (expected: redis://HOST:PORT or rediss://:PASSWORD@HOST:PORT)");
    }
}
