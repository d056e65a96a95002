package io.headgate.benchmarks.load.attack;

import java.io.IOException;

/** Calls at a server with sessions, each of a client that says something else of what it can do. */
final class ManyCapabilities extends Attack {
    private static final int LINES = 8;
    private static final String[] PARTS = {
        "\"elicitation\":{\"form\":{}}", "\"sampling\":{}", "\"roots\":{}", "\"sampling\":{\"tools\":{}}"
    };

    private final Door door;
    private final Lines lines;
    private long calls;

    ManyCapabilities(Door door) {
        this.door = door;
        lines = new Lines(door.port(), LINES, effort);
    }

    @Override
    double stepsPerSecond() {
        return 50;
    }

    @Override
    void step() throws IOException {
        long number = calls++;
        String capabilities = "{\"experimental\":{\"a" + number + "\":{}}," + PARTS[(int) (number % PARTS.length)]
                + ",\"extensions\":{\"example.com/b" + number + "\":{}}}";
        lines.send(door.call(door.key(1), "old__echo", "{\"message\":\"hi\"}", capabilities));
    }

    @Override
    void end() {
        lines.close();
    }
}
