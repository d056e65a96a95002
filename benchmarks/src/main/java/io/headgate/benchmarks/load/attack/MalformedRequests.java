package io.headgate.benchmarks.load.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Requests that are none, so that the gateway has something to log: HTTP/2 with a space in the method, and bad HTTP/1.1. */
final class MalformedRequests extends Attack {
    private static final int CONNECTIONS = 16;
    private static final int STREAMS_A_CONNECTION = 100;
    private static final List<String> HEADS = List.of(
            "PO ST /mcp HTTP/1.1\r\nHost: h\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nHost : h\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
            "POST /mcp HTTP/9.9\r\nHost: h\r\n\r\n",
            "\u001b[31mPOST\u001b[0m /mcp HTTP/1.1\r\n\r\n",
            "GET /mcp HTTP/1.1\r\nHost: h\r\n folded: yes\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");

    private final Door door;
    private final byte[] block;
    private @Nullable Http2Line http2;
    private final Deque<Line> http1 = new ArrayDeque<>();
    private int streams;
    private long steps;

    MalformedRequests(Door door) {
        this.door = door;
        block = Http2Line.block(
                ":method",
                "GE T",
                ":path",
                "/mcp",
                ":scheme",
                "http",
                ":authority",
                "127.0.0.1:" + door.port(),
                "x-more",
                "\u001b[31m" + "w".repeat(200));
    }

    /** A hundred of each kind. */
    @Override
    double stepsPerSecond() {
        return 200;
    }

    @Override
    void step() throws IOException {
        if (steps++ % 2 == 0) {
            stepOfHttp2();
        } else {
            stepOfHttp1();
        }
    }

    private void stepOfHttp2() throws IOException {
        Http2Line line = http2;
        if (line != null) {
            line.read();
            if (streams >= STREAMS_A_CONNECTION) {
                line.close();
            }
        }
        if (line == null || line.isClosed()) {
            line = new Http2Line(door.port(), effort);
            http2 = line;
            streams = 0;
        }
        streams++;
        line.open(block, /* isOver= */ true);
    }

    /** A connection is closed when its answer had time to come. */
    private void stepOfHttp1() throws IOException {
        if (http1.size() >= CONNECTIONS) {
            Line oldest = http1.remove();
            String status = oldest.status();
            effort.answered(status == null ? "none" : status);
            oldest.close();
        }
        byte[] head = HEADS.get((int) (steps / 2 % HEADS.size())).getBytes(ISO_8859_1);
        Line line = new Line(door.port(), effort).send(head);
        line.write(head.length);
        http1.add(line);
    }

    @Override
    void end() {
        http1.forEach(Line::close);
        http1.clear();
        if (http2 != null) {
            http2.close();
            http2 = null;
        }
    }
}
