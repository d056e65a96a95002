package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Far more calls of a slow tool than its server can do, through the default chain. */
class OverloadTest {
    private static final Address FREE = new Address("127.0.0.1", 0);
    private static final int MANY = 400;
    private static final int FEW = 60;

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
    private final ModernClient client = new ModernClient(gateway.address());

    @AfterEach
    void stop() {
        gateway.stop();
        demo.stop();
    }

    @Test
    void shedsWhatTheServerCannotDoAndServesTheRest() throws Exception {
        Await.until("the gateway knows the server", gateway::isReady);
        // As long as nobody knows what the server can do, no call is refused.
        for (CompletableFuture<ModernClient.Answer> each : work(FEW)) {
            assertThat(each.join().status()).isEqualTo(200);
        }
        int shed = 0;
        for (int round = 0; shed == 0; round++) {
            assertThat(round).as("rounds without a refusal: %s", state()).isLessThan(10);
            shed = MANY - served(work(MANY));
        }
        Await.until("the server has nothing left to do", () -> demo.activeCalls() == 0);
        assertThat(state()).contains("\"inFlight\":0").contains("\"permits\"");

        // A call that would have to wait for too long is not even read.
        String early = "headgate_early_refusals_total\\{reason=\"overloaded\"} [1-9].*";
        for (int round = 0; metrics().lines().noneMatch(line -> line.matches(early)); round++) {
            assertThat(round).as("rounds: %s", state()).isLessThan(10);
            served(work(MANY));
        }
        assertThat(metrics()).containsPattern("headgate_concurrency_inflight\\{[^}]*} 0");
    }

    /** How many of them came to something; the others were told that there is no room. */
    private int served(List<CompletableFuture<ModernClient.Answer>> calls) throws Exception {
        // While the server is busy, it can be asked what it has.
        assertThat(client.ask("tools/list", "", "", "").status()).isEqualTo(200);
        int served = 0;
        for (CompletableFuture<ModernClient.Answer> each : calls) {
            ModernClient.Answer answer = each.join();
            if (answer.status() == 200) {
                assertThat(answer.text()).isEqualTo("after 100 ms");
                served++;
            } else {
                assertThat(answer.status()).as("%s", answer.last()).isEqualTo(503);
                JsonNode error = answer.last().path("error");
                assertThat(error.path("code").asInt()).isEqualTo(1503);
                assertThat(error.path("data").path("retryAfterMs").asInt()).isPositive();
            }
        }
        assertThat(served).isPositive();
        return served;
    }

    private List<CompletableFuture<ModernClient.Answer>> work(int times) {
        List<CompletableFuture<ModernClient.Answer>> calls = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            calls.add(client.send("tools/call", "work", "\"name\":\"work\",\"arguments\":{\"ms\":100}", ""));
        }
        return calls;
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
}
