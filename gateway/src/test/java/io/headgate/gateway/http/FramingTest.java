package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.RawHttp1.Answer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is no proper HTTP/1.1 is refused once, and the connection closed. */
@SuppressWarnings("StringConcatToTextBlock") // Line ends are the point here.
class FramingTest {
    private static final AtomicInteger CALLS = new AtomicInteger();
    private static TestDoor door;

    @BeforeAll
    static void open() {
        door = TestDoor.of(call -> {
            CALLS.incrementAndGet();
            call.answer(200, Pieces.of(call.body()));
        });
    }

    @AfterAll
    static void close() {
        door.close();
    }

    @BeforeEach
    void forget() {
        CALLS.set(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 2, 2\r\n\r\n{}",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: +2\r\n\r\n{}",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 0x2\r\n\r\n{}",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 99999999999999999999\r\n\r\n",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n100000004\r\ntest\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: gw.test\r\n\r\n",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n4;a=\"x\r\ntest\r\n0\r\n\r\n",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n",
                "POST /mcp HTTP/1.1\nHost: gw.test\nContent-Length: 2\n\n{}",
                "POST /mcp HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "\u0000\u0001\u0002POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 2\r\n\r\n{}",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nX A: b\r\nContent-Length: 2\r\n\r\n{}",
                "POST /mcp HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nHost: evil.test\r\nContent-Length: 2\r\n\r\n{}",
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nX-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
                "POST /mcp HTTP/1.1\r\n Host: gw.test\r\nContent-Length: 2\r\n\r\n{}"
            })
    void badFramingIsRefusedOnce(String raw) {
        refusedAndClosed(raw, 400, "framing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST\t/mcp HTTP/1.1",
                "POST /mcp\tHTTP/1.1",
                "POST  /mcp HTTP/1.1",
                "POST /mcp  HTTP/1.1",
                "POST /mcp HTTP/1.1 ",
                "POST /mcp HTTP/1.1\t",
                "POST /mcp\u000bHTTP/1.1",
                "POST\r/mcp HTTP/1.1",
                "POST /mcp x HTTP/1.1",
                "POST  HTTP/1.1",
                "POST /mcp"
            })
    void requestLinesHaveOneSpaceBetweenTwoWords(String line) {
        refusedAndClosed(
                line
                        + "\r\nHost: gw.test\r\nContent-Type: application/json\r\nAccept: */*\r\nContent-Length: 2\r\n\r\n{}",
                400,
                "framing");
    }

