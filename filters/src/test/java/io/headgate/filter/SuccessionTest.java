package io.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SuccessionTest {
    private final List<String> followed = new ArrayList<>();
    private final Succession<String> succession = new Succession<>("first", followed::add);
    private final Succession<String>.Turn first = succession.first();

    @Test
    void theNewestThatWasUsedDecides() {
        Succession<String>.Turn second = succession.next("second");
        Succession<String>.Turn third = succession.next("third");
        first.use();
        assertThat(succession.config()).isEqualTo("first");
        third.use();
        assertThat(succession.config()).isEqualTo("third");
        // Late calls of those before change nothing.
        second.use();
        first.use();
        assertThat(succession.config()).isEqualTo("third");
        assertThat(followed).containsExactly("third");
    }

    @Test
    void theNewestThatIsLeftDecidesWhenTheOneThatDidEnds() {
        Succession<String>.Turn second = succession.next("second");
        assertThat(first.end()).isFalse();
        assertThat(succession.config()).isEqualTo("second");
        assertThat(second.end()).isTrue();
        assertThat(followed).containsExactly("second");
    }

    @Test
    void oneThatWasNeverUsedLeavesNoTrace() {
        Succession<String>.Turn second = succession.next("second");
        assertThat(second.end()).isFalse();
        first.use();
        assertThat(followed).isEmpty();
        assertThat(first.end()).isTrue();
    }

    @Test
    void oneThatDecidedAndEndsGivesWayToTheOneBefore() {
        Succession<String>.Turn second = succession.next("second");
        second.use();
        assertThat(second.end()).isFalse();
        assertThat(succession.config()).isEqualTo("first");
        assertThat(second.end()).isFalse();
        assertThat(first.end()).isTrue();
        assertThat(first.end()).isFalse();
    }
}
