package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.dialect.HttpCall;
import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client that goes away is noticed once, and one that only finished sending is answered. */
class DisconnectTest {
    private final AtomicInteger gone = new AtomicInteger();
    private final Queue<HttpCall> calls = new ConcurrentLinkedQueue<>();

    private void keep(HttpCall call) {
        call.onDisconnect(gone::incrementAndGet);
        calls.add(call);
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "NIO"})
    void aClientThatClosesBeforeItsAnswerIsNoticed(Transport transport) {
        DoorConfig config = TestDoor.config(TestDoor.limits(Map.of("sseKeepAlive", Duration.ofSeconds(1))));
        try (TestDoor door = new TestDoor(config, this::keep, transport)) {
            try (RawHttp1 client = door.connect()) {
                client.post("{}");
                Await.until("the call", () -> calls.size() == 1);
            }
            Await.until("it is noticed", () -> gone.get() == 1);
            assertThat(door.count("headgate.client.disconnects", "phase", "response"))
                    .isEqualTo(1);
            calls.remove().answer(200, Pieces.of("{}"));
            Await.until("it is gone", () -> door.door.connections() == 0);
            assertThat(gone).hasValue(1);
        }
    }

    @Test
    void aResetIsNoticedAtOnce() {
        try (TestDoor door = TestDoor.of(this::keep)) {
            RawHttp1 client = door.connect();
            client.post("{}");
            Await.until("the call", () -> calls.size() == 1);
            client.reset();
            Await.until("it is noticed", () -> gone.get() == 1);
            assertThat(door.count("headgate.client.disconnects", "phase", "response"))
                    .isEqualTo(1);
        }
    }

    @Test
    void theEndOfAReadStreamIsNoticed() {
        try (TestDoor door = TestDoor.of(call -> {
            call.stream();
            keep(call);
        })) {
            try (RawHttp1 client = door.connect()) {
                client.post("{}").head();
                client.chunk();
            }
            Await.until("it is noticed", () -> gone.get() == 1);
            assertThat(door.count("headgate.client.disconnects", "phase", "response"))
                    .isEqualTo(1);
            assertThat(door.gauge("headgate.sse.active")).isZero();
        }
    }

    @Test
    void aClientThatOnlyFinishedSendingIsAnswered() {
        DoorLimits limits = TestDoor.limits(Map.of("sseKeepAlive", Duration.ofMillis(200)));
        try (TestDoor door = TestDoor.of(limits, this::keep);
                RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post("/mcp", "1") + RawHttp1.post("/mcp", "2"));
            client.endOutput();
            // What finds out whether somebody is still there.
            assertThat(client.head().status()).isEqualTo(100);
            assertThat(client.head().status()).isEqualTo(100);
            assertThat(gone).hasValue(0);
            calls.remove().answer(200, Pieces.of("first"));
            assertThat(client.answer().body()).isEqualTo("first");
            Await.until("the second call", () -> calls.size() == 1);
            calls.remove().answer(200, Pieces.of("second"));
            assertThat(client.answer().body()).isEqualTo("second");
            assertThat(client.isClosed()).isTrue();
            assertThat(gone).hasValue(0);
        }
    }

    @Test
    void halfARequestIsOwedNoAnswer() {
        try (TestDoor door = TestDoor.of(this::keep);
                RawHttp1 client = door.connect()) {
            String request = RawHttp1.post("/mcp", "x".repeat(100));
            client.send(request.substring(0, request.length() - 80));
            client.endOutput();
            assertThat(client.isClosed()).isTrue();
            assertThat(door.count("headgate.client.disconnects", "phase", "request"))
                    .isEqualTo(1);
            assertThat(calls).isEmpty();
        }
    }

    @Test
    void halfAHeadIsOwedNoAnswer() {
        try (TestDoor door = TestDoor.of(this::keep);
                RawHttp1 client = door.connect()) {
            client.send("POST /mcp HTTP/1.1\r\nHos");
            client.endOutput();
            assertThat(client.isClosed()).isTrue();
            assertThat(door.count("headgate.client.disconnects", "phase", "request"))
                    .isEqualTo(1);
        }
    }

    @Test
    void nothingIsNoticedAfterTheAnswer() {
        try (TestDoor door = TestDoor.of(call -> {
            call.onDisconnect(gone::incrementAndGet);
            EventStream stream = call.stream();
            stream.message(null, Pieces.of("{}"));
            stream.end();
        })) {
            try (RawHttp1 client = door.connect()) {
                client.post("{}").head();
                client.chunk();
                client.chunk();
                assertThat(client.chunk()).isEmpty();
            }
            Await.until("it is gone", () -> door.door.connections() == 0);
            assertThat(gone).hasValue(0);
            assertThat(door.count("headgate.client.disconnects")).isZero();
        }
    }

    @Test
    void whoAsksTooLateIsToldAtOnce() {
        try (TestDoor door = TestDoor.of(this::keep)) {
            try (RawHttp1 client = door.connect()) {
                client.post("{}");
                Await.until("the call", () -> calls.size() == 1);
            }
            Await.until("it is noticed", () -> gone.get() == 1);
            calls.remove().onDisconnect(gone::incrementAndGet);
            Await.until("it is told", () -> gone.get() == 2);
        }
    }
}
