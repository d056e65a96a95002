package io.headgate.benchmarks.load;

import java.util.function.Consumer;

/** Looks for the first of three seconds in a row in which nearly as many calls are good as before. */
final class Recovery implements Consumer<Tally> {
    private static final double RECOVERED = 0.9;
    private static final int IN_A_ROW = 3;

    private final double enough;
    private final Consumer<Tally> next;
    private int second;
    private int good;
    private int since = -1;

    /** @param goodput good calls a second, as it was before */
    Recovery(double goodput, Consumer<Tally> next) {
        this.enough = RECOVERED * goodput;
        this.next = next;
    }

    @Override
    public void accept(Tally last) {
        next.accept(last);
        second++;
        good = last.good < enough ? 0 : good + 1;
        if (good == IN_A_ROW && since < 0) {
            since = second - IN_A_ROW + 1;
        }
    }

    /** The number of that second, from 1 on; -1 if there was none. */
    int seconds() {
        return since;
    }
}
