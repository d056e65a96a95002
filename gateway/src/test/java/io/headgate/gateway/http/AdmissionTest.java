package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Events;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.RawHttp1.Answer;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Host, origin, path, method and media types decide who is let in; the connection survives all but a wrong host. */
@SuppressWarnings("StringConcatToTextBlock") // Line ends are the point here.
class AdmissionTest {
    private static TestDoor door;
    private static TestDoor cors;

    @BeforeAll
    static void open() {
        door = TestDoor.of(call -> call.answer(
                200, Pieces.of(call.method() + " " + call.endpoint() + " " + call.server() + " " + call.query())));
        cors = new TestDoor(
                TestDoor.config(DoorLimits.DEFAULT, null, Set.of("https://app.test")),
                call -> call.answer(200, Pieces.of("{}"), "Mcp-Session-Id", "s1"));
    }

    @AfterAll
    static void close() {
        door.close();
        cors.close();
    }

    @ParameterizedTest
    @CsvSource({
        "/mcp, POST MCP",
        "/mcp?a=b, POST MCP  a=b",
        "/mcp/weather, POST MCP weather",
        "/mcp/we-a_th.er?x, POST MCP we-a_th.er x",
        "/messages?sessionId=1, POST MESSAGES  sessionId=1",
        "/messages/weather, POST MESSAGES weather",
        "/sse/messages?sessionId=1, POST MESSAGES  sessionId=1"
    })
    void pathsNameAnEndpoint(String path, String expected) {
        assertThat(exchange(RawHttp1.post(path, "{}"), null, false).body().trim())
                .isEqualTo(expected);
    }

