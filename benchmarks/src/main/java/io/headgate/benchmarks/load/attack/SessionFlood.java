package io.headgate.benchmarks.load.attack;

import java.io.IOException;

/** Small {@code initialize} requests, as many as fill the table of sessions, none of which is used. */
final class SessionFlood extends Attack {
    private static final int LINES = 8;

    private final Door door;
    private final Lines lines;
    private long sent;

    SessionFlood(Door door) {
        this.door = door;
        lines = new Lines(door.port(), LINES, effort);
    }

    @Override
    double stepsPerSecond() {
        return 100;
    }

    @Override
    void step() throws IOException {
        lines.send(door.post(door.key(sent++), Door.INITIALIZE + "1" + Door.END));
    }

    @Override
    void end() {
        lines.close();
    }
}
