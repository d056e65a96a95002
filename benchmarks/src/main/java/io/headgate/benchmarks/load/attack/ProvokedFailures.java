package io.headgate.benchmarks.load.attack;

import java.io.IOException;

/**
 * Calls at a healthy server that fail because of their arguments: answers beyond {@code messageBytes}, internal errors, and
 * the status 500.
 */
final class ProvokedFailures extends Attack {
    private static final int LINES = 16;
    private static final String[][] CALLS = {
        {"demo__big", "{\"bytes\":1100000}"},
        {"demo__fail", "{\"rate\":1}"},
        {"demo__fail", "{\"rate\":1,\"status\":500}"},
    };

    private final Door door;
    private final Lines lines;
    private long calls;

    ProvokedFailures(Door door) {
        this.door = door;
        lines = new Lines(door.port(), LINES, effort);
    }

    /** Thirty of each kind. */
    @Override
    double stepsPerSecond() {
        return 90;
    }

    /** All of one caller: more of them that fail at a time are a server that fails. */
    @Override
    void step() throws IOException {
        String[] call = CALLS[(int) (calls++ % CALLS.length)];
        lines.send(door.call(door.key(0), call[0], call[1]));
    }

    @Override
    void end() {
        lines.close();
    }
}