    /** Without a session it is the event stream of a server of that name, which takes no posts. */
    @Test
    void aServerMayBeNamedAsTheEndpoint() {
        assertThat(exchange(RawHttp1.post("/sse/messages", "{}"), null, false).status())
                .isEqualTo(405);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/mcp/",
                "/mcp/../admin",
                "/mcp;x=y",
                "/mcp/a/b",
                "/mcp/.",
                "/mcp/..",
                "/MCP",
                "/%6dcp",
                "/mcp/%41",
                "/admin",
                "/mcp//",
                "//mcp"
            })
    void otherPathsAreNotFound(String path) {
        assertThat(exchange(RawHttp1.post(path, "{}"), "path", false).status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%zz", "/mcp?a=%1", "/mcp#top", "mcp", "*"})
    void badTargetsCostTheConnection(String target) {
        assertThat(exchange(RawHttp1.post(target, "{}"), "path", true).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "localhost:1", "127.0.0.1:8080", "[::1]:9", "GW.test", "gw.test:80"})
    void namesOfTheDoorAreHosts(String host) {
        assertThat(exchange(RawHttp1.post("/mcp", "{}").replace("gw.test", host), null, false)
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.test", "gw.test.evil.test", "xgw.test", ""})
    void otherHostsAreMisdirected(String host) {
        assertThat(exchange(RawHttp1.post("/mcp", "{}").replace("gw.test", host), "host", true)
                        .status())
                .isEqualTo(421);
    }

    @Test
    void aWrongHostIsToldToThoseWhoKeepRecords() {
        List<String> told = new CopyOnWriteArrayList<>();
        Events.Listener records = new Events.Listener() {
            @Override
            public void happened(String name, Map<String, String> facts) {}

            @Override
            public void refused(String name, @Nullable InetAddress from) {
                told.add(name + " " + (from == null ? "" : from.getHostAddress()));
            }
        };
        door.events.listen(records);
        exchange(RawHttp1.post("/mcp", "{}").replace("gw.test", "evil.test"), "host", true);
        door.events.unlisten(records);
        assertThat(told).containsExactly("input_validation_fail:host 127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.test", "null", "https://gw.test.evil.test", "http://localhost", ""})
    void otherOriginsAreForbidden(String origin) {
        Answer answer = exchange(RawHttp1.post("/mcp", "{}", "Origin: " + origin), "origin", false);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.fields()).doesNotContainKey("access-control-allow-origin");
    }

    @Test
    void pagesOfTheDoorItselfAreAllowed() {
        String origin = "Origin: http://localhost:" + door.port();
        Answer answer = exchange(RawHttp1.post("/mcp", "{}", origin), null, false);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.fields()).doesNotContainKey("access-control-allow-origin");
    }

    @Test
    void preflightOfAnotherOriginSaysNothing() {
        String preflight = "OPTIONS /mcp HTTP/1.1\r\nHost: gw.test\r\nOrigin: https://evil.test\r\n"
                + "Access-Control-Request-Method: POST\r\n\r\n";
        assertThat(exchange(preflight, "origin", false).fields()).doesNotContainKey("access-control-allow-origin");
    }

    @Test
    void preflightOfAnAllowedOriginNamesAllThatMcpNeeds() {
        try (RawHttp1 client = cors.connect()) {
            client.send("OPTIONS /mcp HTTP/1.1\r\nHost: gw.test\r\nOrigin: https://app.test\r\n"
                    + "Access-Control-Request-Method: POST\r\n"
                    + "Access-Control-Request-Headers: mcp-param-city, x-other, mcp-param-\"x\r\n\r\n");
            Answer answer = client.head();
            assertThat(answer.status()).isEqualTo(204);
            assertThat(answer.fields())
                    .containsEntry("access-control-allow-origin", "https://app.test")
                    .containsEntry("vary", "Origin")
                    .containsEntry("access-control-allow-methods", "POST, GET, DELETE")
                    .containsEntry(
                            "access-control-allow-headers",
                            "authorization, x-api-key, content-type, accept, mcp-protocol-version, mcp-method, "
                                    + "mcp-name, mcp-session-id, last-event-id, mcp-param-city")
                    .doesNotContainKey("content-length");
            client.send(RawHttp1.post("/mcp", "{}", "Origin: https://app.test"));
            Answer call = client.answer();
            assertThat(call.fields())
                    .containsEntry("access-control-allow-origin", "https://app.test")
                    .containsEntry("access-control-expose-headers", "mcp-session-id, www-authenticate")
                    .containsEntry("mcp-session-id", "s1");
        }
    }

    @Test
    void underscoresInNamesAreRefused() {
        assertThat(exchange(RawHttp1.post("/mcp", "{}", "Mcp_Method: tools/list"), "underscore_header", false)
                        .status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json; charset=utf-16 | charset",
                "text/plain | content_type",
                "application/jsonp | content_type",
                "'' | content_type"
            })
    void otherContentTypesAreRefused(String type, String reason) {
        String raw = RawHttp1.post("/mcp", "{}").replace("Content-Type: application/json", "Content-Type: " + type);
        assertThat(exchange(raw, reason, false).status()).isEqualTo(415);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\"", "application/json;v=1"})
    void jsonInUtf8IsTaken(String type) {
        String raw = RawHttp1.post("/mcp", "{}").replace("Content-Type: application/json", "Content-Type: " + type);
        assertThat(exchange(raw, null, false).status()).isEqualTo(200);
    }

    @Test
    void aMissingContentTypeIsRefused() {
        String raw = RawHttp1.post("/mcp", "{}").replace("Content-Type: application/json\r\n", "");
        assertThat(exchange(raw, "content_type", false).status()).isEqualTo(415);
    }

    @Test
    void compressedBodiesAreRefused() {
        Answer answer = exchange(RawHttp1.post("/mcp", "{}", "Content-Encoding: gzip"), "content_encoding", false);
        assertThat(answer.status()).isEqualTo(415);
        assertThat(answer.fields()).containsEntry("accept-encoding", "identity");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "text/event-stream",
                "text/html",
                "application/json, text/event-stream;q=0",
                "application/json, text/event-stream; q=0.00",
                "application/json, text/event-stream;q=0;ext=1"
            })
    void bothTypesMustBeAccepted(String accept) {
        String raw = RawHttp1.post("/mcp", "{}").replace("application/json, text/event-stream", accept);
        assertThat(exchange(raw, "accept", false).status()).isEqualTo(406);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*/*",
                "application/*, text/*",
                "text/event-stream;q=0.1,application/json",
                "text/event-stream;seq=0,application/json",
                "text/html, */*;q=0.8",
                "application/json\r\nAccept: text/event-stream"
            })
    void wildcardsAndLinesCount(String accept) {
        String raw = RawHttp1.post("/mcp", "{}").replace("application/json, text/event-stream", accept);
        assertThat(exchange(raw, null, false).status()).isEqualTo(200);
    }

    @Test
    void aGetMustAcceptEvents() {
        assertThat(exchange("GET /mcp HTTP/1.1\r\nHost: gw.test\r\nAccept: application/json\r\n\r\n", "accept", false)
                        .status())
                .isEqualTo(406);
        assertThat(exchange("GET /sse HTTP/1.1\r\nHost: gw.test\r\nAccept: text/event-stream\r\n\r\n", null, false)
                        .body())
                .startsWith("GET SSE");
        assertThat(exchange("DELETE /mcp HTTP/1.1\r\nHost: gw.test\r\n\r\n", null, false)
                        .body())
                .startsWith("DELETE MCP");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /sse", "GET /messages", "DELETE /sse", "DELETE /messages"})
    void methodsOfOtherEndpointsAreRefused(String start) {
        String raw = start + " HTTP/1.1\r\nHost: gw.test\r\nAccept: */*\r\nContent-Length: 0\r\n\r\n";
        assertThat(exchange(raw, "method", false).status()).isEqualTo(405);
    }

    /** Sends it, looks at what was counted, and whether another request on the same connection is answered. */
    private static Answer exchange(String raw, @Nullable String reason, boolean closed) {
        double before = reason == null ? 0 : door.rejected(reason);
        try (RawHttp1 client = door.connect()) {
            client.send(raw);
            Answer answer = client.answer();
            if (closed) {
                assertThat(client.isClosed()).isTrue();
            } else {
                assertThat(answer.fields()).doesNotContainKey("connection");
                assertThat(client.post("{}").answer().status()).isEqualTo(200);
            }
            if (reason != null) {
                assertThat(door.rejected(reason)).isEqualTo(before + 1);
            }
            return answer;
        }
    }
}