    @Test
    void aRequestLineThatComesInPartsIsSeen() {
        double before = door.rejected("framing");
        try (RawHttp1 client = door.connect()) {
            client.post("{}");
            assertThat(client.answer().status()).isEqualTo(200);
            client.send("\r\nPOST  ");
            Await.until("the first part is read", () -> door.door.connections() > 0);
            client.send("/mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 2\r\n\r\n{}");
            assertThat(client.answer().status()).isEqualTo(400);
            assertThat(client.isClosed()).isTrue();
        }
        assertThat(door.rejected("framing")).isEqualTo(before + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip, chunked", "identity, chunked", "chunked;q=1, chunked", "gzip,chunked"})
    void otherTransferCodingsAreNotSpoken(String coding) {
        refusedAndClosed(
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Type: application/json\r\nAccept: */*\r\n"
                        + "Transfer-Encoding: " + coding + "\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                501,
                "transfer_encoding");
    }

    @Test
    void aFoldThatComesInPartsIsSeen() {
        double before = door.rejected("framing");
        try (RawHttp1 client = door.connect()) {
            client.send("POST /mcp HTTP/1.1\r\nHost: gw.test\r\nX-Folded: a\r\n");
            Await.until("the first part is read", () -> door.door.connections() > 0);
            client.send(" b\r\nContent-Length: 2\r\n\r\n{}");
            assertThat(client.answer().status()).isEqualTo(400);
            assertThat(client.isClosed()).isTrue();
        }
        assertThat(door.rejected("framing")).isEqualTo(before + 1);
    }

    @Test
    void aBodyThatBeginsWithASpaceIsNoFold() {
        try (RawHttp1 client = door.connect()) {
            client.send("POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Type: application/json\r\n");
            client.send("Accept: */*\r\nContent-Length: 3\r\n\r\n {}");
            assertThat(client.answer().body()).isEqualTo(" {}");
            client.send("\r\n").post("{ }");
            assertThat(client.answer().body()).isEqualTo("{ }");
        }
    }

    @Test
    void headersThatAreNotAsciiAreRefused() {
        refusedAndClosed(
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nX-Obs: \u00ff\u00fe\r\nContent-Length: 2\r\n\r\n{}",
                400,
                "non_ascii_header");
    }

    @Test
    void aTlsHandshakeInClearTextIsNotHttp() {
        refusedAndClosed("\u0016\u0003\u0001\u0000", 400, "not_http");
    }

    @Test
    void absoluteTargetsAreRefused() {
        refusedAndClosed(
                "POST http://169.254.169.254/latest HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 2\r\n\r\n{}",
                400,
                "absolute_form");
    }

    @Test
    void otherVersionsAreRefused() {
        refusedAndClosed("POST /mcp HTTP/9.9\r\nHost: gw.test\r\nContent-Length: 2\r\n\r\n{}", 505, "http_version");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CONNECT 10.0.0.1:6379 HTTP/1.1\r\nHost: gw.test\r\n\r\n",
                "TRACE /mcp HTTP/1.1\r\nHost: gw.test\r\nMax-Forwards: 0\r\n\r\n"
            })
    void methodsOfOthersAreRefused(String raw) {
        Answer answer = refusedAndClosed(raw, 405, "method");
        assertThat(answer.fields()).containsEntry("allow", "POST, GET, DELETE");
    }

    @Test
    void methodsAreCaseSensitive() {
        refusedAndClosed("post /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 2\r\n\r\n{}", 501, "method");
    }

    @Test
    void longRequestLinesAreRefused() {
        refusedAndClosed("GET /" + "a".repeat(5000) + " HTTP/1.1\r\nHost: gw.test\r\n\r\n", 414, "uri_too_long");
    }

    @Test
    void largeHeadersAreRefused() {
        refusedAndClosed(
                "GET /mcp HTTP/1.1\r\nHost: gw.test\r\nX: " + "a".repeat(16385) + "\r\n\r\n", 431, "headers_too_large");
    }

    @Test
    void manyHeadersAreRefused() {
        refusedAndClosed(
                "GET /mcp HTTP/1.1\r\nHost: gw.test\r\n" + "X: abc\r\n".repeat(1000) + "\r\n", 431, "too_many_headers");
    }

    @Test
    void largeAuthorizationIsRefused() {
        refusedAndClosed(
                "GET /mcp HTTP/1.1\r\nHost: gw.test\r\nAuthorization: " + "a".repeat(8193) + "\r\n\r\n",
                431,
                "headers_too_large");
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 2000})
    void manyTrailersAreRefused(int count) {
        refusedAndClosed(
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Type: application/json\r\nAccept: */*\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + "X-T: 12345\r\n".repeat(count)
                        + "\r\n",
                431,
                "trailers");
    }

    @Test
    void nominatedFieldsAreRefused() {
        refusedAndClosed(
                "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nConnection: close, Authorization, Mcp-Method\r\n"
                        + "Content-Length: 2\r\n\r\n{}",
                400,
                "connection_nominated");
    }

    @Test
    void upgradesAreRefused() {
        refusedAndClosed(
                "GET /mcp HTTP/1.1\r\nHost: gw.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                        + "POST /mcp HTTP/1.1\r\n\r\n",
                400,
                "upgrade");
    }

    @Test
    void anUpgradeToHttp2IsIgnoredAndCostsTheConnection() {
        double before = door.rejected("upgrade");
        try (RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post(
                    "/mcp",
                    "{}",
                    "Connection: Upgrade, HTTP2-Settings",
                    "Upgrade: h2c",
                    "HTTP2-Settings: AAMAAABkAAQAAP__"));
            Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.fields()).containsEntry("connection", "close");
            assertThat(client.isClosed()).isTrue();
        }
        assertThat(door.rejected("upgrade")).isEqualTo(before + 1);
    }

    @Test
    void unknownExpectationsAreRefused() {
        refusedAndClosed(RawHttp1.post("/mcp", "{}", "Expect: a-miracle"), 417, "expect");
    }

    private static Answer refusedAndClosed(String raw, int status, String reason) {
        double before = door.rejected(reason);
        try (RawHttp1 client = door.connect()) {
            client.send(raw);
            Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.fields()).containsEntry("connection", "close");
            assertThat(client.isClosed()).isTrue();
            assertThat(door.rejected(reason)).isEqualTo(before + 1);
            assertThat(CALLS).hasValue(0);
            return answer;
        }
    }
}
