package io.headgate.gateway.upstream.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.FakeServer;
import io.headgate.gateway.upstream.era.FakeServer.Script;
import io.headgate.gateway.upstream.era.SseScript;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.mcp.JsonRpc;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the gateway shows to a server comes back to no client, whichever way the server repeats it. */
class EchoedSecretTest {
    private static final String TOKEN = "sk-live-0123456789abcdef";
    private static final String MASK = "*".repeat(TOKEN.length());

    @Test
    void inAResult() throws IOException {
        try (UpstreamFixture fixture = before((request, wire) -> wire.result(
                request,
                "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"you sent "
                        + request.header("authorization") + "\"}],\"n\":1.50}"))) {
            assertThat(((JsonRpc.Success) fixture.last(UpstreamFixture.tool("echo"))).result())
                    .hasToString(
                            "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"you sent Bearer "
                                    + MASK + "\"}],\"n\":1.50}");
            assertThat(fixture.server().received("tools/call").get(0).header("authorization"))
                    .isEqualTo("Bearer " + TOKEN);
            assertThat(fixture.faults("secret_echoed")).isEqualTo(1);
        }
    }

    @Test
    void inAnErrorAndInEvents() throws IOException {
        try (UpstreamFixture fixture = before((request, wire) -> wire.json("{\"jsonrpc\":\"2.0\",\"id\":" + request.id()
                + ",\"error\":{\"code\":-32603,\"message\":\"bad " + TOKEN + "\"}}"))) {
            assertThat(((JsonRpc.Failure) fixture.last(UpstreamFixture.tool("echo"))).message())
                    .isEqualTo("bad " + MASK);
        }
        try (UpstreamFixture fixture = before((request, wire) -> wire.stream()
                .event(
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\""
                                + TOKEN + "\"}}")
                .resultEvent(request, "{\"resultType\":\"complete\",\"" + TOKEN + "\":\"" + TOKEN + "\"}")
                .endStream())) {
            assertThat(fixture.call(UpstreamFixture.tool("echo")).toString()).doesNotContain(TOKEN);
            assertThat(((JsonRpc.Success) fixture.last(UpstreamFixture.tool("echo"))).result())
                    .hasToString("{\"resultType\":\"complete\",\"" + MASK + "\":\"" + MASK + "\"}");
        }
    }

    @Test
    void overAnEventStream() throws IOException {
        SseScript script = new SseScript((request, stream) ->
                stream.result(request, "{\"content\":[{\"type\":\"text\",\"text\":\"" + TOKEN + "\"}]}"));
        FakeServer server = new FakeServer(script);
        try (UpstreamFixture fixture = new UpstreamFixture(server, config(server.url(), UpstreamTransport.SSE))) {
            JsonRpc last = fixture.last(UpstreamFixture.tool("echo"));
            assertThat(((JsonRpc.Success) last).result().toString())
                    .contains(MASK)
                    .doesNotContain(TOKEN);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Authorization, Bearer abcdefgh, x abcdefgh y, x ******** y",
        "Authorization, Bearer abcdefgh, abcdefghabcdefgh, ****************",
        "Authorization, Bearer abcdefgh, abcdefgabcdefgh, abcdefg********",
        "authorization, rawtoken, rawtoken, ********",
        "X-Api-Key, 12345678, 12345678, 99999999",
        "X-Api-Key, short, short, short",
        "X-Tenant, production, production, production",
        "X-Tenant, a-long-opaque-value, a-long-opaque-value, *******************",
        "Cookie, a\"b\\cdefgh, a\\\"b\\\\cdefgh, ************",
    })
    void whatStandsThereAsItWasSent(String name, String value, String message, String masked) {
        byte[] bytes = message.getBytes(StandardCharsets.US_ASCII);
        boolean found = HeldSecrets.of(Map.of(name, value)).mask(bytes, bytes.length);
        assertThat(new String(bytes, StandardCharsets.US_ASCII)).isEqualTo(masked);
        assertThat(found).isEqualTo(!message.equals(masked));
    }

    @Test
    void whatIsTooLongToBeSearchedPasses() {
        byte[] bytes = (TOKEN + " ".repeat(HeldSecrets.MOST_BYTES)).getBytes(StandardCharsets.US_ASCII);
        HeldSecrets secrets = HeldSecrets.of(Map.of("Authorization", "Bearer " + TOKEN));
        assertThat(secrets.mask(bytes, bytes.length)).isFalse();
        assertThat(secrets.mask(bytes, HeldSecrets.MOST_BYTES)).isTrue();
        assertThat(HeldSecrets.of(Map.of("X-Env", "prod"))).isSameAs(HeldSecrets.NONE);
    }

    private static UpstreamFixture before(Script script) throws IOException {
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.rpcMethod().equals("server/discover")) {
                wire.result(request, UpstreamFixture.DISCOVERED);
            } else if (request.rpcMethod().equals("initialize")) {
                wire.answer(400, "text/plain", "no session here");
            } else {
                script.answer(request, wire);
            }
        });
        UpstreamFixture fixture = new UpstreamFixture(server, config(server.url(), UpstreamTransport.HTTP));
        fixture.dialect();
        return fixture;
    }

    private static UpstreamConfig config(URI url, UpstreamTransport transport) {
        return new UpstreamConfig(
                "u1",
                url,
                transport,
                "",
                Map.of("Authorization", "Bearer " + TOKEN),
                false,
                false,
                null,
                UpstreamFixture.QUICK);
    }
}
