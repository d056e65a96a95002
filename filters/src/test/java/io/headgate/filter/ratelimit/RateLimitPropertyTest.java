package io.headgate.filter.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Target;
import io.headgate.filter.TestTimer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However requests arrive, in no time are more admitted than the burst and what comes in that time. */
class RateLimitPropertyTest {
    private static final int ARRIVALS = 400;

    private record Admitted(long atNanos, int tokens) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void neverAdmitsMoreThanBurstAndRate(long seed) {
        Random random = new Random(seed);
        String[] units = {"s", "m", "h"};
        Rate rate = Rate.of((1 + random.nextInt(500)) + "/" + units[random.nextInt(3)]);
        int burst = 3 + random.nextInt(50);
        LimitConfig limit = LimitConfig.of(null, Per.of(Per.Part.ALL), rate, burst, null, Map.of("dear", 3));
        try (Fixture fixture = new Fixture(limit)) {
            Exchange cheap = call("cheap");
            Exchange dear = call("dear");
            double nanosPerToken = (double) rate.period().toNanos() / rate.count();
            List<Admitted> admitted = new ArrayList<>();
            long now = 0;
            int refused = 0;
            for (int i = 0; i < ARRIVALS; i++) {
                // Bursts with pauses between them, as slow as the bucket fills or much faster.
                long gap = random.nextInt(4) == 0 ? (long) (random.nextExponential() * 4 * nanosPerToken) : 0;
                now += gap;
                fixture.timer.advanceBy(Duration.ofNanos(gap));
                boolean isDear = random.nextInt(5) == 0;
                if (fixture.filter.decide(isDear ? dear : cheap) == null) {
                    admitted.add(new Admitted(now, isDear ? 3 : 1));
                } else {
                    refused++;
                }
            }
            assertThat(refused).isPositive();
            assertThat(admitted).hasSizeGreaterThanOrEqualTo(burst / 3);
            for (int from = 0; from < admitted.size(); from++) {
                long tokens = 0;
                for (int to = from; to < admitted.size(); to++) {
                    tokens += admitted.get(to).tokens();
                    double time =
                            admitted.get(to).atNanos() - admitted.get(from).atNanos();
                    assertThat((double) tokens)
                            .as("%s from %d to %d of %s", limit, from, to, admitted)
                            .isLessThanOrEqualTo(burst + time / nanosPerToken + 1e-6);
                }
            }
        }
    }

    private static Exchange call(String tool) {
        return Exchanges.request("tools/call", "{\"name\":\"" + tool + "\"}", Target.Kind.TOOL, tool);
    }

    private static final class Fixture implements AutoCloseable {
        private final TestTimer timer = new TestTimer();
        private final RateLimitFilter filter;

        Fixture(LimitConfig limit) {
            filter = new RateLimitFilter(
                    Limits.of(limit),
                    new FilterContext(
                            "filters[0]", new SimpleMeterRegistry(), InstantSource.system(), timer, Path.of("target")));
        }

        @Override
        public void close() {
            timer.dispose();
        }
    }
}
