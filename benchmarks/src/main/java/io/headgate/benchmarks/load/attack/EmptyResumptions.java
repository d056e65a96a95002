package io.headgate.benchmarks.load.attack;

import java.io.IOException;

/** Calls at the server that answers each with {@code retry: 0}, an id and nothing else, see {@link EmptyServer}. */
final class EmptyResumptions extends Attack {
    private static final int LINES = 8;

    private final Door door;
    private final Lines lines;

    EmptyResumptions(Door door) {
        this.door = door;
        lines = new Lines(door.port(), LINES, effort);
    }

    @Override
    double stepsPerSecond() {
        return 8;
    }

    @Override
    void step() throws IOException {
        lines.send(door.call(door.key(2), "empty__wait", "{}"));
    }

    @Override
    void end() {
        lines.close();
    }
}
