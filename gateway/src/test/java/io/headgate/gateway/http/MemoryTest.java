package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Refusal;
import io.headgate.gateway.dialect.FrontDialect;
import io.headgate.gateway.dialect.HttpCall;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.RawHttp2;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is held for clients is counted, refused early when there is too much, and freed. */
class MemoryTest {
    private static final int MIB = 1024 * 1024;
    private static final long BUDGET = 40L * MIB;

    /** What a connection and its buffers take is counted, too, and told in portions. */
    private static final long ABOUT_NOTHING = 256 * 1024;

    private static final FrontDialect REFUSING = new FrontDialect() {
        @Override
        public void handle(HttpCall call) {
            TestDoor.ECHO.handle(call);
        }

        @Override
        public void refuse(HttpCall call, Refusal refusal) {
            call.answer(
                    503,
                    Pieces.of("{\"refused\":\"" + refusal.reason() + "\"}"),
                    "Retry-After",
                    Long.toString(
                            refusal.retryAfter() == null
                                    ? -1
                                    : refusal.retryAfter().toSeconds()));
        }
    };

    @Test
    void refusesNewRequestsByTheirHeadWhenLittleIsLeft() {
        try (TestDoor door = door(REFUSING);
                RawHttp1 client = door.connect();
                Hold elsewhere = door.memory.hold(Held.RESULT, null, null, null)) {
            assertThat(client.post("{}").answer().status()).isEqualTo(200);
            elsewhere.set(BUDGET * 86 / 100);
            String request = RawHttp1.post("/mcp", "x".repeat(1000));
            // The head alone is enough.
            client.send(request.substring(0, request.length() - 1000));
            client.send("x".repeat(999));
            Await.until("the refusal", () -> door.rejected("memory") == 1);
            client.send("x");
            RawHttp1.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.body()).contains("OVERLOADED");
            assertThat(answer.fields()).containsEntry("retry-after", "1");
            elsewhere.set(0);
            assertThat(client.post("{}").answer().status()).isEqualTo(200);
        }
    }

    @Test
    void servesOthersWhileManyHoldNoMoreThanTheirShare() {
        AtomicInteger ended = new AtomicInteger();
        List<Hold> crowd = new ArrayList<>();
        try (TestDoor door = door(REFUSING);
                RawHttp1 client = door.connect()) {
            for (int i = 0; i < 9; i++) {
                Hold[] hold = new Hold[1];
                hold[0] = door.memory.hold(Held.RESULT, "caller" + i, null, () -> {
                    ended.incrementAndGet();
                    hold[0].close();
                });
                hold[0].set(BUDGET / 10);
                crowd.add(hold[0]);
            }
            assertThat(ended).hasValue(0);
            assertThat(client.post("{}").answer().status()).isEqualTo(200);
            assertThat(ended).hasValue(1);
            crowd.forEach(Hold::close);
        }
    }

    @Test
    void letsSessionsEndWhenLittleIsLeft() {
        try (TestDoor door = door(REFUSING);
                RawHttp1 client = door.connect();
                Hold elsewhere = door.memory.hold(Held.RESULT, null, null, null)) {
            elsewhere.set(BUDGET * 90 / 100);
            client.send("DELETE /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(200);
        }
    }

    @Test
    void closesNewConnectionsWhenNothingIsLeft() {
        try (TestDoor door = door(REFUSING);
                Hold elsewhere = door.memory.hold(Held.RESULT, null, null, null)) {
            elsewhere.set(BUDGET * 96 / 100);
            try (RawHttp1 client = door.connect()) {
                assertThat(client.isClosed()).isTrue();
            }
            assertThat(door.count("headgate.connections.rejected", "reason", "memory"))
                    .isEqualTo(1);
        }
    }

    @Test
    void endsTheLargestBodiesThatDoNotEndAndServesTheSmallOnes() {
        try (TestDoor door = door(REFUSING);
                RawHttp1 honest = door.connect()) {
            List<RawHttp1> attackers = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                RawHttp1 attacker = door.connect();
                attackers.add(attacker);
                attacker.send(unfinished(2 * MIB));
                assertThat(honest.post("{}").answer().status()).isEqualTo(200);
            }
            Await.until("the largest end", () -> door.count("headgate.memory.ended", "kind", "request") >= 10);
            assertThat(door.memory.state().heldBytes()).isLessThan(BUDGET * 85 / 100);
            RawHttp1.Answer first = attackers.stream()
                    .filter(attacker -> available(attacker) > 0)
                    .findFirst()
                    .orElseThrow()
                    .answer();
            assertThat(first.status()).isEqualTo(503);
            attackers.forEach(RawHttp1::close);
            Await.until("all is free", () -> door.memory.state().heldBytes() < ABOUT_NOTHING);
        }
    }

    @Test
    @SuppressWarnings("try") // The attacker goes before the door is asked what it holds.
    void countsTheBodiesOfAllStreamsOfAConnection() {
        try (TestDoor door = door(REFUSING);
                RawHttp1 honest = door.connect()) {
            byte[] part = new byte[16 * 1024];
            try (RawHttp2 attacker = new RawHttp2(door.port())) {
                for (int i = 0; i < 40; i++) {
                    int stream = 1 + 2 * i;
                    attacker.send(RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, stream, RawHttp2.call()));
                    attacker.send(RawHttp2.frame(RawHttp2.DATA, 0, stream, part));
                    attacker.send(RawHttp2.frame(RawHttp2.DATA, 0, stream, part));
                    RawHttp2.Frame update = attacker.await(RawHttp2.WINDOW_UPDATE);
                    while (update.stream() != 0) {
                        update = attacker.await(RawHttp2.WINDOW_UPDATE);
                    }
                }
                assertThat(honest.post("{}").answer().status()).isEqualTo(200);
                assertThat(door.memory.state().heldBytes()).isGreaterThan(MIB);
            }
            Await.until("all is free", () -> door.memory.state().heldBytes() < ABOUT_NOTHING);
        }
    }

    @Test
    void countsABodyUntilItsReplyIsDoneEvenIfItsClientHasGone() {
        ConcurrentLinkedQueue<HttpCall> calls = new ConcurrentLinkedQueue<>();
        HttpCall.BodyHolder reply = () -> {};
        try (TestDoor door = door(call -> {
            call.holdBody(reply);
            calls.add(call);
        })) {
            try (RawHttp1 client = door.connect()) {
                client.post("x".repeat(3 * MIB));
                Await.until("the call", () -> !calls.isEmpty());
                assertThat(calls.element().body()).isEmpty();
            }
            Await.until("the client has gone", () -> door.door.connections() == 0);
            assertThat(door.memory.state().heldBytes()).isBetween(3L * MIB, 3 * MIB + ABOUT_NOTHING);
            HttpCall call = calls.element();
            call.execute(() -> call.releaseBody(reply));
            Await.until("all is free", () -> door.memory.state().heldBytes() < ABOUT_NOTHING);
        }
    }

    @Test
    void asksTheReplyToEndACallWithALargeBody() {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger held = new AtomicInteger();
        try (TestDoor door = door(call -> {
                    call.holdBody(new HttpCall.BodyHolder() {
                        @Override
                        public void noMemory() {
                            asked.incrementAndGet();
                            call.releaseBody(this);
                            call.answer(502, Pieces.of("{}"));
                        }
                    });
                    held.incrementAndGet();
                });
                RawHttp1 client = door.connect();
                Hold elsewhere = door.memory.hold(Held.RESULT, null, null, null)) {
            client.post("x".repeat(3 * MIB));
            Await.until("the call", () -> held.get() == 1);
            elsewhere.set(BUDGET * 94 / 100);
            assertThat(client.answer().status()).isEqualTo(502);
            assertThat(asked).hasValue(1);
        }
    }

    @Test
    void isOnTheAccountOfItsCallerAsSoonAsThatIsKnown() {
        ConcurrentLinkedQueue<HttpCall> calls = new ConcurrentLinkedQueue<>();
        try (TestDoor door = door(call -> {
                    call.headers().sentBy(new Caller("anna"));
                    calls.add(call);
                });
                RawHttp1 client = door.connect()) {
            client.post("x".repeat(MIB));
            Await.until("the call", () -> !calls.isEmpty());
            assertThat(door.memory.state().largest()).anySatisfy(share -> {
                assertThat(share.name()).isEqualTo("anna");
                assertThat(share.bytes()).isEqualTo(MIB);
            });
        }
    }

    @Test
    void countsWhatAClientDoesNotReadAndEndsThoseWithTheMost() {
        byte[] large = new byte[12 * MIB];
        try (TestDoor door = door(call -> call.answer(200, Pieces.of(large)))) {
            List<RawHttp1> slow = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                RawHttp1 client = door.connect();
                slow.add(client);
                client.post("{}");
            }
            Await.until("the largest end", () -> door.count("headgate.memory.ended", "kind", "answer") >= 2);
            Await.until("there is room", () -> !door.memory.isScarce());
            Await.until("they are told", () -> door.count("headgate.sse.closed", "reason", "memory") >= 2);
            slow.forEach(RawHttp1::close);
            Await.until("all is free", () -> door.memory.state().heldBytes() < ABOUT_NOTHING);
        }
    }

    @Test
    void putsALargeBodyTogetherAsItCame() {
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("bodyBytes", 8 * MIB)), TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; text.length() < 5_000_000; i++) {
                text.append(i).append(',');
            }
            assertThat(client.post(text.toString()).answer().body()).isEqualTo(text.toString());
        }
    }

    private static TestDoor door(FrontDialect dialect) {
        return new TestDoor(TestDoor.config(DoorLimits.DEFAULT), dialect, Transport.AUTO, BUDGET);
    }

    private static String unfinished(int length) {
        String request = RawHttp1.post("/mcp", "x".repeat(length));
        return request.substring(0, request.length() - 1);
    }

    private static int available(RawHttp1 client) {
        try {
            return client.socket().getInputStream().available();
        } catch (java.io.IOException e) {
            return 0;
        }
    }
}
