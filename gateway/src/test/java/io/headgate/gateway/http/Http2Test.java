package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.dialect.HttpCall;
import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp2;
import io.headgate.testkit.RawHttp2.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** HTTP/2 with prior knowledge: the same requests and answers, streams of their own, and idle connections end. */
class Http2Test {
    @Test
    void callsAreAnsweredOnTheirStreams() {
        try (TestDoor door = TestDoor.of(call -> call.answer(200, Pieces.of(call.body()), "Mcp-Session-Id", "s"));
                RawHttp2 client = new RawHttp2(door.port())) {
            client.post(1, "{\"n\":1}");
            var head = client.decode(client.await(RawHttp2.HEADERS));
            assertThat(head.status()).hasToString("200");
            assertThat(head.get("content-type")).hasToString("application/json");
            assertThat(head.get("content-length")).hasToString("7");
            assertThat(head.get("mcp-session-id")).hasToString("s");
            assertThat(client.data()).isEqualTo("{\"n\":1}");
            client.post(3, "{}");
            assertThat(client.data()).isEqualTo("{}");
            assertThat(door.gauge("headgate.connections.active", "protocol", "http2"))
                    .isEqualTo(1);
        }
    }

    @Test
    void largeBodiesAndAnswersPass() {
        String body = "z".repeat(60_000);
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp2 client = new RawHttp2(door.port(), RawHttp2.setting(4, 1 << 20))) {
            client.send(RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, RawHttp2.call()));
            for (int i = 0; i < 4; i++) {
                client.send(RawHttp2.frame(
                        RawHttp2.DATA,
                        i == 3 ? RawHttp2.END_STREAM : 0,
                        1,
                        body.substring(0, 15_000).getBytes(StandardCharsets.US_ASCII)));
            }
            assertThat(client.data()).isEqualTo(body);
        }
    }

    @Test
    void refusalsAreThoseOfHttp1() {
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp2 client = new RawHttp2(door.port())) {
            client.send(RawHttp2.frame(
                    RawHttp2.HEADERS,
                    RawHttp2.END_HEADERS | RawHttp2.END_STREAM,
                    1,
                    RawHttp2.block(":method", "GET", ":path", "/x", ":scheme", "http", ":authority", "gw.test")));
            assertThat(client.decode(client.await(RawHttp2.HEADERS)).status()).hasToString("404");
            client.send(RawHttp2.frame(
                    RawHttp2.HEADERS,
                    RawHttp2.END_HEADERS,
                    3,
                    RawHttp2.block(":method", "TRACE", ":path", "/mcp", ":scheme", "http", ":authority", "gw.test")));
            assertThat(client.decode(client.await(RawHttp2.HEADERS)).status()).hasToString("405");
            assertThat(client.await(RawHttp2.RST_STREAM).stream()).isEqualTo(3);
            client.send(RawHttp2.frame(
                    RawHttp2.HEADERS,
                    RawHttp2.END_HEADERS | RawHttp2.END_STREAM,
                    5,
                    RawHttp2.call("host", "evil.test")));
            assertThat(client.decode(client.await(RawHttp2.HEADERS)).status()).hasToString("400");
            client.post(7, "{}");
            assertThat(client.decode(client.await(RawHttp2.HEADERS)).status()).hasToString("200");
        }
    }

    @Test
    void anEventStreamBeginsAtOnceAndEnds() {
        Queue<EventStream> streams = new ConcurrentLinkedQueue<>();
        try (TestDoor door = TestDoor.of(call -> streams.add(call.stream()));
                RawHttp2 client = new RawHttp2(door.port())) {
            client.post(1, "{}");
            var head = client.decode(client.await(RawHttp2.HEADERS));
            assertThat(head.get("content-type")).hasToString("text/event-stream");
            assertThat(head.get("cache-control")).hasToString("no-store, no-transform");
            assertThat(client.await(RawHttp2.DATA).text()).isEqualTo(":\n\n");
            Await.until("the stream", () -> streams.size() == 1);
            EventStream stream = streams.remove();
            stream.message("1", Pieces.of("{\n}"));
            stream.end();
            assertThat(client.data()).isEqualTo("id: 1\nevent: message\ndata: { }\n\n");
        }
    }

    @Test
    void aStreamThatIsResetIsADisconnectOfItsCallOnly() {
        AtomicInteger gone = new AtomicInteger();
        Queue<HttpCall> calls = new ConcurrentLinkedQueue<>();
        try (TestDoor door = TestDoor.of(call -> {
                    call.onDisconnect(gone::incrementAndGet);
                    calls.add(call);
                });
                RawHttp2 client = new RawHttp2(door.port())) {
            client.post(1, "{}").post(3, "{}");
            Await.until("both calls", () -> calls.size() == 2);
            client.send(RawHttp2.frame(RawHttp2.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8}));
            Await.until("it is noticed", () -> gone.get() == 1);
            calls.remove().answer(200, Pieces.of("{}"));
            calls.remove().answer(200, Pieces.of("second"));
            assertThat(client.data()).isEqualTo("second");
            assertThat(door.count("headgate.client.disconnects", "phase", "response"))
                    .isEqualTo(1);
        }
    }

    @Test
    void aClosedConnectionIsADisconnectOfAllItsCalls() {
        AtomicInteger gone = new AtomicInteger();
        AtomicInteger calls = new AtomicInteger();
        try (TestDoor door = TestDoor.of(call -> {
            call.onDisconnect(gone::incrementAndGet);
            calls.incrementAndGet();
        })) {
            try (RawHttp2 client = new RawHttp2(door.port())) {
                client.post(1, "{}").post(3, "{}");
                Await.until("both calls", () -> calls.get() == 2);
            }
            Await.until("both are noticed", () -> gone.get() == 2);
            Await.until("it is gone", () -> door.door.connections() == 0);
        }
    }

    @Test
    void anIdleConnectionIsClosedWithAGoodbye() {
        DoorLimits limits = TestDoor.limits(Map.of("keepAliveIdle", Duration.ofMillis(300)));
        try (TestDoor door = TestDoor.of(limits, TestDoor.ECHO);
                RawHttp2 client = new RawHttp2(door.port())) {
            Frame goodbye = client.await(RawHttp2.GOAWAY);
            assertThat(goodbye.code()).isZero();
            assertThat(client.read()).isNull();
            assertThat(door.count("headgate.connections.closed", "reason", "idle"))
                    .isEqualTo(1);
        }
    }

    @Test
    void aSlowBodyIsRefused() {
        DoorLimits limits = TestDoor.limits(Map.of("bodyTimeout", Duration.ofMillis(300)));
        try (TestDoor door = TestDoor.of(limits, TestDoor.ECHO);
                RawHttp2 client = new RawHttp2(door.port())) {
            client.send(RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, RawHttp2.call()));
            assertThat(client.decode(client.await(RawHttp2.HEADERS)).status()).hasToString("408");
            assertThat(client.await(RawHttp2.RST_STREAM).stream()).isEqualTo(1);
            client.post(3, "{}");
            assertThat(client.decode(client.await(RawHttp2.HEADERS)).status()).hasToString("200");
        }
    }

    @Test
    void aClientThatOpensNoWindowLosesItsConnection() {
        DoorLimits limits = TestDoor.limits(Map.of("sseWriteStall", Duration.ofMillis(400)));
        AtomicInteger gone = new AtomicInteger();
        try (TestDoor door = TestDoor.of(limits, call -> {
                    call.onDisconnect(gone::incrementAndGet);
                    call.stream().message(null, Pieces.of("x".repeat(1 << 20)));
                });
                RawHttp2 client = new RawHttp2(door.port(), RawHttp2.setting(4, 0))) {
            for (int i = 0; i < 10; i++) {
                client.post(1 + 2 * i, "{}");
            }
            Frame goodbye = client.await(RawHttp2.GOAWAY);
            assertThat(goodbye.code()).isEqualTo(0xb);
            assertThat(door.count("headgate.sse.closed", "reason", "write_stalled"))
                    .isPositive();
            Await.until("all are noticed", () -> gone.get() == 10);
        }
    }

    @Test
    void whatAClientAnnouncesForHeadersIsAdvice() {
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp2 client = new RawHttp2(door.port(), RawHttp2.setting(6, 1))) {
            for (int i = 0; i < 100; i++) {
                client.post(1 + 2 * i, "{}");
                assertThat(client.data()).isEqualTo("{}");
            }
        }
    }

    @Test
    void streamsBeyondTheLimitAreRefused() {
        AtomicInteger calls = new AtomicInteger();
        try (TestDoor door = TestDoor.of(call -> calls.incrementAndGet());
                RawHttp2 client = new RawHttp2(door.port())) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int i = 0; i < 300; i++) {
                all.writeBytes(RawHttp2.frame(
                        RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1 + 2 * i, RawHttp2.call()));
            }
            client.send(all.toByteArray());
            for (int i = 0; i < 200; i++) {
                Frame reset = client.await(RawHttp2.RST_STREAM);
                assertThat(reset.code()).isEqualTo(7);
                assertThat(reset.stream()).isGreaterThan(200);
            }
            assertThat(calls).hasValue(100);
            assertThat(door.count("headgate.h2.refused.streams")).isEqualTo(200);
            client.send(RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8]));
            assertThat(client.await(RawHttp2.PING)).isNotNull();
        }
    }
}
