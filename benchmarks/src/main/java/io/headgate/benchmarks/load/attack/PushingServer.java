package io.headgate.benchmarks.load.attack;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;

/** Pushes a log message of 8 MB every two seconds on each GET stream that it has. */
final class PushingServer extends HostileServer {
    private static final int LETTERS = 8 * 1024 * 1024;
    private static final long PAUSE_MILLIS = 2_000;

    PushingServer() throws IOException {
        super("pushing", "large");
    }

    @Override
    void push(OutputStream out) throws IOException, InterruptedException {
        effort.step();
        say(
                out,
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"");
        letters(out, LETTERS);
        say(out, "\"}}\n\n");
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
}
