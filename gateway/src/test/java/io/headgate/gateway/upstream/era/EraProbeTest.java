package io.headgate.gateway.upstream.era;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Refusal;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.FakeServer.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;

class EraProbeTest {
    private static final String INITIALIZED =
            "{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"serverInfo\":{\"name\":\"x\",\"version\":\"1\"}}";

    private static final UpstreamLimits IMPATIENT = new UpstreamLimits(
            Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofSeconds(5), 65_536, 10, 1024, 1024, 4);

    record Answer(String name, Era era, Script discover) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Answer error(int status, int code, String more, Era era) {
        return new Answer(
                status + " with " + code + more, era, (request, wire) -> wire.error(status, request, code, more));
    }

    static Stream<Answer> answers() {
        return Stream.of(
                new Answer(
                        "discovery", Era.MODERN, (request, wire) -> wire.result(request, UpstreamFixture.DISCOVERED)),
                new Answer(
                        "discovery as events",
                        Era.MODERN,
                        (request, wire) -> wire.stream()
                                .resultEvent(request, UpstreamFixture.DISCOVERED)
                                .endStream()),
                error(400, -32020, "", Era.MODERN),
                error(400, -32021, "", Era.MODERN),
                error(400, -32022, "", Era.MODERN),
                error(400, -32022, ",\"data\":{\"supported\":[\"2026-07-28\"]}", Era.MODERN),
                error(400, -32022, ",\"data\":{\"supported\":[\"2025-11-25\"]}", Era.LEGACY),
                error(400, -32022, ",\"data\":{\"supported\":[\"2099-01-01\"]}", Era.UNKNOWN),
                new Answer(
                        "discovery without a common version",
                        Era.LEGACY,
                        (request, wire) -> wire.result(request, "{\"supportedVersions\":[\"2025-11-25\"]}")),
                new Answer("a result that is no discovery", Era.LEGACY, (request, wire) -> wire.result(request, "{}")),
                new Answer(
                        "no session",
                        Era.LEGACY,
                        (request, wire) -> wire.answer(
                                400,
                                "application/json",
                                "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"Server not initialized\"},\"id\":null}")),
                new Answer(
                        "a body that is no JSON-RPC",
                        Era.LEGACY,
                        (request, wire) ->
                                wire.answer(400, "application/json", "{\"jsonRpcError\":{},\"stackTrace\":[]}")),
                error(200, -32601, "", Era.LEGACY),
                error(404, -32601, "", Era.LEGACY),
                new Answer("404 with text", Era.LEGACY, (request, wire) -> wire.answer(404, "text/plain", "no")),
                new Answer("406", Era.LEGACY, (request, wire) -> wire.answer(406, "", "")),
                new Answer("202", Era.LEGACY, (request, wire) -> wire.answer(202, "", "")),
                new Answer("401", Era.UNKNOWN, (request, wire) -> wire.answer(401, "", "")),
                new Answer("403", Era.UNKNOWN, (request, wire) -> wire.answer(403, "", "")),
                new Answer("429", Era.UNKNOWN, (request, wire) -> wire.answer(429, "", "")),
                new Answer("500", Era.UNKNOWN, (request, wire) -> wire.answer(500, "", "")),
                new Answer("503", Era.UNKNOWN, (request, wire) -> wire.answer(503, "", "")),
                error(500, -32603, "", Era.UNKNOWN),
                new Answer("redirect", Era.UNKNOWN, (request, wire) -> wire.answer(302, "", "", "Location: /x")),
                new Answer("reset", Era.UNKNOWN, (request, wire) -> wire.reset()),
                new Answer("silence", Era.UNKNOWN, (request, wire) -> wire.hang()));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void decidesByWhatTheServerAnswers(Answer answer) throws IOException {
        FakeServer server = new FakeServer((request, wire) -> {
            switch (request.rpcMethod()) {
                case "server/discover" -> answer.discover().answer(request, wire);
                case "initialize" -> wire.result(request, INITIALIZED);
                default -> wire.answer(202, "", "");
            }
        });
        UpstreamLimits limits = answer.name().equals("silence") ? IMPATIENT : UpstreamFixture.QUICK;
        try (UpstreamFixture fixture = new UpstreamFixture(server, UpstreamFixture.config(server.url(), limits))) {
            String error = "";
            try {
                fixture.dialect();
            } catch (Refusal refusal) {
                error = refusal.text();
            }

            UpstreamState state = fixture.upstream.state();
            assertThat(state.era()).as(error).isEqualTo(answer.era());
            assertThat(state.eraSince() == null).isEqualTo(answer.era() == Era.UNKNOWN);
            assertThat(error.isEmpty()).isEqualTo(answer.era() != Era.UNKNOWN);
            Received probe = server.received("server/discover").get(0);
            assertThat(probe.header("mcp-protocol-version")).isEqualTo("2026-07-28");
            assertThat(probe.header("mcp-method")).isEqualTo("server/discover");
            if (state.era() == Era.LEGACY) {
                assertThat(state.protocolVersion()).isEqualTo("2025-06-18");
            }
        }
    }

    /** What a server says to posts and to a GET, and what it is taken for. */
    @ParameterizedTest
    @CsvSource({
        "405, 405, true, LEGACY",
        "404, 404, true, LEGACY",
        "404, 405, true, LEGACY",
        "405, 405, false, UNKNOWN",
        "400, 400, true, UNKNOWN",
        "405, 503, true, UNKNOWN",
        "503, 405, true, UNKNOWN"
    })
    void looksForAnEventStreamWhereNothingCanBePosted(int discover, int initialize, boolean hasStream, Era era)
            throws IOException {
        SseScript stream = new SseScript((request, wire) -> {});
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.method().equals("POST") && request.path().equals("/mcp")) {
                boolean discovers = request.rpcMethod().equals("server/discover");
                wire.answer(discovers ? discover : initialize, "text/plain", "no");
            } else if (hasStream) {
                stream.answer(request, wire);
            } else {
                wire.answer(404, "text/html", "no");
            }
        });
        try (UpstreamFixture fixture =
                new UpstreamFixture(server, UpstreamFixture.config(server.url(), UpstreamFixture.QUICK))) {
            String error = "";
            try {
                fixture.dialect();
            } catch (Refusal refusal) {
                error = refusal.text();
            }

            UpstreamState state = fixture.upstream.state();
            assertThat(state.era()).as(error).isEqualTo(era);
            assertThat(state.transport()).isEqualTo(era == Era.LEGACY ? UpstreamTransport.SSE : null);
            assertThat(state.protocolVersion()).isEqualTo(era == Era.LEGACY ? "2024-11-05" : null);
            if (!hasStream) {
                assertThat(error).isEqualTo("the upstream refused the request (status " + initialize + ")");
            }
        }
    }

    @Test
    void asksOnceForAllWhoWait() throws IOException {
        FakeServer server = new FakeServer((request, wire) -> wire.result(
                request,
                request.rpcMethod().equals("server/discover")
                        ? UpstreamFixture.DISCOVERED
                        : "{\"resultType\":\"complete\"}"));
        try (UpstreamFixture fixture =
                new UpstreamFixture(server, UpstreamFixture.config(server.url(), UpstreamFixture.QUICK))) {
            Flux.range(0, 50)
                    .flatMap(i -> fixture.upstream.handle(UpstreamFixture.tool("echo")), 50)
                    .then()
                    .block(UpstreamFixture.PATIENCE);

            assertThat(server.received("server/discover")).hasSize(1);
            assertThat(server.received("tools/call")).hasSize(50);
        }
    }

    @Test
    void asksAgainWhenAnAnswerDoesNotFitTheEra() throws IOException {
        AtomicBoolean downgraded = new AtomicBoolean();
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.rpcMethod().equals("initialize") && downgraded.get()) {
                wire.result(request, INITIALIZED);
            } else if (request.rpcMethod().startsWith("notifications/")) {
                wire.answer(202, "", "");
            } else if (downgraded.get()) {
                wire.answer(400, "text/plain", "what?");
            } else {
                wire.result(request, UpstreamFixture.DISCOVERED);
            }
        });
        try (UpstreamFixture fixture =
                new UpstreamFixture(server, UpstreamFixture.config(server.url(), UpstreamFixture.QUICK))) {
            fixture.dialect();
            downgraded.set(true);

            fixture.refusal(UpstreamFixture.tool("echo"));

            UpstreamFixture.eventually(() -> fixture.upstream.state().era() == Era.LEGACY);
        }
    }
}
