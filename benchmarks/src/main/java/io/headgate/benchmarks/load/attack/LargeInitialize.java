package io.headgate.benchmarks.load.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** {@code initialize} with 3.9 MB of client information again and again, with a key and without one in turn. */
final class LargeInitialize extends Attack {
    private static final int LETTERS = 3_900_000;
    private static final int PART = 256 * 1024;
    private static final int WAITING = 4;

    private final Door door;
    private final Deque<Line> waiting = new ArrayDeque<>();
    private @Nullable Line line;
    private long begun;

    LargeInitialize(Door door) {
        this.door = door;
    }

    /** About two bodies a second. */
    @Override
    double stepsPerSecond() {
        return 32;
    }

    @Override
    void step() throws IOException {
        for (Line asked : waiting) {
            String status = asked.status();
            if (status != null) {
                effort.answered(status);
                asked.close();
            }
        }
        waiting.removeIf(Line::isClosed);
        Line sending = line == null ? begin() : line;
        line = sending;
        sending.write(PART);
        if (sending.isWritten()) {
            waiting.add(sending);
        }
        if (sending.isWritten() || sending.isClosed()) {
            line = null;
        }
        if (waiting.size() > WAITING) {
            waiting.remove().close();
            effort.answered("none");
        }
    }

    private Line begin() throws IOException {
        String key = begun % 2 == 0 ? door.key(begun / 2) : Door.NO_KEY;
        begun++;
        return new Line(door.port(), effort)
                .send(door.head(key, Door.INITIALIZE.length() + LETTERS + Door.END.length()))
                .send(Door.INITIALIZE.getBytes(ISO_8859_1))
                .letters(LETTERS)
                .send(Door.END.getBytes(ISO_8859_1));
    }

    @Override
    void end() {
        waiting.forEach(Line::close);
        waiting.clear();
        if (line != null) {
            line.close();
            line = null;
        }
    }
}
