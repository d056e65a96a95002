package io.headgate.benchmarks.load.attack;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** A hundred bodies of 4 MiB at a time whose last byte never comes, each on a connection of its own. */
final class UnfinishedBodies extends Attack {
    private static final int BODY = 4 * 1024 * 1024;
    private static final int PART = 256 * 1024;
    private static final int AT_A_TIME = 100;

    private final Door door;
    private final Deque<Line> unfinished = new ArrayDeque<>();
    private @Nullable Line line;
    private long begun;

    UnfinishedBodies(Door door) {
        this.door = door;
    }

    /** 8 MiB a second. */
    @Override
    double stepsPerSecond() {
        return 32;
    }

    @Override
    void step() throws IOException {
        for (Line held : unfinished) {
            String status = held.status();
            if (status != null) {
                effort.answered(status);
            }
        }
        unfinished.removeIf(Line::isClosed);
        Line sending = line;
        if (sending == null) {
            sending = new Line(door.port(), effort)
                    .send(door.head(door.key(begun++), BODY))
                    .letters(BODY - 1);
            line = sending;
        }
        sending.write(PART);
        if (sending.status() != null) {
            effort.answered("early");
        }
        if (sending.isWritten()) {
            unfinished.add(sending);
        }
        if (sending.isWritten() || sending.isClosed()) {
            line = null;
        }
        if (unfinished.size() > AT_A_TIME) {
            unfinished.remove().close();
        }
    }

    @Override
    void end() {
        unfinished.forEach(Line::close);
        unfinished.clear();
        if (line != null) {
            line.close();
            line = null;
        }
    }
}
