package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.RequestHeaders;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SharesTest {
    private static final int QUIET = 3;
    private static final int LOUD = 7;
    private static final long STRETCH = TimeUnit.MILLISECONDS.toNanos(200);

    private final Shares shares = new Shares(0);
    private long now;

    @Test
    void whoAsksForLessThanOthersIsKnownAtOnce() {
        asked(QUIET, 20);
        asked(LOUD, 20);
        assertThat(shares.asksForLessThanOthers(QUIET)).isFalse();
        turn(0);
        asked(QUIET, 1);
        asked(LOUD, 10);
        assertThat(shares.asksForLessThanOthers(QUIET)).isTrue();
        assertThat(shares.asksForLessThanOthers(LOUD)).isFalse();
        // A stretch that has just begun says nothing by itself.
        asked(LOUD, 40);
        turn(0);
        asked(QUIET, 1);
        assertThat(shares.asksForLessThanOthers(QUIET)).isTrue();
    }

    @Test
    void nobodyAsksForLessThanOthersAlone() {
        asked(LOUD, 20);
        assertThat(shares.asksForLessThanOthers(LOUD)).isFalse();
    }

    @Test
    void whoAsksForLessThanItsPartOfWhatIsServedIsNotTheCrowd() {
        asked(QUIET, 20);
        asked(LOUD, 400);
        turn(340);
        assertThat(shares.knowsCrowd()).isTrue();
        assertThat(shares.asksForLess(QUIET)).isTrue();
        assertThat(shares.asksForLess(LOUD)).isFalse();
        // In this stretch too.
        asked(QUIET, 60);
        assertThat(shares.asksForLess(QUIET)).isTrue();
        asked(QUIET, 1);
        assertThat(shares.asksForLess(QUIET)).isFalse();
    }

    @Test
    void whatTheSmallOnesLeaveIsForTheOthers() {
        for (int caller = 20; caller < 50; caller++) {
            asked(caller, 1);
        }
        asked(QUIET, 20);
        asked(LOUD, 400);
        turn(370);
        // Of 80 they leave 50, of which the quiet one takes 20: more than a part in 32 for each.
        assertThat(shares.asksForLess(20)).isTrue();
        assertThat(shares.asksForLess(QUIET)).isTrue();
        assertThat(shares.asksForLess(LOUD)).isFalse();
    }

    /** Few are let in then, though the server does as much as ever. */
    @Test
    void whatIsServedCountsWhileTooManyWhoAreHereLeave() {
        asked(LOUD, 100);
        now += STRETCH;
        shares.turn(now, 70);
        asked(QUIET, 20);
        asked(LOUD, 400);
        for (int i = 0; i < 400; i++) {
            shares.refused();
        }
        now += STRETCH;
        shares.turn(now, 10);
        assertThat(shares.asksForLess(QUIET)).isTrue();
        assertThat(shares.asksForLess(LOUD)).isFalse();
    }

    @Test
    void oneCallerAloneIsTheCrowd() {
        asked(LOUD, 400);
        turn(320);
        assertThat(shares.asksForLess(LOUD)).isFalse();
    }

    @Test
    void manyWhoAskForLittleAreACrowdTogether() {
        for (int caller = 0; caller < 100; caller++) {
            asked(caller, 4);
        }
        turn(320);
        assertThat(shares.asksForLess(QUIET)).isFalse();
        // Not even one that comes only now.
        asked(200, 1);
        assertThat(shares.asksForLess(200)).isFalse();
    }

    @Test
    void thereIsNoCrowdWhileNobodyIsRefused() {
        assertThat(shares.knowsCrowd()).isFalse();
        asked(LOUD, 400);
        turn(320);
        asked(LOUD, 400);
        turn(0);
        assertThat(shares.knowsCrowd()).isFalse();
    }

    @Test
    void aKeyHasOnePlaceHoweverItIsShown() {
        int place = place("Authorization", "Bearer key-of-alice");
        assertThat(place).isNotZero().isNotEqualTo(place("Authorization", "Bearer key-of-bob"));
        assertThat(place("Authorization", "bEARER key-of-alice")).isEqualTo(place);
        assertThat(place("X-Api-Key", "key-of-alice")).isEqualTo(place);
        assertThat(Shares.placeOf(RequestHeaders.NONE)).isZero();
    }

    private static int place(String field, String value) {
        return Shares.placeOf(new RequestHeaders() {
            @Override
            public @Nullable String get(String name) {
                return name.equalsIgnoreCase(field) ? value : null;
            }

            @Override
            public void forEach(BiConsumer<String, String> visitor) {
                visitor.accept(field, value);
            }
        });
    }

    @Test
    void waitsForEnoughCallsToTell() {
        asked(LOUD, 39);
        shares.refused();
        now += STRETCH;
        shares.turn(now, 0);
        assertThat(shares.knowsCrowd()).isFalse();
        asked(LOUD, 1);
        shares.turn(now, 0);
        assertThat(shares.knowsCrowd()).isTrue();
        asked(LOUD, 1);
        now += TimeUnit.SECONDS.toNanos(5);
        shares.turn(now, 0);
        assertThat(shares.knowsCrowd()).isFalse();
    }

    private void asked(int place, int calls) {
        for (int i = 0; i < calls; i++) {
            shares.asked(place);
        }
    }

    /** The stretch is over, in which so many were refused. */
    private void turn(int refused) {
        for (int i = 0; i < refused; i++) {
            shares.refused();
        }
        now += STRETCH;
        shares.turn(now, 0);
    }
}
