package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.RequestHeaders;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SharesTest {
    private static final int QUIET = 3;
    private static final int LOUD = 7;

    private final Shares shares = new Shares();

    @Test
    void whoHasLessThanOthersIsBelow() {
        shares.add(QUIET);
        shares.add(LOUD);
        shares.add(LOUD);
        assertThat(shares.isBelow(QUIET, 3)).isTrue();
        assertThat(shares.isBelow(LOUD, 3)).isFalse();
    }

    @Test
    void whoAsksForLessThanItsPartOfWhatIsServedIsNotTheCrowd() {
        asked(20, 400);
        shares.nextStretch(80);
        assertThat(shares.asksForLess(QUIET)).isTrue();
        assertThat(shares.asksForLess(LOUD)).isFalse();
        // In this stretch too.
        asked(40, 0);
        assertThat(shares.asksForLess(QUIET)).isFalse();
    }

    @Test
    void oneCallerAloneIsTheCrowd() {
        asked(0, 400);
        shares.nextStretch(80);
        assertThat(shares.asksForLess(LOUD)).isFalse();
    }

    @Test
    void manyWhoAskForLittleAreACrowdTogether() {
        for (int caller = 0; caller < 100; caller++) {
            for (int call = 0; call < 4; call++) {
                shares.asked(caller);
            }
        }
        shares.nextStretch(80);
        assertThat(shares.asksForLess(QUIET)).isFalse();
    }

    @Test
    void nobodyAsksForLessBeforeThereWasAStretch() {
        assertThat(shares.asksForLess(QUIET)).isFalse();
        asked(1, 400);
        shares.nextStretch(80);
        shares.forget();
        assertThat(shares.asksForLess(QUIET)).isFalse();
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

    private void asked(int quiet, int loud) {
        for (int i = 0; i < quiet; i++) {
            shares.asked(QUIET);
        }
        for (int i = 0; i < loud; i++) {
            shares.asked(LOUD);
        }
    }
}
