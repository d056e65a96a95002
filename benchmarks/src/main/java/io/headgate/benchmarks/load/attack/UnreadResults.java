package io.headgate.benchmarks.load.attack;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Results of 15 MiB, sixty at a time, half of which are read slowly and half of which are not read. */
final class UnreadResults extends Attack {
    private static final String TOOL = "large__large";
    private static final String ARGUMENTS = "{\"bytes\":" + 15 * 1024 * 1024 + "}";
    private static final int AT_A_TIME = 60;
    private static final int STEPS_A_CALL = 10;

    private final Door door;
    private final Deque<Line> slow = new ArrayDeque<>();
    private final Deque<Line> unread = new ArrayDeque<>();
    private long steps;
    private long calls;

    UnreadResults(Door door) {
        this.door = door;
    }

    /** One call a second; at the most 640 KiB a second are read of each result that is read at all. */
    @Override
    double stepsPerSecond() {
        return 10;
    }

    @Override
    void step() throws IOException {
        for (Line line : slow) {
            String status = line.status();
            if (status != null) {
                effort.answered(status);
            }
        }
        slow.removeIf(Line::isClosed);
        if (steps++ % STEPS_A_CALL == 0) {
            byte[] request = door.call(door.key(calls), TOOL, ARGUMENTS);
            Deque<Line> kind = calls % 2 == 0 ? slow : unread;
            calls++;
            Line line = new Line(door.port(), effort).send(request);
            line.write(request.length);
            kind.add(line);
            if (kind.size() > AT_A_TIME / 2) {
                kind.remove().close();
            }
        }
    }

    @Override
    void end() {
        slow.forEach(Line::close);
        slow.clear();
        unread.forEach(Line::close);
        unread.clear();
    }
}
