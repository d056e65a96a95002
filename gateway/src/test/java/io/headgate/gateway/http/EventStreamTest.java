package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.dialect.HttpCall;
import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.RawHttp1.Answer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Event streams begin at once, keep each event on its lines, and stay alive. */
class EventStreamTest {
    @Test
    void beginsAtOnceWithAComment() throws InterruptedException {
        BlockingQueue<EventStream> streams = new LinkedBlockingQueue<>();
        try (TestDoor door = TestDoor.of(call -> streams.add(call.stream("Mcp-Session-Id", "a\r\nb")));
                RawHttp1 client = door.connect()) {
            Answer head = client.post("{}").head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.fields())
                    .containsEntry("content-type", "text/event-stream")
                    .containsEntry("cache-control", "no-store, no-transform")
                    .containsEntry("x-accel-buffering", "no")
                    .containsEntry("transfer-encoding", "chunked")
                    .containsEntry("mcp-session-id", "a  b");
            assertThat(client.chunk()).isEqualTo(":\n\n");
            assertThat(door.gauge("headgate.sse.active")).isEqualTo(1);
            EventStream stream = take(streams);
            stream.message(null, Pieces.of("{\"a\":1}"));
            stream.message("7", new Pieces().add("{\r\n  \"a\":").add(" \"b\\n\"\n}\n"));
            stream.event("endpoint", Pieces.of("/messages?sessionId=1"));
            stream.prime("8", 5000);
            stream.end();
            assertThat(client.chunk()).isEqualTo("event: message\ndata: {\"a\":1}\n\n");
            assertThat(client.chunk()).isEqualTo("id: 7\nevent: message\ndata: {    \"a\": \"b\\n\" } \n\n");
            assertThat(client.chunk()).isEqualTo("event: endpoint\ndata: /messages?sessionId=1\n\n");
            assertThat(client.chunk()).isEqualTo("id: 8\nretry: 5000\ndata: \n\n");
            assertThat(client.chunk()).isEmpty();
            Await.until("the stream is over", () -> door.gauge("headgate.sse.active") == 0);
            // The connection is as good as new.
            client.post("{}");
            assertThat(client.head().status()).isEqualTo(200);
        }
    }

    @Test
    void whatIsWrittenAfterTheEndIsIgnored() {
        try (TestDoor door = TestDoor.of(call -> {
                    EventStream stream = call.stream();
                    stream.end();
                    stream.end();
                    stream.message(null, Pieces.of("{}"));
                    call.answer(200, Pieces.of("{}"));
                });
                RawHttp1 client = door.connect()) {
            client.post("{}").head();
            assertThat(client.chunk()).isEqualTo(":\n\n");
            assertThat(client.chunk()).isEmpty();
            client.post("{}").head();
            assertThat(client.chunk()).isEqualTo(":\n\n");
        }
    }

    @Test
    void oldClientsGetAStreamThatEndsWithTheConnection() throws Exception {
        try (TestDoor door = TestDoor.of(call -> {
                    EventStream stream = call.stream();
                    stream.message(null, Pieces.of("{}"));
                    stream.end();
                });
                RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post("/mcp", "{}").replace("HTTP/1.1", "HTTP/1.0"));
            Answer head = client.head();
            assertThat(head.fields()).containsEntry("connection", "close").doesNotContainKey("transfer-encoding");
            StringBuilder all = new StringBuilder();
            for (int b = client.read(); b >= 0; b = client.read()) {
                all.append((char) b);
            }
            assertThat(all.toString()).isEqualTo(":\n\nevent: message\ndata: {}\n\n");
        }
    }

    @Test
    void aSilentStreamIsKeptAliveAndKeepsItsConnection() {
        Map<String, Object> shortTimes = Map.of(
                "sseKeepAlive", Duration.ofMillis(100),
                "keepAliveIdle", Duration.ofMillis(100),
                "headerTimeout", Duration.ofMillis(100),
                "sseWriteStall", Duration.ofMillis(200));
        try (TestDoor door = TestDoor.of(TestDoor.limits(shortTimes), HttpCall::stream);
                RawHttp1 client = door.connect()) {
            client.post("{}").head();
            for (int i = 0; i < 8; i++) {
                assertThat(client.chunk()).isEqualTo(":\n\n");
            }
        }
    }

    @Test
    void aCallThatIsStillUnansweredIsToldOnce() {
        AtomicInteger told = new AtomicInteger();
        try (TestDoor door = TestDoor.of(
                        TestDoor.limits(Map.of("sseKeepAlive", Duration.ofMillis(100))),
                        call -> call.onQuiet(() -> {
                            told.incrementAndGet();
                            call.stream();
                        }));
                RawHttp1 client = door.connect()) {
            client.post("{}").head();
            assertThat(client.chunk()).isEqualTo(":\n\n");
            assertThat(client.chunk()).isEqualTo(":\n\n");
            assertThat(client.chunk()).isEqualTo(":\n\n");
            assertThat(told).hasValue(1);
        }
    }

    @Test
    void theAnswerOfADialectThatThrowsSaysNothing() {
        try (TestDoor door = TestDoor.of(call -> {
                    throw new IllegalStateException("secret");
                });
                RawHttp1 client = door.connect()) {
            Answer answer = client.post("{}").answer();
            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.body()).isEqualTo("{\"error\":\"internal error\"}");
        }
    }

    private static EventStream take(BlockingQueue<EventStream> streams) throws InterruptedException {
        EventStream stream = streams.poll(5, TimeUnit.SECONDS);
        assertThat(stream).isNotNull();
        return stream;
    }
}
