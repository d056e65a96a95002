package io.headgate.benchmarks.load;

import java.util.function.Consumer;

/** Looks for the second from which on nearly as many calls are good as before. */
final class Recovery implements Consumer<Tally> {
    private static final double RECOVERED = 0.9;

    private final double enough;
    private final Consumer<Tally> next;
    private int second;
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
        if (last.good < enough) {
            since = -1;
        } else if (since < 0) {
            since = second;
        }
    }

    /** The number of that second, from 1 on; -1 if there was none. */
    int seconds() {
        return since;
    }
}
