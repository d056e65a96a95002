package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.EventStreamServer.Posted;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ModernClient.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client of 2026-07-28 before a server of 2024-11-05 that asks and logs in the middle of its calls. */
class AskedOverEventStreamTest {
    private static final String FORM = "{\"methods\":[\"elicitation/create\"]}";
    private static final String ACCEPT = "{\"q1\":{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}}";

    private final EventStreamServer server = new EventStreamServer();
    private final Gateway gateway;
    private final ModernClient client;
    private final GatewayMetrics metrics;

    AskedOverEventStreamTest(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(
                folder.resolve("headgate.yaml"),
                "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nparking: {time: 2s}\nmcpServers:\n  u:\n    type: sse\n    url: "
                        + server.url() + "\n    prefix: \"\"\n");
        gateway = Gateway.start(ConfigFile.read(file));
        client = new ModernClient(gateway.address());
        metrics = new GatewayMetrics(gateway);
    }

    @BeforeEach
    void waitUntilReady() {
        Await.until("the gateway is ready", gateway::isReady);
    }

    @AfterEach
    void stop() {
        gateway.stop();
        Await.until("all sessions are ended", server.sessions::isEmpty);
        server.close();
    }

    @Test
    void asksAndGoesOnInTheSessionOfTheCall() {
        String asks = "{\"methods\":[\"elicitation/create\",\"roots/list\"]}";
        Answer first = client.call("ask", asks);
        assertThat(first.result()
                        .path("inputRequests")
                        .path("q1")
                        .path("method")
                        .asString())
                .isEqualTo("elicitation/create");
        assertThat(metrics.get("headgate_calls_parked")).isOne();
        assertThat(metrics.get("headgate_requests_active")).isZero();

        Answer second = client.call("ask", asks, first, ACCEPT);
        assertThat(second.asked()).containsExactly("q2");
        Answer third = client.call("ask", asks, second, "{\"q2\":{\"roots\":[{\"uri\":\"file:///r\"}]}}");
        assertThat(third.text()).contains("\"name\":\"Ada\"").contains("file:///r");
        assertThat(client.call("ask", "{\"methods\":[]}").text()).isEmpty();

        assertThat(sessionsOf("tools/call")).containsExactly("2", "2");
        assertThat(sessionsOf("answer")).containsExactly("2", "2");
        assertThat(server.posted("initialize").get(1).message().toString())
                .contains("\"capabilities\":{\"elicitation\":{\"form\":{},\"url\":{}},\"sampling\":{},\"roots\":{}}");
        assertThat(server.sessions).containsOnlyKeys("1", "2");
        assertThat(metrics.get("headgate_upstream_sessions")).isEqualTo(2);
        assertThat(metrics.get("headgate_calls_parked")).isZero();
    }

    @Test
    void endsTheSessionOfACallToWhichNobodyComesBack() {
        Answer first = client.call("ask", FORM);
        assertThat(first.asked()).hasSize(1);
        assertThat(server.sessions).hasSize(2);

        Await.until("the session of the call is ended", () -> server.sessions.size() == 1);
        Await.until("the question is answered", () -> server.posted("answer").size() == 1);
        assertThat(server.posted("answer").get(0).message().path("result").toString())
                .isEqualTo("{\"action\":\"cancel\"}");
        assertCancelled("ask");
        assertThat(metrics.get("headgate_upstream_sessions")).isOne();
        assertThat(metrics.get("headgate_calls_parked")).isZero();
        assertThat(metrics.get("headgate_calls_parked_bytes")).isZero();

        Answer late = client.call("ask", FORM, first, ACCEPT);
        assertThat(late.last().path("error").path("code").asInt()).isEqualTo(-32602);
        assertThat(server.sessions).hasSize(1);
    }

    @Test
    void endsTheSessionOfACallWhoseClientIsGone() {
        CompletableFuture<Answer> call = client.send("tools/call", "hang", "\"name\":\"hang\",\"arguments\":{}", "");
        Await.until("the call is made", () -> !server.posted("tools/call").isEmpty());
        assertThat(server.sessions).hasSize(2);

        call.cancel(true);

        Await.until("the session of the call is ended", () -> server.sessions.size() == 1);
        assertCancelled("hang");
        assertThat(metrics.get("headgate_upstream_sessions")).isOne();
        Await.until("no request is active", () -> metrics.get("headgate_requests_active") == 0);
    }

    @Test
    void givesEachOfTwoCallsItsOwnLogMessages() {
        List<CompletableFuture<Answer>> calls =
                Stream.of("a", "b").map(this::log).toList();
        for (int i = 0; i < 2; i++) {
            Answer answer = calls.get(i).join();
            String own = i == 0 ? "{\"of\":\"a\"}" : "{\"of\":\"b\"}";
            assertThat(answer.messages()).hasSize(4);
            assertThat(answer.messages().subList(0, 3))
                    .allSatisfy(message -> assertThat(
                                    message.path("params").path("data").toString())
                            .isEqualTo(own));
        }
        assertThat(sessionsOf("tools/call")).containsExactlyInAnyOrder("2", "3");
        assertThat(server.sessions).hasSize(3);
    }

    private CompletableFuture<Answer> log(String of) {
        return client.send(
                "tools/call",
                "log",
                "\"name\":\"log\",\"arguments\":{\"of\":\"" + of + "\"}",
                "\"io.modelcontextprotocol/logLevel\":\"info\"");
    }

    @Test
    void losesAParkedCallWithItsStream() {
        Answer first = client.call("ask", FORM);
        Objects.requireNonNull(server.sessions.get("2")).end();
        Await.until("sessions are counted", () -> metrics.get("headgate_upstream_sessions") == 1);

        Answer lost = client.call("ask", FORM, first, ACCEPT);
        assertThat(lost.last().path("error").path("code").asInt()).isEqualTo(1513);
        assertThat(server.posted("answer")).isEmpty();

        Answer again = client.call("ask", FORM);
        assertThat(client.call("ask", FORM, again, ACCEPT).text()).contains("Ada");
        assertThat(sessionsOf("tools/call")).containsExactly("2", "3");
    }

    private List<String> sessionsOf(String method) {
        return server.posted(method).stream().map(Posted::session).toList();
    }

    /** The only call was cancelled, in its own session. */
    private void assertCancelled(String tool) {
        Posted call = server.posted("tools/call").get(0);
        assertThat(call.message().path("params").path("name").asString()).isEqualTo(tool);
        assertThat(server.posted("notifications/cancelled")).singleElement().satisfies(cancelled -> {
            assertThat(cancelled.session()).isEqualTo(call.session());
            assertThat(cancelled.message().path("params").get("requestId"))
                    .isEqualTo(call.message().get("id"));
        });
    }
}
