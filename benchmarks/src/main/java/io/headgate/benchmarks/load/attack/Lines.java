package io.headgate.benchmarks.load.attack;

import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Connections that are used in turn, each with one request at a time. */
final class Lines {
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private final int port;
    private final Effort effort;
    private final @Nullable Line[] lines;
    private final long[] askedAt;
    private int next;

    Lines(int port, int count, Effort effort) {
        this.port = port;
        this.effort = effort;
        lines = new Line[count];
        askedAt = new long[count];
    }

    /** Sends it on the next connection; not at all if the one before was not answered there. */
    void send(byte[] request) throws IOException {
        int at = next;
        next = (next + 1) % lines.length;
        Line line = lines[at];
        if (line != null && line.isWritten()) {
            hear(line, at);
        }
        if (line == null || line.isClosed()) {
            line = new Line(port, effort);
            lines[at] = line;
            askedAt[at] = 0;
        }
        if (!line.isWritten()) {
            line.write(request.length);
        } else if (askedAt[at] == 0) {
            askedAt[at] = System.nanoTime();
            line.send(request).write(request.length);
        } else if (System.nanoTime() - askedAt[at] > PATIENCE_NANOS) {
            effort.answered("none");
            line.close();
        }
    }

    private void hear(Line line, int at) {
        String status = line.status();
        if (status != null) {
            effort.answered(status);
            askedAt[at] = 0;
        }
    }

    void close() {
        for (int i = 0; i < lines.length; i++) {
            if (lines[i] != null) {
                Objects.requireNonNull(lines[i]).close();
                lines[i] = null;
            }
        }
    }
}
