package io.headgate.benchmarks.load;

import java.util.function.Consumer;

/** Draws what came to a server beside what was called. */
final class Attempts implements Consumer<Tally> {
    private final Consumer<Tally> next;
    private final Relay relay;
    private final Picture.Chart chart;
    private long seen;
    private int second;

    Attempts(Consumer<Tally> next, Relay relay, String name, Picture picture) {
        this.next = next;
        this.relay = relay;
        this.chart = picture.chart(name + ": attempts/s");
        this.seen = relay.calls();
    }

    @Override
    public void accept(Tally last) {
        next.accept(last);
        second++;
        long now = relay.calls();
        chart.add("called", second, (double) last.offered);
        chart.add("came to the server", second, (double) (now - seen));
        seen = now;
    }
}
