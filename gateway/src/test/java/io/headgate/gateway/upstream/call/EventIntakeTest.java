package io.headgate.gateway.upstream.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.LiveGauges;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.mcp.Envelope;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.resources.LoopResources;

class EventIntakeTest {
    private static final String MESSAGE = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}";
    private static final String LATE = "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}";

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final LoopResources loops = LoopResources.create("intake", 1, true);
    private final EventIntake intake = new EventIntake(client(), 1024);

    private HttpClient client() {
        UpstreamConfig config = new UpstreamConfig(
                "u1",
                URI.create("http://127.0.0.1:1/"),
                UpstreamTransport.HTTP,
                "",
                Map.of(),
                /* isStateless= */ false,
                /* http2PriorKnowledge= */ false,
                null,
                UpstreamLimits.DEFAULT);
        return new HttpClient(
                config,
                loops,
                new UpstreamMeters(
                        "u1", meters, new LiveGauges(meters), InstantSource.system(), MemoryBudget.unlimited(meters)));
    }

    @AfterEach
    void close() {
        intake.close();
        loops.disposeLater(Duration.ZERO, Duration.ofSeconds(2)).block(Duration.ofSeconds(10));
    }

    @Test
    void readsTheConnectionOnlyForACallerThatAsksForMore() {
        intake.open();

        assertThat(intake.reads(false)).isFalse();
        assertThat(intake.reads(true)).isTrue();
        assertThat(intake.reads(false)).isFalse();
    }

    @Test
    void readsNothingInAPauseWhateverIsAskedForEvenOfTheNextAnswer() {
        intake.open();
        intake.turn();
        assertThat(intake.mayPause()).as("every message was for the call").isFalse();
        intake.ignore();
        assertThat(intake.mayPause()).isTrue();

        intake.pause();

        assertThat(intake.mayPause()).as("it pauses already").isFalse();
        assertThat(intake.reads(true)).isFalse();
        intake.close();
        intake.open();
        assertThat(intake.reads(true)).as("the next answer").isFalse();
        assertThat(intake.resume(true)).isTrue();
        assertThat(intake.reads(true)).isTrue();
    }

    @Test
    void goesOnWaitingAfterAPauseIfTheCallerAsksForNothing() {
        intake.open();
        intake.pause();

        assertThat(intake.resume(false)).isFalse();
        assertThat(intake.reads(true)).isTrue();
    }

    @Test
    void holdsWhatWasNotAskedForAndReadsMessagesThatAreCut() {
        intake.open();
        String events = "data: " + MESSAGE + "\n\ndata: " + LATE + "\n\n";
        intake.add(bytes(events.substring(0, 20)));
        assertThat(intake.next()).isNull();
        intake.add(bytes(events.substring(20, 60)));
        intake.add(bytes(events.substring(60)));

        Envelope first = Objects.requireNonNull(intake.next());
        assertThat(first.hasId(1)).isTrue();
        assertThat(intake.length()).isEqualTo(MESSAGE.length());
        assertThat(intake.held()).isPositive();
        Envelope second = Objects.requireNonNull(intake.next());
        assertThat(second.hasId(2)).isTrue();
        assertThat(intake.next()).isNull();
        assertThat(intake.fault()).isNull();
    }

    @Test
    void hasNoMorePatienceWithBadEventsForASecondAnswer() {
        intake.open();
        for (int i = 0; i < 10; i++) {
            intake.add(bytes("data: no json\n\n"));
        }
        assertThat(intake.next()).isNull();
        assertThat(intake.fault()).as("ten are borne").isNull();
        intake.close();

        intake.open();
        intake.add(bytes("data: no json\n\n"));

        assertThat(intake.next()).isNull();
        assertThat(intake.fault()).isEqualTo(UpstreamFault.BAD_EVENTS);
    }

    @Test
    void countsResponsesAfterTheFirst() {
        intake.open();
        intake.add(bytes("data: " + MESSAGE + "\n\ndata: " + LATE + "\n\n"));
        assertThat(intake.next()).isNotNull();

        assertThat(intake.countDuplicates()).isTrue();

        assertThat(meters.get(MeterNames.UPSTREAM_FAULTS)
                        .tag("reason", "duplicate_response")
                        .counter()
                        .count())
                .isEqualTo(1);
        ByteBuf endless = bytes("data: " + "x".repeat(4096));
        assertThat(intake.countDuplicates(endless)).as("a line without an end").isFalse();
        endless.release();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }
}
