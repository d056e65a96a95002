package io.headgate.benchmarks.load.attack;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;

/** Says on each GET stream a thousand times a second that its list of tools has changed. */
final class ChangingServer extends HostileServer {
    private static final String MESSAGES =
            ("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}" + "\n\n").repeat(20);
    private static final long PAUSE_MILLIS = 20;

    ChangingServer() throws IOException {
        super("changing", "still");
    }

    @Override
    void push(OutputStream out) throws IOException, InterruptedException {
        effort.step();
        say(out, MESSAGES);
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
}
