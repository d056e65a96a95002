package io.headgate.benchmarks.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Consumer;

/** Looks for the second from which on a server never had more than a few calls in flight. */
final class Freed implements Consumer<Tally> {
    private static final int FEW = 10;

    private final Fleet fleet;
    private final String server;
    private final Consumer<Tally> next;
    private int second;
    private int most;
    private int since = -1;

    Freed(Fleet fleet, String server, Consumer<Tally> next) {
        this.fleet = fleet;
        this.server = server;
        this.next = next;
    }

    @Override
    public void accept(Tally last) {
        next.accept(last);
        second++;
        int inFlight = inFlight();
        most = Math.max(most, inFlight);
        if (inFlight > FEW) {
            since = -1;
        } else if (since < 0) {
            since = second;
        }
    }

    private int inFlight() {
        try {
            return fleet.limiter(server, "work").path("inFlight").asInt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return Integer.MAX_VALUE;
        }
    }

    /** The number of that second, from 1 on; -1 if there was none. */
    int seconds() {
        return since;
    }

    /** How many calls were in flight at the most. */
    int most() {
        return most;
    }
}
