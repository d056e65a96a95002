package io.headgate.gateway.upstream.legacy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.LiveGauges;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.memory.MemoryConfig;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.call.Backlog;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class InboxTest {
    private static final int MIB = 1024 * 1024;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final MemoryBudget memory = MemoryBudget.of(MemoryConfig.of(16L * MIB), meters);
    private final UpstreamMeters upstream =
            new UpstreamMeters("s", meters, new LiveGauges(meters), InstantSource.system(), memory);
    private final Inbox inbox = new Inbox(upstream);

    @Test
    void holdsNoMoreBytesThanItMayWhileNobodyListens() {
        for (int i = 0; i < 20; i++) {
            inbox.deliver(said(i, 200_000));
        }
        assertThat(held()).isBetween(900_000L, (long) MIB);
        assertThat(dropped()).isEqualTo(15);
        StepVerifier.create(inbox.listen().map(InboxTest::number).take(5))
                .expectNext("15", "16", "17", "18", "19")
                .verifyComplete();
        assertThat(held()).isZero();
    }

    @Test
    void holdsNothingThatIsLargerThanAllThatItMayHold() {
        inbox.deliver(said(1, 100));
        inbox.deliver(said(2, 8 * MIB));
        assertThat(held()).isLessThan(MIB);
        StepVerifier.create(inbox.listen().map(InboxTest::number).take(1))
                .expectNext("1")
                .verifyComplete();
        assertThat(dropped()).isEqualTo(1);
    }

    @Test
    void passesALargeMessageOnToWhoeverTakesIt() {
        StepVerifier.create(inbox.listen().map(InboxTest::number))
                .then(() -> inbox.deliver(said(1, 8 * MIB)))
                .expectNext("1")
                .then(() -> assertThat(held()).isZero())
                .thenCancel()
                .verify();
    }

    @Test
    void dropsWhatASlowListenerDoesNotTake() {
        StepVerifier.create(inbox.listen().map(InboxTest::number), 0)
                .then(() -> {
                    for (int i = 0; i < 64; i++) {
                        inbox.deliver(said(i, 8 * MIB));
                    }
                    assertThat(held()).isBetween(8L * MIB, 9L * MIB);
                })
                .thenRequest(64)
                .expectNext("0")
                .then(() -> assertThat(held()).isZero())
                .thenCancel()
                .verify();
        assertThat(dropped()).isEqualTo(63);
    }

    @Test
    void keepsNotWhatAMessageIsASliceOf() {
        byte[] large = ("{\"junk\":\"" + "x".repeat(8 * MIB) + "\",\"params\":{\"n\":7}}").getBytes(UTF_8);
        RawJson params = RawJson.of(large).get("params");
        inbox.deliver(new JsonRpc.Notification("notifications/message", params));
        StepVerifier.create(inbox.listen().take(1))
                .assertNext(message -> assertThat(params(message).retained()).isEqualTo("{\"n\":7}".length()))
                .verifyComplete();
    }

    @Test
    void isEmptiedWhenMemoryIsShortAndTellsTheServerThatNobodyAnswers() {
        List<JsonRpc.Response> answers = new ArrayList<>();
        List<Inbox> all = new ArrayList<>();
        for (int i = 0; i < 14; i++) {
            Inbox each = new Inbox(upstream);
            all.add(each);
            each.deliver(new JsonRpc.Question("elicitation/create", params(i, 900_000), answers::add));
        }
        assertThat(held()).isLessThan(12L * MIB);
        assertThat(answers).isNotEmpty().allMatch(answer -> answer == Backlog.CANNOT_ANSWER);
        assertThat(meters.counter(MeterNames.MEMORY_ENDED, "kind", "inbox").count())
                .isEqualTo(answers.size());
        all.forEach(Inbox::discard);
        assertThat(held()).isZero();
        assertThat(answers).hasSize(14);
    }

    private static JsonRpc.Notification said(int number, int length) {
        return new JsonRpc.Notification("notifications/message", params(number, length));
    }

    private static RawJson params(int number, int length) {
        return RawJson.of("{\"n\":" + number + ",\"text\":\"" + "x".repeat(length) + "\"}");
    }

    private static RawJson params(JsonRpc message) {
        return Objects.requireNonNull(((JsonRpc.Notification) message).params());
    }

    private static String number(JsonRpc message) {
        return String.valueOf(params(message).get("n"));
    }

    private long held() {
        return memory.state().heldBytes();
    }

    private double dropped() {
        return meters.counter(MeterNames.UPSTREAM_FAULTS, "upstream", "s", "reason", "messages_dropped")
                .count();
    }
}
