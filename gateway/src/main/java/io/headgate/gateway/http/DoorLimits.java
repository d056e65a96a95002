package io.headgate.gateway.http;

import java.time.Duration;

/**
 * How much one client may send, hold and wait at the door.
 *
 * @param requestLine bytes of the request line
 * @param headerBytes bytes of all header fields together
 * @param headerCount header fields, and trailer fields, of one request
 * @param authorizationBytes bytes of the Authorization field
 * @param bodyBytes bytes of one body
 * @param headerTimeout how long a request head, or a TLS handshake, may take
 * @param bodyTimeout how long a body may come slower than {@code bodyMinRate}
 * @param bodyMinRate bytes per second that a body must bring
 * @param keepAliveIdle how long a connection without a request stays open
 * @param pipelineDepth requests that may wait behind the one being answered on HTTP/1.1
 * @param streams HTTP/2 streams open at once on one connection
 * @param resetsPer30s HTTP/2 streams of one connection that may be reset in 30 seconds, by either side
 * @param controlFramesPerSecond HTTP/2 frames of one control kind in one second
 * @param sseKeepAlive how long an event stream may be silent before a comment is sent
 * @param sseWriteStall how long a client may take to read what is held for it
 * @param streamBufferBytes bytes held for one client before its writer should wait
 * @param connections open connections of the whole door
 */
public record DoorLimits(
        int requestLine,
        int headerBytes,
        int headerCount,
        int authorizationBytes,
        int bodyBytes,
        Duration headerTimeout,
        Duration bodyTimeout,
        int bodyMinRate,
        Duration keepAliveIdle,
        int pipelineDepth,
        int streams,
        int resetsPer30s,
        int controlFramesPerSecond,
        Duration sseKeepAlive,
        Duration sseWriteStall,
        int streamBufferBytes,
        int connections) {
    public static final DoorLimits DEFAULT = new DoorLimits(
            4096,
            16 * 1024,
            100,
            8 * 1024,
            4 * 1024 * 1024,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            1024,
            Duration.ofSeconds(60),
            16,
            100,
            200,
            100,
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            256 * 1024,
            50_000);

    public DoorLimits {
        positive("requestLine", requestLine);
        positive("headerBytes", headerBytes);
        positive("headerCount", headerCount);
        positive("authorizationBytes", authorizationBytes);
        positive("bodyBytes", bodyBytes);
        positive("headerTimeout", headerTimeout);
        positive("bodyTimeout", bodyTimeout);
        positive("bodyMinRate", bodyMinRate);
        positive("keepAliveIdle", keepAliveIdle);
        positive("pipelineDepth", pipelineDepth);
        positive("streams", streams);
        positive("resetsPer30s", resetsPer30s);
        positive("controlFramesPerSecond", controlFramesPerSecond);
        positive("sseKeepAlive", sseKeepAlive);
        positive("sseWriteStall", sseWriteStall);
        positive("streamBufferBytes", streamBufferBytes);
        positive("connections", connections);
    }

    /** How often the clocks of all these limits are looked at: often enough for the shortest, and twice a second. */
    Duration tick() {
        Duration shortest = Duration.ofSeconds(2);
        for (Duration each : new Duration[] {headerTimeout, bodyTimeout, keepAliveIdle, sseKeepAlive, sseWriteStall}) {
            shortest = each.compareTo(shortest) < 0 ? each : shortest;
        }
        Duration quarter = shortest.dividedBy(4);
        return quarter.toMillis() < 10 ? Duration.ofMillis(10) : quarter;
    }

    private static void positive(String name, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }
}
