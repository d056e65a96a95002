package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.filter.Events;
import io.headgate.gateway.dialect.HttpCall;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.RawHttp1.Answer;
import io.headgate.testkit.RawHttp2;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The door opens or says why not, and closes without breaking what runs. */
class DrainTest {
    private final Queue<HttpCall> calls = new ConcurrentLinkedQueue<>();

    @Test
    void runningAnswersFinishAndTheRestIsClosed() throws InterruptedException {
        try (TestDoor door = TestDoor.of(calls::add);
                RawHttp1 idle = door.connect();
                RawHttp1 busy = door.connect();
                RawHttp2 busy2 = new RawHttp2(door.port())) {
            Await.until("all are open", () -> door.door.connections() == 3);
            busy.post("{}");
            busy2.post(1, "{}");
            Await.until("both calls", () -> calls.size() == 2);
            CountDownLatch done = new CountDownLatch(1);
            var unused = door.door.drain(Duration.ofSeconds(20)).subscribe(nothing -> {}, e -> {}, done::countDown);
            assertThat(idle.isClosed()).isTrue();
            RawHttp2.Frame goodbye = busy2.await(RawHttp2.GOAWAY);
            assertThat(goodbye.code()).isZero();
            try (RawHttp1 late = door.connect()) {
                assertThat(late.isClosed()).isTrue();
            } catch (UncheckedIOException refused) {
                assertThat(refused).hasMessageContaining("refused");
            }
            assertThat(done.getCount()).isEqualTo(1);
            calls.forEach(call -> call.answer(200, Pieces.of("{}")));
            Answer answer = busy.answer();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.fields()).containsEntry("connection", "close");
            assertThat(busy.isClosed()).isTrue();
            assertThat(busy2.data()).isEqualTo("{}");
            assertThat(busy2.read()).isNull();
            assertThat(done.await(5, TimeUnit.SECONDS)).isTrue();
            assertThat(door.door.connections()).isZero();
        }
    }

    @Test
    void anOpenStreamMayEndInTime() throws InterruptedException {
        Queue<EventStream> streams = new ConcurrentLinkedQueue<>();
        try (TestDoor door = TestDoor.of(call -> streams.add(call.stream()));
                RawHttp1 client = door.connect()) {
            client.post("{}").head();
            client.chunk();
            Await.until("the stream", () -> streams.size() == 1);
            CountDownLatch done = new CountDownLatch(1);
            var unused = door.door.drain(Duration.ofSeconds(20)).subscribe(nothing -> {}, e -> {}, done::countDown);
            streams.forEach(stream -> {
                stream.message(null, Pieces.of("{}"));
                stream.end();
            });
            assertThat(client.chunk()).isEqualTo("event: message\ndata: {}\n\n");
            assertThat(client.chunk()).isEmpty();
            assertThat(client.isClosed()).isTrue();
            assertThat(done.await(5, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void whatTakesTooLongIsCut() {
        try (TestDoor door = TestDoor.of(calls::add);
                RawHttp1 client = door.connect();
                RawHttp2 client2 = new RawHttp2(door.port())) {
            client.post("{}");
            client2.post(1, "{}");
            Await.until("both calls", () -> calls.size() == 2);
            door.door.drain(Duration.ofMillis(200)).block(Duration.ofSeconds(5));
            assertThat(client.isClosed()).isTrue();
            assertThat(client2.await(RawHttp2.GOAWAY)).isNotNull();
            assertThat(client2.find(RawHttp2.DATA)).isNull();
            assertThat(door.door.connections()).isZero();
        }
    }

    @Test
    void anAddressInUseIsNamed() {
        try (TestDoor door = TestDoor.of(calls::add)) {
            HttpLoops loops = HttpLoops.create(Transport.AUTO, 1);
            assertThatThrownBy(() -> HttpDoor.start(
                            DoorConfig.of("127.0.0.1", door.port()),
                            calls::add,
                            new SimpleMeterRegistry(),
                            loops,
                            new Events(),
                            door.memory))
                    .isInstanceOf(ListenException.class)
                    .hasMessage("listen: 127.0.0.1:" + door.port() + " is in use");
            loops.dispose();
        }
    }

    @Test
    void anAddressOfAnotherMachineIsNamed() {
        HttpLoops loops = HttpLoops.create(Transport.AUTO, 1);
        assertThatThrownBy(() -> HttpDoor.start(
                        DoorConfig.of("192.0.2.1", 8080),
                        calls::add,
                        new SimpleMeterRegistry(),
                        loops,
                        new Events(),
                        MemoryBudget.unlimited(new SimpleMeterRegistry())))
                .isInstanceOf(ListenException.class)
                .hasMessage("listen: 192.0.2.1:8080 is no address of this machine");
        loops.dispose();
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "EPOLL", "NIO"})
    void eachTransportServes(Transport transport) {
        try (TestDoor door = new TestDoor(TestDoor.config(DoorLimits.DEFAULT), TestDoor.ECHO, transport);
                RawHttp1 client = door.connect()) {
            assertThat(client.post("{}").answer().body()).isEqualTo("{}");
        }
    }
}
