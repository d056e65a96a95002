package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** No request holds a socket for ever. */
class TimeoutsTest {
    private static final Duration SHORT = Duration.ofMillis(300);

    @Test
    void aSilentConnectionIsClosedSilently() {
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("headerTimeout", SHORT)), TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            long start = System.nanoTime();
            assertThat(client.isClosed()).isTrue();
            assertThat(elapsed(start)).isBetween(Duration.ofMillis(200), Duration.ofSeconds(3));
            assertThat(door.rejected("header_timeout")).isEqualTo(1);
        }
    }

    @Test
    void aHeadThatDoesNotEndIsRefused() {
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("headerTimeout", SHORT)), TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            client.send("POST /mcp HTTP/1.1\r\nHost: gw.t");
            assertThat(client.answer().status()).isEqualTo(408);
            assertThat(client.isClosed()).isTrue();
            assertThat(door.rejected("header_timeout")).isEqualTo(1);
        }
    }

    @Test
    void aFirstByteThatMayBeOfEitherProtocolGetsAnAnswer() {
        for (String begun : new String[] {"P", "PRI * HTTP/2.0\r\n"}) {
            try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("headerTimeout", SHORT)), TestDoor.ECHO);
                    RawHttp1 client = door.connect()) {
                client.send(begun);
                assertThat(client.answer().status()).isEqualTo(408);
                assertThat(client.isClosed()).isTrue();
                assertThat(door.rejected("header_timeout")).isEqualTo(1);
            }
        }
    }

    @Test
    void aSecondHeadHasItsOwnTime() {
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("headerTimeout", SHORT)), TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            assertThat(client.post("{}").answer().status()).isEqualTo(200);
            client.send("P");
            assertThat(client.answer().status()).isEqualTo(408);
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void aSlowBodyIsRefused() {
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("bodyTimeout", SHORT)), TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            String request = RawHttp1.post("/mcp", "x".repeat(1000));
            client.send(request.substring(0, request.length() - 900));
            assertThat(client.answer().status()).isEqualTo(408);
            assertThat(client.isClosed()).isTrue();
            assertThat(door.rejected("body_rate")).isEqualTo(1);
        }
    }

    @Test
    void anIdleConnectionIsClosed() {
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("keepAliveIdle", SHORT)), TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            assertThat(client.post("{}").answer().status()).isEqualTo(200);
            assertThat(client.isClosed()).isTrue();
            assertThat(door.count("headgate.connections.closed", "reason", "idle"))
                    .isEqualTo(1);
        }
    }

    @Test
    void aCallMayTakeLongerThanAllTheseTimes() {
        Map<String, Object> all = Map.of("headerTimeout", SHORT, "bodyTimeout", SHORT, "keepAliveIdle", SHORT);
        try (TestDoor door = TestDoor.of(TestDoor.limits(all), call -> {
                    var unused = reactor.core.publisher.Mono.delay(Duration.ofMillis(900))
                            .subscribe(end -> call.answer(200, io.headgate.mcp.Pieces.of("{}")));
                });
                RawHttp1 client = door.connect()) {
            assertThat(client.post("{}").answer().status()).isEqualTo(200);
        }
    }

    @Test
    void connectionsBeyondTheLimitAreClosedAtOnce() {
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("connections", 2)), TestDoor.ECHO);
                RawHttp1 first = door.connect();
                RawHttp1 second = door.connect()) {
            assertThat(first.post("{}").answer().status()).isEqualTo(200);
            assertThat(second.post("{}").answer().status()).isEqualTo(200);
            try (RawHttp1 third = door.connect()) {
                assertThat(third.isClosed()).isTrue();
            }
            assertThat(door.count("headgate.connections.rejected", "reason", "max_connections"))
                    .isEqualTo(1);
            first.endOutput();
            Await.until("there is room again", () -> door.door.connections() == 1);
            try (RawHttp1 fourth = door.connect()) {
                assertThat(fourth.post("{}").answer().status()).isEqualTo(200);
            }
        }
    }

    private static Duration elapsed(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
