package io.headgate.gateway.upstream.era;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.KnownEras.Verdict;
import io.headgate.mcp.JsonRpc;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** How soon a server is asked again which eras it speaks. */
class AskingAgainTest {
    private static final BackDialect SOME = new Nothing();
    private static final KnownEras BOTH = eras(verdict(Era.MODERN, SOME, true), verdict(Era.LEGACY, SOME, true));
    private static final KnownEras LEGACY = eras(verdict(Era.MODERN, null, true), verdict(Era.LEGACY, SOME, true));
    private static final KnownEras MODERN = eras(verdict(Era.MODERN, SOME, true), verdict(Era.LEGACY, null, true));
    private static final KnownEras SILENT = eras(verdict(Era.MODERN, SOME, true), verdict(Era.LEGACY, null, false));

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private int asked;
    private final AskingAgain again = new AskingAgain(() -> asked++, time);

    private static Verdict verdict(Era era, @Nullable BackDialect dialect, boolean isAnswered) {
        return new Verdict(era, dialect, isAnswered, Instant.EPOCH);
    }

    private static KnownEras eras(Verdict modern, Verdict legacy) {
        return KnownEras.of(modern, legacy, /* asksModern= */ true, /* asksLegacy= */ true);
    }

    private void assertAskedAfter(Duration pause) {
        int before = asked;
        time.advanceTimeBy(pause.minusMillis(1));
        assertThat(asked).isEqualTo(before);
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(asked).isEqualTo(before + 1);
    }

    @Test
    void looksEveryDayForAnEraThatIsNotSpoken() {
        again.answered(KnownEras.NOTHING, LEGACY, true);
        assertAskedAfter(Duration.ofHours(24));
        again.answered(LEGACY, LEGACY, true);
        assertAskedAfter(Duration.ofHours(24));
        again.answered(LEGACY, MODERN, true);
        assertAskedAfter(Duration.ofSeconds(10));
    }

    @Test
    void looksForNothingElseAtAServerThatSpeaksBoth() {
        again.answered(KnownEras.NOTHING, BOTH, true);
        time.advanceTimeBy(Duration.ofDays(3));
        assertThat(asked).isZero();
    }

    @Test
    void looksSoonAndThenEverMoreSeldomForAnEraThatWasLost() {
        again.answered(BOTH, MODERN, true);
        assertAskedAfter(Duration.ofSeconds(10));
        again.answered(MODERN, MODERN, true);
        assertAskedAfter(Duration.ofSeconds(20));
        for (int i = 0; i < 20; i++) {
            again.answered(MODERN, MODERN, true);
            time.advanceTimeBy(Duration.ofHours(24));
            assertThat(asked).isEqualTo(3 + i);
        }
        again.answered(MODERN, MODERN, true);
        assertAskedAfter(Duration.ofHours(24));
    }

    @Test
    void looksSoonWhereTheServerDidNotAnswer() {
        again.answered(KnownEras.NOTHING, SILENT, true);
        assertAskedAfter(Duration.ofSeconds(10));
        again.answered(SILENT, SILENT, true);
        assertAskedAfter(Duration.ofSeconds(20));
        again.answered(SILENT, BOTH, true);
        again.answered(BOTH, LEGACY, true);
        assertAskedAfter(Duration.ofSeconds(10));
    }

    @Test
    void looksSoonWhenTheDailyQuestionFailed() {
        again.answered(KnownEras.NOTHING, LEGACY, true);
        assertAskedAfter(Duration.ofHours(24));
        again.answered(LEGACY, LEGACY, false);
        assertAskedAfter(Duration.ofSeconds(10));
    }

    @Test
    void leavesAServerThatNobodyKnowsToThoseWhoNeedIt() {
        again.answered(KnownEras.NOTHING, KnownEras.NOTHING, false);
        time.advanceTimeBy(Duration.ofDays(3));
        assertThat(asked).isZero();
    }

    @Test
    void doubtsTheLessOftenTheMoreOftenItWasInVain() {
        assertThat(again.doubts()).isTrue();
        assertThat(again.doubts()).isFalse();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(again.doubts()).isTrue();
        for (int i = 0; i < 5; i++) {
            again.answered(BOTH, BOTH, true);
        }
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(again.doubts()).isTrue();
        time.advanceTimeBy(Duration.ofMillis(9_999));
        assertThat(again.doubts()).isFalse();
        again.answered(BOTH, MODERN, true);
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(again.doubts()).isTrue();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(again.doubts()).isTrue();
    }

    @Test
    void asksNothingAfterItsEnd() {
        again.answered(BOTH, MODERN, true);
        again.close();
        again.answered(BOTH, MODERN, true);
        time.advanceTimeBy(Duration.ofDays(3));
        assertThat(asked).isZero();
    }

    /** A dialect that is never used. */
    private static final class Nothing implements BackDialect {
        @Override
        public Era era() {
            return Era.UNKNOWN;
        }

        @Override
        public UpstreamTransport transport() {
            return UpstreamTransport.HTTP;
        }

        @Override
        public String version() {
            return "";
        }

        @Override
        public Flux<JsonRpc> call(Exchange exchange) {
            return Flux.empty();
        }

        @Override
        public Flux<JsonRpc> tell(Exchange exchange) {
            return Flux.empty();
        }

        @Override
        public Flux<JsonRpc> listen(Exchange exchange, List<String> resourceUris) {
            return Flux.empty();
        }

        @Override
        public Mono<Listing> list() {
            return Mono.empty();
        }

        @Override
        public Flux<String> changes() {
            return Flux.empty();
        }
    }
}
