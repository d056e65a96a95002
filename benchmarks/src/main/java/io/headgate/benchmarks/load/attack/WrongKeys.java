package io.headgate.benchmarks.load.attack;

import java.io.IOException;

/** Guesses keys, from the address that everybody calls from. */
final class WrongKeys extends Attack {
    private static final int LINES = 8;

    private final Door door;
    private final Lines lines;
    private long guesses;

    WrongKeys(Door door) {
        this.door = door;
        lines = new Lines(door.port(), LINES, effort);
    }

    @Override
    double stepsPerSecond() {
        return 200;
    }

    @Override
    void step() throws IOException {
        lines.send(door.call("guess-" + guesses++, "demo__echo", "{\"message\":\"hi\"}"));
    }

    @Override
    void end() {
        lines.close();
    }
}
