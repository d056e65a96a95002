package io.headgate.benchmarks.load.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Sessions of clients at the server that pushes, see {@link PushingServer}, so that it has streams to push on. */
final class PushedMessages extends Attack {
    private static final int SESSIONS = 4;
    private static final String SESSION = "mcp-session-id: ";
    private static final String VERSION = "MCP-Protocol-Version: 2025-11-25";
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final String CALL = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{"
            + "\"name\":\"pushing__large\",\"arguments\":{\"bytes\":10}}}";

    private final Door door;
    private final List<String> sessions = new ArrayList<>();
    private long steps;

    PushedMessages(Door door) {
        this.door = door;
    }

    @Override
    double stepsPerSecond() {
        return 2;
    }

    @Override
    void step() throws IOException {
        String key = door.key(3);
        if (sessions.size() < SESSIONS) {
            String session = session(ask(door.post(key, Door.INITIALIZE + "1" + Door.END)));
            if (session != null) {
                sessions.add(session);
                ask(call(key, session));
            }
            return;
        }
        int at = (int) (steps++ % SESSIONS);
        String answer = ask(call(key, sessions.get(at)));
        if (answer.startsWith("HTTP/1.1 404")) {
            sessions.remove(at);
        }
    }

    private byte[] call(String key, String session) {
        return door.post(key, CALL, "Mcp-Session-Id: " + session, VERSION);
    }

    private static @Nullable String session(String answer) {
        int at = answer.toLowerCase(Locale.ROOT).indexOf(SESSION);
        return at < 0 ? null : answer.substring(at + SESSION.length(), answer.indexOf('\r', at));
    }

    /** What begins to come within a few seconds. */
    private String ask(byte[] request) throws IOException {
        Line line = new Line(door.port(), effort);
        try {
            line.send(request).write(request.length);
            long end = System.nanoTime() + PATIENCE_NANOS;
            while (!line.isClosed() && System.nanoTime() < end) {
                String status = line.status();
                if (status != null) {
                    effort.answered(status);
                    return line.text();
                }
                TimeUnit.MILLISECONDS.sleep(5);
            }
            return "";
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return "";
        } finally {
            line.close();
        }
    }

    @Override
    void end() {
        String key = door.key(3);
        for (String session : sessions) {
            try {
                ask(("DELETE /mcp HTTP/1.1\r\nHost: 127.0.0.1:" + door.port() + "\r\nAuthorization: Bearer " + key
                                + "\r\nMcp-Session-Id: " + session + "\r\n" + VERSION + "\r\n\r\n")
                        .getBytes(ISO_8859_1));
            } catch (IOException gone) {
                // The gateway ends it by itself.
            }
        }
        sessions.clear();
    }
}
