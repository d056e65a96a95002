package io.headgate.gateway.upstream.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.EraChoice;
import io.headgate.gateway.upstream.Trouble;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.era.FakeServer;
import io.headgate.gateway.upstream.era.FakeServer.Script;
import io.headgate.gateway.upstream.era.FakeServer.Wire;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.gateway.upstream.era.UpstreamFixture.LegacyScript;
import io.headgate.mcp.JsonRpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class UpstreamFaultTest {
    private static final String OK = "{\"resultType\":\"complete\"}";

    record Case(String name, Reason reason, String label, Script script) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> faults() {
        return Stream.of(
                new Case(
                        "reset after the request", Reason.UPSTREAM_AMBIGUOUS, "reset", (request, wire) -> wire.reset()),
                new Case("end after the request", Reason.UPSTREAM_AMBIGUOUS, "reset", (request, wire) -> wire.fin()),
                new Case(
                        "500 with text",
                        Reason.UPSTREAM_ERROR,
                        "5xx",
                        (request, wire) -> wire.answer(500, "text/plain", "java.lang.Boom at x.y")),
                new Case(
                        "500 with other JSON",
                        Reason.UPSTREAM_ERROR,
                        "5xx",
                        (request, wire) -> wire.answer(500, "application/json", "{\"stackTrace\":[]}")),
                new Case(
                        "401",
                        Reason.UPSTREAM_AUTH,
                        "401",
                        (request, wire) -> wire.answer(
                                401, "", "", "WWW-Authenticate: Bearer resource_metadata=\"https://evil.test/\"")),
                new Case("403", Reason.UPSTREAM_AUTH, "403", (request, wire) -> wire.answer(403, "", "")),
                new Case(
                        "404 of a web server",
                        Reason.UPSTREAM_REFUSED,
                        "4xx",
                        (request, wire) -> wire.answer(404, "text/html", "<html>")),
                new Case(
                        "redirect",
                        Reason.UPSTREAM_PROTOCOL,
                        "redirect",
                        (request, wire) -> wire.answer(302, "", "", "Location: http://169.254.169.254/")),
                new Case(
                        "login page",
                        Reason.UPSTREAM_PROTOCOL,
                        "content_type",
                        (request, wire) -> wire.answer(200, "text/html", "<html>login</html>")),
                new Case(
                        "half an object",
                        Reason.UPSTREAM_AMBIGUOUS,
                        "truncated",
                        (request, wire) -> wire.raw(
                                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{\"jsonrpc\":")
                                .fin()),
                new Case(
                        "length and chunks",
                        Reason.UPSTREAM_PROTOCOL,
                        "framing",
                        (request, wire) -> wire.raw(
                                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
                new Case(
                        "a folded header line",
                        Reason.UPSTREAM_PROTOCOL,
                        "framing",
                        (request, wire) -> wire.raw("HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\n"
                                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")),
                new Case("1xx flood", Reason.UPSTREAM_PROTOCOL, "1xx_flood", (request, wire) -> {
                    wire.raw("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(17));
                    wire.hang();
                }),
                new Case(
                        "no status line",
                        Reason.UPSTREAM_PROTOCOL,
                        "framing",
                        (request, wire) -> wire.raw("hello\n\n").fin()),
                new Case(
                        "64 KiB of header",
                        Reason.UPSTREAM_PROTOCOL,
                        "headers_too_large",
                        (request, wire) -> wire.raw("HTTP/1.1 200 OK\r\n"
                                + "X-A: %s\r\n".formatted("a".repeat(1000)).repeat(65) + "\r\n")),
                new Case(
                        "gzip",
                        Reason.UPSTREAM_PROTOCOL,
                        "content_encoding",
                        (request, wire) -> wire.answer(200, "application/json", "x", "Content-Encoding: gzip")),
                new Case(
                        "other id",
                        Reason.UPSTREAM_PROTOCOL,
                        "id_mismatch",
                        (request, wire) -> wire.json("{\"jsonrpc\":\"2.0\",\"id\":999999,\"result\":{}}")),
                new Case(
                        "our id as a string",
                        Reason.UPSTREAM_PROTOCOL,
                        "id_mismatch",
                        (request, wire) ->
                                wire.json("{\"jsonrpc\":\"2.0\",\"id\":\"" + request.id() + "\",\"result\":{}}")),
                new Case(
                        "result and error",
                        Reason.UPSTREAM_PROTOCOL,
                        "shape",
                        (request, wire) -> wire.json("{\"jsonrpc\":\"2.0\",\"id\":" + request.id()
                                + ",\"result\":{},\"error\":{\"code\":1,\"message\":\"x\"}}")),
                new Case(
                        "code of text",
                        Reason.UPSTREAM_PROTOCOL,
                        "shape",
                        (request, wire) -> wire.json("{\"jsonrpc\":\"2.0\",\"id\":" + request.id()
                                + ",\"error\":{\"code\":\"oops\",\"message\":\"x\"}}")),
                new Case("no JSON", Reason.UPSTREAM_PROTOCOL, "json", (request, wire) -> wire.json("{\"a\":")),
                new Case(
                        "unknown result type",
                        Reason.UPSTREAM_PROTOCOL,
                        "result_type",
                        (request, wire) -> wire.result(request, "{\"resultType\":\"banana\"}")),
                new Case(
                        "undeclared task",
                        Reason.UPSTREAM_PROTOCOL,
                        "result_type",
                        (request, wire) -> wire.result(request, "{\"resultType\":\"task\",\"taskId\":\"t\"}")),
                new Case("too many input requests", Reason.UPSTREAM_PROTOCOL, "mrtr_size", (request, wire) -> {
                    StringBuilder requests = new StringBuilder("\"k\":{}");
                    for (int i = 0; i < 64; i++) {
                        requests.append(",\"k").append(i).append("\":{}");
                    }
                    wire.result(request, "{\"resultType\":\"input_required\",\"inputRequests\":{" + requests + "}}");
                }),
                new Case(
                        "announced too large",
                        Reason.UPSTREAM_TOO_LARGE,
                        "too_large",
                        (request, wire) -> wire.raw(
                                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n")),
                new Case("chunks too large", Reason.UPSTREAM_TOO_LARGE, "too_large", (request, wire) -> {
                    wire.raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
                    for (int i = 0; i < 17; i++) {
                        wire.chunk("a".repeat(65536));
                    }
                }),
                new Case("event too large", Reason.UPSTREAM_TOO_LARGE, "sse_line", (request, wire) -> {
                    wire.stream().chunk("data: ");
                    for (int i = 0; i < 17; i++) {
                        wire.chunk("a".repeat(65536));
                    }
                }),
                new Case(
                        "unfinished event",
                        Reason.UPSTREAM_AMBIGUOUS,
                        "sse_truncated",
                        (request, wire) -> wire.stream()
                                .chunk("data: {\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"result\":{}}\n")
                                .endStream()),
                new Case(
                        "events without response",
                        Reason.UPSTREAM_AMBIGUOUS,
                        "sse_no_response",
                        (request, wire) -> wire.stream()
                                .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}")
                                .endStream()),
                new Case("bad events", Reason.UPSTREAM_PROTOCOL, "sse_bad_event", (request, wire) -> {
                    wire.stream();
                    for (int i = 0; i < 11; i++) {
                        wire.event("not json");
                    }
                    wire.hang();
                }));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void refusesWithTheReasonOfTheFault(Case fault) throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern(fault.script())) {
            Refusal refusal = fixture.refusal(UpstreamFixture.tool("echo"));

            assertThat(refusal.reason()).isEqualTo(fault.reason());
            // The server has read the request, so nobody may take it for one that was never sent.
            assertThat(refusal.isUnsent()).isFalse();
            assertThat(fixture.faults(fault.label())).isPositive();
            assertThat(fixture.server().received("tools/call")).hasSize(1);
            assertThat(refusal.text()).doesNotContain("127.0.0.1", "Boom", "login");
            if (fault.reason() == Reason.UPSTREAM_AMBIGUOUS) {
                assertThat(refusal.data()).hasToString("{\"delivery\":\"unknown\"}");
            }
            UpstreamFixture.eventually(() -> fixture.upstream.state().callsInFlight() == 0);
        }
    }

    @Test
    void passesOnHowLongToWait() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) ->
                wire.answer(request.body().contains("busy") ? 429 : 503, "text/plain", "x", "Retry-After: 7"))) {
            Refusal busy = fixture.refusal(UpstreamFixture.tool("busy"));
            Refusal down = fixture.refusal(UpstreamFixture.tool("down"));

            assertThat(busy.reason()).isEqualTo(Reason.UPSTREAM_THROTTLED);
            assertThat(busy.retryAfter()).isEqualTo(Duration.ofSeconds(7));
            assertThat(down.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            assertThat(down.retryAfter()).isEqualTo(Duration.ofSeconds(7));
            assertThat(down.isUnsent()).isFalse();
            assertThat(busy.isUnsent()).isFalse();
            assertThat(fixture.upstream.state().isHealthy()).isFalse();
        }
    }

    @Test
    void refusesWhatCannotBeSent() throws IOException {
        int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        UpstreamConfig config =
                UpstreamFixture.config(URI.create("http://127.0.0.1:" + port + "/mcp"), UpstreamFixture.QUICK);
        try (UpstreamFixture fixture = new UpstreamFixture(config)) {
            Refusal refusal = fixture.refusal(UpstreamFixture.tool("echo"));

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_UNAVAILABLE);
            assertThat(refusal.isUnsent()).isTrue();
            assertThat(refusal.text()).isEqualTo("the upstream cannot be reached");
            assertThat(refusal.data()).isNull();
            assertThat(fixture.faults("connect")).isPositive();
            assertThat(fixture.upstream.state().isHealthy()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "302 | https://login.example.com:8443/authorize?state=secret"
                        + " | the upstream answered with a redirect to https://login.example.com:8443 (status 302);"
                        + " write the URL of the target into the file",
                "307 | /mcp/?token=secret"
                        + " | the upstream answered with a redirect to {origin}/mcp/ (status 307);"
                        + " write the URL of the target into the file",
                "301 | http://bad host/"
                        + " | the upstream answered with a redirect to an unreadable place (status 301);"
                        + " write the URL of the target into the file",
            })
    void namesTheTargetOfARedirectWithoutItsSecrets(int status, String location, String text) throws IOException {
        try (UpstreamFixture fixture =
                behind((request, wire) -> wire.answer(status, "text/html", "<html>", "Location: " + location))) {
            Refusal refusal = refusalOfList(fixture);

            String origin = fixture.server().url().resolve("/").toString();
            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_PROTOCOL);
            assertThat(refusal.text()).isEqualTo(text.replace("{origin}", origin.substring(0, origin.length() - 1)));
            assertThat(fixture.upstream.state().isHealthy()).isFalse();
            assertThat(lastError(fixture)).isEqualTo("redirect: " + refusal.text());
        }
    }

    @Test
    void saysThatAPageIsNoMcpEndpoint() throws IOException {
        try (UpstreamFixture fixture =
                behind((request, wire) -> wire.answer(200, "text/html; charset=utf-8", "<html>"))) {
            Refusal refusal = refusalOfList(fixture);

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_PROTOCOL);
            assertThat(refusal.text())
                    .isEqualTo(
                            "the upstream answered with another content type, text/html (expected: application/json or"
                                    + " text/event-stream); is its URL that of an MCP endpoint?");
            assertThat(fixture.upstream.state().isHealthy()).isFalse();
        }
    }

    @Test
    void saysThatCredentialsAreMissingAndForgetsItOnceTheyAreThere() throws IOException {
        AtomicBoolean isOpen = new AtomicBoolean();
        try (UpstreamFixture fixture = behind((request, wire) -> {
            if (!isOpen.get()) {
                wire.answer(401, "application/json", "{}");
            } else if (request.rpcMethod().equals("server/discover")) {
                wire.result(request, UpstreamFixture.DISCOVERED);
            } else {
                wire.result(request, "{\"resultType\":\"complete\",\"tools\":[],\"content\":[]}");
            }
        })) {
            Refusal refusal = refusalOfList(fixture);
            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_AUTH);
            assertThat(refusal.text())
                    .isEqualTo("the upstream wants other credentials (status 401); write them into the file, as headers"
                            + " of the server");
            assertThat(fixture.upstream.state().isHealthy()).isFalse();
            assertThat(lastError(fixture)).startsWith("401: ");
            assertThat(fixture.upstream.state().pastError()).isNull();

            isOpen.set(true);
            UpstreamFixture.await(fixture.upstream.list());
            assertThat(fixture.upstream.state().isHealthy()).isTrue();
            assertThat(fixture.upstream.state().lastError()).isNull();
            assertThat(fixture.upstream.state().pastError())
                    .isNotNull()
                    .extracting(Trouble::text)
                    .asString()
                    .startsWith("401: ");
        }
    }

    /** It refuses the question for its era, as it should. */
    @Test
    void holdsNothingAgainstALegacyServer() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, "{\"tools\":[]}"));
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.rpcMethod().equals("server/discover")) {
                wire.answer(400, "text/plain", "Bad Request");
            } else {
                script.answer(request, wire);
            }
        });
        try (UpstreamFixture fixture =
                new UpstreamFixture(server, UpstreamFixture.config(server.url(), UpstreamFixture.QUICK))) {
            UpstreamFixture.await(fixture.upstream.list());
            assertThat(fixture.faults("4xx")).isZero();
            assertThat(fixture.upstream.state().lastError()).isNull();
            assertThat(fixture.upstream.state().pastError()).isNull();
        }
    }

    @Test
    void endsACallInWhichNothingComesAndNamesWhatItWas() throws IOException {
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofSeconds(2), Duration.ofMillis(600), Duration.ofSeconds(30), 1024, 10, 1024, 1024, 4);
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.rpcMethod().equals("server/discover")) {
                wire.result(request, UpstreamFixture.DISCOVERED);
            } else if (request.body().contains("\"name\":\"chatty\"")) {
                Wire stream = wire.stream();
                for (int i = 0; i < 12; i++) {
                    LockSupport.parkNanos(100_000_000);
                    stream.chunk(":\n");
                }
                stream.resultEvent(request, OK).endStream();
            } else {
                wire.stream().chunk(":\n");
                wire.hang();
            }
        });
        try (UpstreamFixture fixture = new UpstreamFixture(server, UpstreamFixture.config(server.url(), limits))) {
            assertThat(fixture.last(UpstreamFixture.tool("chatty"))).isInstanceOf(JsonRpc.Success.class);
            Refusal refusal = fixture.refusal(UpstreamFixture.tool("quiet"));

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_TIMEOUT);
            assertThat(refusal.text())
                    .isEqualTo(
                            "the tool \"quiet\" of the server \"u1\" said nothing for 600ms (idleTimeout, in the limits"
                                    + " of the server); raise it there if this needs longer");
            assertThat(fixture.faults("idle")).isEqualTo(1);
        }
    }

    /** A server of which nothing is known yet. */
    private static UpstreamFixture behind(Script script) throws IOException {
        FakeServer server = new FakeServer(script);
        return new UpstreamFixture(server, UpstreamFixture.config(server.url(), UpstreamFixture.QUICK));
    }

    private static Refusal refusalOfList(UpstreamFixture fixture) {
        try {
            throw new AssertionError("not refused but " + UpstreamFixture.await(fixture.upstream.list()));
        } catch (Refusal refusal) {
            return refusal;
        }
    }

    private static String lastError(UpstreamFixture fixture) {
        Trouble last = fixture.upstream.state().lastError();
        return last == null ? "" : last.text();
    }

    @Test
    void toleratesSomeEventsThatAreNoMessages() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.stream()
                .event("not json")
                .chunk("event: banana\nfoo: bar\nid: a\u0000b\nretry: 99999999999\ndata: x\n\n: comment\n\n")
                .resultEvent(request, OK)
                .endStream())) {
            assertThat(fixture.last(UpstreamFixture.tool("echo"))).isInstanceOf(JsonRpc.Success.class);
            assertThat(fixture.faults("sse_bad_event")).isEqualTo(1);
        }
    }

    @Test
    void endsACallThatNeverEndsByItself() throws IOException {
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofMillis(300), 1024, 10, 1024, 1024, 4);
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.rpcMethod().equals("server/discover")) {
                wire.result(request, UpstreamFixture.DISCOVERED);
                return;
            }
            wire.stream().chunk(":\n");
            wire.hang();
        });
        try (UpstreamFixture fixture = new UpstreamFixture(server, UpstreamFixture.config(server.url(), limits))) {
            Refusal refusal = fixture.refusal(UpstreamFixture.tool("echo"));

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_TIMEOUT);
            assertThat(refusal.text())
                    .startsWith("the tool \"echo\" of the server \"u1\" was not done after 300ms (hardCap");
            assertThat(fixture.faults("max_duration")).isEqualTo(1);
        }
    }

    @Test
    void refusesMoreCallsThanMayWait() throws IOException {
        UpstreamLimits limits = new UpstreamLimits(
                Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(5), 1024, 10, 1024, 1024, 1);
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.rpcMethod().equals("server/discover")) {
                wire.result(request, UpstreamFixture.DISCOVERED);
                return;
            }
            wire.hang();
        });
        UpstreamConfig config = UpstreamFixture.config(server.url(), limits).withEra(EraChoice.MODERN);
        try (UpstreamFixture fixture = new UpstreamFixture(server, config)) {
            fixture.dialect();
            // Two loops, each with one connection and room for one more to wait.
            List<reactor.core.Disposable> waiting = Stream.generate(() -> fixture.upstream
                            .handle(UpstreamFixture.tool("echo"))
                            .onErrorComplete()
                            .subscribe())
                    .limit(4)
                    .toList();

            Refusal refusal = fixture.refusal(UpstreamFixture.tool("echo"));

            assertThat(refusal.reason()).isEqualTo(Reason.OVERLOADED);
            assertThat(fixture.faults("pool")).isEqualTo(1);
            waiting.forEach(reactor.core.Disposable::dispose);
        }
    }
}
