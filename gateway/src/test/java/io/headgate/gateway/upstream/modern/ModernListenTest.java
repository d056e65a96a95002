package io.headgate.gateway.upstream.modern;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.mcp.JsonRpc;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class ModernListenTest {
    private static String acknowledged(Received request) {
        return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{"
                + "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":" + request.id() + "},\"notifications\":{}}}";
    }

    private static String updated(Received request, String uri) {
        return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"_meta\":{"
                + "\"io.modelcontextprotocol/subscriptionId\":" + request.id() + "},\"uri\":\"" + uri + "\"}}";
    }

    private static String changed(String kind) {
        return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/" + kind + "/list_changed\",\"params\":{}}";
    }

    @Test
    void passesUpdatesInTheCallersName() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> {
            wire.stream().event(acknowledged(request)).event(changed("tools")).event(updated(request, "x:1"));
            wire.hang();
        })) {
            Flux<JsonRpc> updates = fixture.upstream.listen(UpstreamFixture.tool("echo"), List.of("x:1", "x:2"));

            StepVerifier.create(updates)
                    .assertNext(message -> assertThat(((JsonRpc.Notification) message).method())
                            .isEqualTo("notifications/subscriptions/acknowledged"))
                    .assertNext(message -> assertThat(((JsonRpc.Notification) message).params())
                            .hasToString("{\"_meta\":{},\"uri\":\"x:1\"}"))
                    .thenCancel()
                    .verify(UpstreamFixture.PATIENCE);

            Received sent = fixture.server().received("subscriptions/listen").get(0);
            assertThat(sent.body())
                    .contains("\"notifications\":{\"resourceSubscriptions\":[\"x:1\",\"x:2\"]}")
                    .contains("\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}");
            assertThat(fixture.faults("sub_unrequested")).isEqualTo(1);
        }
    }

    @Test
    void announcesChangesAndAllOfThemAfterAGap() throws IOException {
        AtomicInteger streams = new AtomicInteger();
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> {
            wire.stream().event(acknowledged(request));
            if (streams.incrementAndGet() == 1) {
                wire.event(changed("tools")).endStream();
            } else {
                wire.hang();
            }
        })) {
            StepVerifier.create(fixture.upstream.changes())
                    .expectNext("notifications/tools/list_changed")
                    .expectNext("notifications/tools/list_changed")
                    .thenCancel()
                    .verify(UpstreamFixture.PATIENCE);

            assertThat(streams).hasValue(2);
            assertThat(fixture.server().received("subscriptions/listen").get(0).body())
                    .contains("\"notifications\":{\"toolsListChanged\":true}");
        }
    }

    @Test
    void doesNotAskAgainForAStreamThatIsNotOffered() throws IOException {
        try (UpstreamFixture fixture =
                UpstreamFixture.modern((request, wire) -> wire.error(404, request, -32601, ""))) {
            StepVerifier.create(fixture.upstream.changes())
                    .expectSubscription()
                    .expectNoEvent(Duration.ofMillis(2_500))
                    .thenCancel()
                    .verify(UpstreamFixture.PATIENCE);

            assertThat(fixture.server().received("subscriptions/listen")).hasSize(1);
        }
    }

    @Test
    void boundsHowOftenChangesAreTold() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> {
            wire.stream().event(acknowledged(request));
            for (int i = 0; i < 5_000; i++) {
                wire.event(changed("tools"));
            }
            wire.hang();
        })) {
            List<String> told = UpstreamFixture.await(
                    fixture.upstream.changes().take(Duration.ofSeconds(1)).collectList());

            assertThat(told.size()).isBetween(1, 7);
        }
    }
}
