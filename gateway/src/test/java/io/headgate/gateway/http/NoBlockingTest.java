package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.Pieces;
import io.headgate.testkit.RawHttp1;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Mono;

/**
 * No call waits for anything on its event loop.
 *
 * <p>BlockHound watches every test of this module. It is installed by its JUnit listener before any thread is made: a
 * thread that waits in a class while that is instrumented dies, and with it whatever was scheduled there.
 */
class NoBlockingTest {
    private static final String BODY = "{\"x\":\"" + "y".repeat(392) + "\"}";

    @Test
    void callsAndStreamsDoNotBlock() {
        try (TestDoor door = TestDoor.of(call -> {
                    if (call.server().isEmpty()) {
                        call.answer(200, Pieces.of(call.body()));
                    } else {
                        var stream = call.stream();
                        stream.message(null, Pieces.of(call.body()));
                        stream.end();
                    }
                });
                RawHttp1 client = door.connect()) {
            for (int i = 0; i < 2000; i++) {
                assertThat(client.post(BODY).answer().body()).isEqualTo(BODY);
            }
            client.send(RawHttp1.post("/mcp/one", BODY)).head();
            client.chunk();
            assertThat(client.chunk()).contains(BODY);
        }
    }

    @Test
    void aBlockingDialectWouldBeSeen() {
        try (TestDoor door = TestDoor.of(call -> {
                    try {
                        var unused = Mono.delay(Duration.ofMillis(1)).block();
                        call.answer(200, Pieces.of("blocked"));
                    } catch (IllegalStateException | BlockingOperationError e) {
                        call.answer(200, Pieces.of("seen"));
                    }
                });
                RawHttp1 client = door.connect()) {
            assertThat(client.post("{}").answer().body()).isEqualTo("seen");
        }
    }
}
