package io.headgate.benchmarks.load.attack;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A hundred bodies of 4 MiB at a time whose last byte never comes, as streams of one HTTP/2 connection. */
final class UnfinishedStreams extends Attack {
    private static final int BODY = 4 * 1024 * 1024;
    private static final int PART = 64 * 1024;
    private static final int AT_A_TIME = 100;

    private final Door door;
    private final Deque<Integer> streams = new ArrayDeque<>();
    private final Map<Integer, Integer> left = new HashMap<>();
    private @Nullable Http2Line line;
    private long begun;

    UnfinishedStreams(Door door) {
        this.door = door;
    }

    /** 8 MiB a second. */
    @Override
    double stepsPerSecond() {
        return 128;
    }

    /** The next stream gets a part, as far as its window allows; the oldest ends when all have what they should have. */
    @Override
    void step() throws IOException {
        Http2Line sending = line;
        if (sending == null || sending.isClosed()) {
            end();
            sending = new Http2Line(door.port(), effort);
            line = sending;
        }
        sending.read();
        Http2Line open = sending;
        streams.removeIf(stream -> !open.isOpen(stream));
        left.keySet().retainAll(streams);
        if (streams.size() < AT_A_TIME) {
            begin(open);
        }
        int count = PART;
        for (int tries = streams.size(); tries > 0 && count > 0; tries--) {
            int stream = streams.remove();
            streams.add(stream);
            int most = Math.min(count, left.getOrDefault(stream, 0));
            int sent = open.letters(stream, most);
            left.merge(stream, -sent, Integer::sum);
            count -= sent;
        }
        if (streams.size() == AT_A_TIME && left.values().stream().allMatch(bytes -> bytes == 0)) {
            open.cancel(streams.remove());
        }
    }

    private void begin(Http2Line open) {
        int stream = open.open(head(), /* isOver= */ false);
        streams.add(stream);
        left.put(stream, BODY - 1);
    }

    private byte[] head() {
        return Http2Line.block(
                ":method",
                "POST",
                ":path",
                "/mcp",
                ":scheme",
                "http",
                ":authority",
                "127.0.0.1:" + door.port(),
                "content-type",
                "application/json",
                "accept",
                "application/json, text/event-stream",
                "authorization",
                "Bearer " + door.key(begun++),
                "content-length",
                Integer.toString(BODY));
    }

    @Override
    void end() {
        streams.clear();
        left.clear();
        if (line != null) {
            line.close();
            line = null;
        }
    }
}
