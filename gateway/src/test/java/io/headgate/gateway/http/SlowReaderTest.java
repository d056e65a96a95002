package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A client that does not read is waited for, then cut off, and what it holds is bounded. */
class SlowReaderTest {
    private static final Duration STALL = Duration.ofMillis(800);
    private static final Pieces BIG = Pieces.of("\"" + "x".repeat(100_000) + "\"");

    @Test
    void aWriterThatWaitsHoldsLittleAndLosesNothing() {
        long most = 0;
        try (TestDoor door = TestDoor.of(call -> new Pump(call.stream(), 500).run());
                RawHttp1 client = door.connect()) {
            client.post("{}").head();
            assertThat(client.chunk()).isEqualTo(":\n\n");
            for (int i = 0; i < 500; i++) {
                assertThat(client.chunk().length()).isEqualTo(100_025);
                most = Math.max(most, (long) door.gauge("headgate.sse.buffered.bytes"));
            }
            assertThat(client.chunk()).isEmpty();
            assertThat(most).isLessThan(3 * 256 * 1024);
        }
    }

    @Test
    void aMessageOfManyMegabytesPassesANormalReader() {
        String large = "\"" + "y".repeat(16 * 1024 * 1024) + "\"";
        try (TestDoor door = TestDoor.of(call -> {
                    EventStream stream = call.stream();
                    stream.message(null, Pieces.of(large));
                    stream.end();
                });
                RawHttp1 client = door.connect()) {
            client.post("{}").head();
            client.chunk();
            assertThat(client.chunk().length()).isEqualTo(large.length() + 23);
            assertThat(client.chunk()).isEmpty();
            assertThat(door.count("headgate.sse.closed")).isZero();
        }
    }

    @Test
    void aWriterThatDoesNotWaitLosesItsStream() {
        AtomicBoolean gone = new AtomicBoolean();
        try (TestDoor door = TestDoor.of(call -> {
                    call.onDisconnect(() -> gone.set(true));
                    EventStream stream = call.stream();
                    for (int i = 0; i < 400; i++) {
                        stream.message(null, BIG);
                    }
                });
                RawHttp1 client = stingy(door)) {
            client.post("{}");
            Await.until("it is cut off", gone::get);
            assertThat(door.count("headgate.sse.closed", "reason", "slow_consumer"))
                    .isEqualTo(1);
            assertThat(door.count("headgate.client.disconnects")).isZero();
            Await.until("it is gone", () -> door.door.connections() == 0);
        }
    }

    @Test
    void aReaderOfAFewBytesIsCutOff() throws IOException {
        AtomicBoolean gone = new AtomicBoolean();
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("sseWriteStall", STALL)), call -> {
                    call.onDisconnect(() -> gone.set(true));
                    new Pump(call.stream(), Integer.MAX_VALUE).run();
                });
                RawHttp1 client = stingy(door)) {
            client.post("{}");
            long end = System.nanoTime() + Duration.ofSeconds(6).toNanos();
            while (!gone.get() && System.nanoTime() < end) {
                assertThat(client.read()).isNotNegative();
                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            }
            assertThat(gone).isTrue();
            assertThat(door.count("headgate.sse.closed", "reason", "slow_consumer"))
                    .isEqualTo(1);
            Await.until("nothing is held", () -> door.gauge("headgate.sse.buffered.bytes") == 0);
        }
    }

    @Test
    void aLargeAnswerThatIsNotReadIsGivenUp() {
        AtomicInteger answered = new AtomicInteger();
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("sseWriteStall", STALL)), call -> {
                    call.answer(200, Pieces.of("x".repeat(20_000_000)));
                    answered.incrementAndGet();
                });
                RawHttp1 client = stingy(door)) {
            client.post("{}");
            Await.until("it is gone", () -> answered.get() == 1 && door.door.connections() == 0);
            assertThat(door.count("headgate.sse.closed", "reason", "write_stalled"))
                    .isEqualTo(1);
        }
    }

    @Test
    void oneSlowReaderDisturbsNobody() {
        try (TestDoor door = TestDoor.of(call -> {
                    if (call.body().length > 2) {
                        new Pump(call.stream(), Integer.MAX_VALUE).run();
                    } else {
                        call.answer(200, Pieces.of("{}"));
                    }
                });
                RawHttp1 slow = stingy(door)) {
            slow.post("{\"slow\":1}");
            for (int i = 0; i < 4; i++) {
                try (RawHttp1 other = door.connect()) {
                    for (int j = 0; j < 200; j++) {
                        assertThat(other.post("{}").answer().status()).isEqualTo(200);
                    }
                }
            }
        }
    }

    /** Takes little before it is read. */
    private static RawHttp1 stingy(TestDoor door) {
        try {
            Socket socket = new Socket();
            socket.setReceiveBufferSize(4096);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), door.port()));
            return new RawHttp1(socket);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Writes so many large messages as long as the stream takes them. */
    private static final class Pump implements Runnable {
        private final EventStream stream;
        private int left;

        Pump(EventStream stream, int count) {
            this.stream = stream;
            left = count;
            stream.onWritable(this);
        }

        @Override
        public void run() {
            while (left > 0 && stream.isWritable()) {
                left--;
                stream.message(null, BIG);
                if (left == 0) {
                    stream.end();
                }
            }
        }
    }
}
