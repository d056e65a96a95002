package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingLineTest {
    private final WaitingLine line = new WaitingLine();

    @Test
    void servesTheOldestFirst() {
        add("a1", "a2", "a3");
        assertThat(all()).containsExactly("a1", "a2", "a3");
    }

    @Test
    void servesCallersInTurn() {
        add("a1", "a2", "a3", "a4", "b1", "b2", "c1");
        assertThat(all()).containsExactly("a1", "b1", "c1", "a2", "b2", "a3", "a4");
    }

    @Test
    void servesBatchWhenNobodyElseWaits() {
        line.add(new Call("a9", true));
        add("b1", "b2");
        assertThat(all()).containsExactly("b1", "b2", "a9");
    }

    @Test
    void forgetsWhoLeft() {
        Call left = new Call("a1", false);
        Call only = new Call("b1", false);
        line.add(left);
        add("a2");
        line.add(only);
        assertThat(line.remove(left)).isTrue();
        assertThat(line.remove(left)).isFalse();
        assertThat(line.remove(only)).isTrue();
        assertThat(line.remove(new Call("c1", true))).isFalse();
        assertThat(line.size()).isEqualTo(1);
        assertThat(all()).containsExactly("a2");
    }

    private void add(String... names) {
        for (String name : names) {
            line.add(new Call(name, false));
        }
    }

    private List<String> all() {
        List<String> names = new ArrayList<>();
        for (WaitingCall next = line.next(); next != null; next = line.next()) {
            names.add(((Call) next).name());
        }
        assertThat(line.size()).isZero();
        return names;
    }

    /** The first letter is the caller. */
    private record Call(String name, boolean isBatch) implements WaitingCall {
        @Override
        public String caller() {
            return name.substring(0, 1);
        }

        @Override
        public boolean comesFirst() {
            return false;
        }

        @Override
        public void go(int startedInFlight) {}
    }
}
