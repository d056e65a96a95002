package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp2;
import io.headgate.testkit.RawHttp2.Frame;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** A head of HTTP/2 that no request of HTTP/1.1 could have is refused on its stream, and no line is logged for it. */
class Http2HeadsTest {
    private static final Logger ROOT = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private static final AtomicInteger CALLS = new AtomicInteger();
    private static final ListAppender<ILoggingEvent> LINES = new ListAppender<>();
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
    void listen() {
        CALLS.set(0);
        LINES.list.clear();
        LINES.start();
        ROOT.addAppender(LINES);
    }

    @AfterEach
    void stopListening() {
        ROOT.detachAppender(LINES);
        LINES.stop();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PO ST", "POST ", " ", "", "PO\tST", "PO\u0000ST", "P\u00f6ST", "GET\r\nX: y", "(POST)"})
    void methodsThatAreNoTokens(String method) {
        refused(RawHttp2.block(
                ":method", method, ":path", "/mcp", ":scheme", "http", ":authority", "gw.test", "x-more", "1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/m cp", "/mcp\t", "/mcp HTTP/1.1", " ", "/\u00e4", "/mcp#x", "/mcp%", "mcp", "*", "http://a/"})
    void pathsThatAreNoTargets(String path) {
        refused(RawHttp2.block(":method", "POST", ":path", path, ":scheme", "http", ":authority", "gw.test"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\rb", "a\nb", "a\r\nx-injected: 1", "a\u0000b", "a\u001b[31mb", "a\u007fb", "\u0001"})
    void valuesWithControlCharacters(String value) {
        refused(RawHttp2.call("mcp-param-city", value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gw.test\u0000", "gw.test\r\nx: y", ""})
    void authoritiesThatAreNoHosts(String authority) {
        refused(RawHttp2.block(":method", "POST", ":path", "/mcp", ":scheme", "http", ":authority", authority));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a\u0000", "a(b)", "a\r\nb", "\u00e4"})
    void namesThatAreNoTokens(String name) {
        refused(RawHttp2.call(name, "1"));
    }

    /** A second head would be a second request on the same stream, with the body of the first. */
    @Test
    void aSecondHeadWithAMethodIsNoTrailer() {
        try (RawHttp2 client = new RawHttp2(door.port())) {
            client.send(RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, RawHttp2.call()));
            client.send(RawHttp2.frame(RawHttp2.DATA, 0, 1, "{}".getBytes(StandardCharsets.US_ASCII)));
            client.send(RawHttp2.frame(
                    RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1, RawHttp2.call("x-second", "1")));
            client.post(3, "{}");
            Frame first = client.read();
            while (first != null && first.stream() != 1) {
                first = first.stream() == 3 && first.type() == RawHttp2.DATA ? null : client.read();
            }
            assertThat(first).isNotNull();
            Objects.requireNonNull(first);
            if (first.type() == RawHttp2.HEADERS) {
                assertThat(client.decode(first).status()).hasToString("400");
            } else {
                assertThat(first.type()).isEqualTo(RawHttp2.RST_STREAM);
            }
            // The other stream's call is not to be counted in the next test.
            Await.until("the other stream is served", () -> CALLS.get() >= 1);
            assertThat(CALLS).hasValue(1);
            assertThat(LINES.list).isEmpty();
        }
    }

    private static void refused(byte[] head) {
        double before = refusals();
        try (RawHttp2 client = new RawHttp2(door.port())) {
            client.send(RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1, head));
            Frame answer = client.read();
            while (answer != null && answer.stream() != 1) {
                answer = client.read();
            }
            assertThat(answer).isNotNull();
            Objects.requireNonNull(answer);
            if (answer.type() == RawHttp2.HEADERS) {
                assertThat(client.decode(answer).status()).hasToString("400");
            } else {
                assertThat(answer.type()).isEqualTo(RawHttp2.RST_STREAM);
                assertThat(answer.code()).isEqualTo(1);
            }
            assertThat(CALLS).hasValue(0);
            // The connection and its other streams go on.
            client.post(3, "{}");
            Await.until("the call", () -> CALLS.get() == 1);
        }
        assertThat(refusals()).isEqualTo(before + 1);
        assertThat(LINES.list).isEmpty();
    }

    private static double refusals() {
        return door.count("headgate.http.rejected") + door.count("headgate.h2.protocol.errors");
    }
}
