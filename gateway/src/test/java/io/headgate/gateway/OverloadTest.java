package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Far more calls of a slow tool than its server can do, through the default chain. */
class OverloadTest {
    private static final Address FREE = new Address("127.0.0.1", 0);
    private static final int MANY = 400;

    private final DemoServer demo =
            DemoServer.start(DemoServerOptions.builder().workers(4).build());
    private final Gateway gateway = Gateway.start(Config.of(
            FREE,
            FREE,
            List.of(new UpstreamConfig(
                    "demo",
                    URI.create(demo.url()),
                    UpstreamTransport.HTTP,
                    "",
                    Map.of(),
                    /* isStateless= */ false,
                    /* http2PriorKnowledge= */ false,
                    /* trustFile= */ null,
                    UpstreamLimits.DEFAULT))));
    private final ModernClient client = new ModernClient(gateway);

    @AfterEach
    void stop() {
        gateway.stop();
        demo.stop();
    }

    @Test
    void shedsWhatTheServerCannotDoAndServesTheRest() throws Exception {
        await("the gateway knows the server", gateway::isReady);
        List<CompletableFuture<ModernClient.Answer>> calls = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            calls.add(client.send("tools/call", "work", "\"name\":\"work\",\"arguments\":{\"ms\":300}", ""));
        }
        // While the server is busy, it can be asked what it has, and other tools that it can do are still called.
        await("calls are refused", () -> metrics().contains("headgate_concurrency_refused_total{"));
        assertThat(client.ask("tools/list", "", "", "").status()).isEqualTo(200);

        int served = 0;
        int shed = 0;
        for (CompletableFuture<ModernClient.Answer> each : calls) {
            ModernClient.Answer answer = each.join();
            if (answer.status() == 200) {
                assertThat(answer.text()).isEqualTo("after 300 ms");
                served++;
            } else {
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.last().path("error").path("code").asInt()).isEqualTo(1503);
                assertThat(answer.last()
                                .path("error")
                                .path("data")
                                .path("retryAfterMs")
                                .asInt())
                        .isPositive();
                shed++;
            }
        }
        assertThat(served + shed).isEqualTo(MANY);
        assertThat(served).isGreaterThanOrEqualTo(50);
        assertThat(shed).isPositive();
        assertThat(state()).contains("\"inFlight\":0").contains("\"permits\"");
        await("the server has nothing left to do", () -> demo.activeCalls() == 0);

        // Its limiter knows now how long this takes: a call that would have to wait for long is not even read.
        List<CompletableFuture<ModernClient.Answer>> more = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            more.add(client.send("tools/call", "work", "\"name\":\"work\",\"arguments\":{\"ms\":300}", ""));
        }
        more.forEach(CompletableFuture::join);
        String metrics = metrics();
        assertThat(metrics.lines().filter(line -> line.contains("early") || line.contains("concurrency")))
                .as("what was refused")
                .anyMatch(line -> line.matches("headgate_early_refusals_total\\{reason=\"overloaded\"} [1-9].*"));
        assertThat(metrics).containsPattern("headgate_concurrency_inflight\\{[^}]*} 0");
    }

    private String metrics() {
        return admin("/metrics");
    }

    private String state() {
        return admin("/state");
    }

    private String admin(String path) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + path))
                .timeout(ModernClient.PATIENCE)
                .build();
        return HttpClient.newHttpClient()
                .sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .join()
                .body();
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(10_000_000);
        }
    }
}
