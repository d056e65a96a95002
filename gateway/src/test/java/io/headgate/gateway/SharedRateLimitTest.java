package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.ratelimit.RedisProcess;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.testkit.Await;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateways with one limit in a real Redis, which is killed and started again while calls come. */
class SharedRateLimitTest {
    private static final int RATE = 100;
    private static final int BURST = 20;
    private static final int SECONDS = 15;

    @TempDir
    private Path directory;

    @Test
    void losesNoCallAndKeepsToTheLimitWithoutRedis() throws Exception {
        DemoServer server = DemoServer.start(DemoServerOptions.builder().build());
        try (RedisProcess redis = RedisProcess.start();
                LimitedGateway one = gateway(server, redis);
                LimitedGateway other = gateway(server, redis)) {
            Await.until("both share the limits", () -> shares(one) && shares(other));
            List<LimitedGateway> gateways = List.of(one, other);
            LongAdder passed = new LongAdder();
            LongAdder refused = new LongAdder();
            List<CompletableFuture<?>> calls = new ArrayList<>();
            long start = System.nanoTime();
            boolean isKilled = false;
            boolean isBack = false;
            // Twice what the limit lets pass, evenly.
            for (int i = 0; i < 2 * RATE * SECONDS; i++) {
                LockSupport.parkNanos(start + i * 1_000_000_000L / (2 * RATE) - System.nanoTime());
                calls.add(gateways.get(i % 2).call("/mcp", "demo__echo").thenAccept(answer -> {
                    if (answer.statusCode() == 200) {
                        passed.increment();
                    } else if (answer.statusCode() == 429) {
                        refused.increment();
                    }
                }));
                long seconds = (System.nanoTime() - start) / 1_000_000_000;
                if (seconds >= SECONDS / 3 && !isKilled) {
                    isKilled = true;
                    redis.kill();
                } else if (seconds >= 2 * SECONDS / 3 && !isBack) {
                    isBack = true;
                    redis.restart();
                }
            }
            CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).join();
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat(passed.sum() + refused.sum()).isEqualTo(calls.size());
            assertThat(passed.sum() / (RATE * seconds)).isBetween(0.8, 1.2);
            assertThat(decisions(one, "shared")).isPositive();
            assertThat(decisions(one, "fallback")).isPositive();
            Await.until("both share the limits", () -> shares(one) && shares(other));
        } finally {
            server.stop();
        }
    }

    private LimitedGateway gateway(DemoServer server, RedisProcess redis) throws Exception {
        return new LimitedGateway(
                directory,
                server,
                "{limits: [{per: all, rate: " + RATE + "/s, burst: " + BURST + "}], nodes: 2, shared: '" + redis.uri()
                        + "'}");
    }

    private static boolean shares(LimitedGateway gateway) {
        return gateway.admin("/metrics").contains("headgate_ratelimit_shared_state 1");
    }

    private static double decisions(LimitedGateway gateway, String source) {
        return gateway.admin("/metrics")
                .lines()
                .filter(line -> line.startsWith("headgate_ratelimit_decisions_total{source=\"" + source + "\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }
}
