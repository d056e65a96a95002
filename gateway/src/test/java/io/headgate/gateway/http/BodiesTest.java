package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.dialect.HttpCall;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.RawHttp1.Answer;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Bodies of all sizes and shapes come whole, too large ones not at all, and pipelined ones in order. */
@SuppressWarnings("StringConcatToTextBlock") // Line ends are the point here.
class BodiesTest {
    @Test
    void aBodyInManyPartsComesWhole() {
        String body = "{" + "x".repeat(300_000) + "}";
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            assertThat(client.post(body).answer().body()).isEqualTo(body);
            StringBuilder chunks = new StringBuilder("POST /mcp HTTP/1.1\r\nHost: gw.test\r\n");
            chunks.append("Content-Type: application/json\r\nAccept: */*\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 5000; i++) {
                chunks.append("1\r\n").append((char) ('a' + i % 26)).append("\r\n");
            }
            Answer answer = client.send(chunks.append("0\r\n\r\n").toString()).answer();
            assertThat(answer.body()).hasSize(5000).startsWith("abcdef");
        }
    }

    @Test
    void anAnnouncedBodyThatIsTooLargeIsRefusedWithoutWaiting() {
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            client.send("POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 4194305\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(413);
            assertThat(client.isClosed()).isTrue();
            assertThat(door.rejected("body_too_large")).isEqualTo(1);
        }
    }

    @Test
    void theAnswerIsReadByAClientThatSendsItsWholeBodyFirst() {
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post("/mcp", "x".repeat(4_194_305)));
            assertThat(client.answer().status()).isEqualTo(413);
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void chunksThatAddUpToTooMuchAreRefused() {
        DoorLimits limits = TestDoor.limits(Map.of("bodyBytes", 1000));
        try (TestDoor door = TestDoor.of(limits, TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            client.send("POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Type: application/json\r\nAccept: */*\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n" + ("64\r\n" + "x".repeat(100) + "\r\n").repeat(11));
            assertThat(client.answer().status()).isEqualTo(413);
            assertThat(client.isClosed()).isTrue();
            assertThat(door.rejected("body_too_large")).isEqualTo(1);
        }
    }

    @Test
    void whoAsksIsToldToGoOn() {
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            String request = RawHttp1.post("/mcp", "{}", "Expect: 100-continue");
            client.send(request.substring(0, request.length() - 2));
            assertThat(client.head().status()).isEqualTo(100);
            client.send("{}");
            assertThat(client.answer().body()).isEqualTo("{}");
        }
    }

    @Test
    void whoAsksInVainIsNotToldToGoOn() {
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            client.send(
                    "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(413);
            assertThat(client.isClosed()).isTrue();
        }
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            client.send("POST /nowhere HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(404);
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredOneByOneInOrder() {
        Queue<HttpCall> calls = new ConcurrentLinkedQueue<>();
        List<Integer> lengths = new CopyOnWriteArrayList<>();
        try (TestDoor door = TestDoor.of(call -> {
                    lengths.add(call.body().length);
                    calls.add(call);
                });
                RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post("/mcp", "1") + RawHttp1.post("/none", "22") + RawHttp1.post("/mcp", "333"));
            Await.until("the first call", () -> calls.size() == 1);
            // From another thread: the answer hops.
            calls.remove().answer(200, Pieces.of("first"));
            assertThat(client.answer().body()).isEqualTo("first");
            assertThat(client.answer().status()).isEqualTo(404);
            Await.until("the third call", () -> calls.size() == 1);
            calls.remove().answer(202, new Pieces());
            Answer third = client.answer();
            assertThat(third.status()).isEqualTo(202);
            assertThat(third.fields()).containsEntry("content-length", "0").doesNotContainKey("content-type");
            assertThat(lengths).containsExactly(1, 3);
        }
    }

    @Test
    void onlySoManyRequestsWaitBehindOne() {
        try (TestDoor door = TestDoor.of(call -> {});
                RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post("/mcp", "{}").repeat(17));
            Await.until("all are read", () -> door.door.connections() == 1);
            client.send(RawHttp1.post("/mcp", "{}"));
            assertThat(client.isClosed()).isTrue();
            assertThat(door.rejected("pipeline_depth")).isEqualTo(1);
        }
    }

    @Test
    void sixteenMayWait() {
        Queue<HttpCall> calls = new ConcurrentLinkedQueue<>();
        try (TestDoor door = TestDoor.of(calls::add);
                RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post("/mcp", "{}").repeat(17));
            for (int i = 0; i < 17; i++) {
                Await.until("a call", () -> calls.size() == 1);
                calls.remove().answer(200, Pieces.of("{}"));
                assertThat(client.answer().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void aClientThatOnlySendsIsClosed() {
        String many = RawHttp1.post("/mcp", "x".repeat(2000)).repeat(50);
        try (TestDoor door = TestDoor.of(TestDoor.ECHO);
                RawHttp1 client = door.connect()) {
            Thread writer = new Thread(() -> {
                try {
                    for (int i = 0; i < 2000; i++) {
                        client.send(many);
                    }
                } catch (java.io.UncheckedIOException closed) {
                    // What this test waits for.
                }
            });
            writer.setDaemon(true);
            writer.start();
            Await.until("the depth is exceeded", () -> door.rejected("pipeline_depth") == 1);
            Await.until("it is gone", () -> door.door.connections() == 0);
        }
    }
}
