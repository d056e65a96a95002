package io.headgate.gateway.upstream.wire;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a parser finds in a stream of server-sent events, for fuzz targets to compare. */
final class SseStreams {
    /** The name beside {@code message} that is asked for. */
    static final String WANTED = "endpoint";

    /** Small enough that inputs reach it. */
    private static final int SMALL = 64;

    private static final int LARGE = 1 << 20;

    /** What one byte of an input stands for, so that a short one can have a line that is too long for one array. */
    private static final int LONG = 40_000;

    private static final byte LONG_MARK = 0x01;

    private SseStreams() {}

    /**
     * All that a stream said.
     *
     * @param tooLarge whether it was given up
     * @param events what came before that, each with its name if that is the wanted one
     */
    record Found(
            List<String> events, boolean tooLarge, @Nullable String lastId, long retryMillis, boolean isInsideEvent) {
        /** What is left to compare when reading stopped in the middle. */
        Found firm() {
            return tooLarge ? new Found(events, true, null, -1, false) : this;
        }
    }

    /** The limit of an event: that of half the inputs is small. */
    static int limit(byte[] input) {
        return input.length > 0 && (input[0] & 1) == 1 ? SMALL : LARGE;
    }

    /** The stream behind the first byte, which chooses the limit. */
    static byte[] stream(byte[] input) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int marks = 0;
        for (int i = 1; i < input.length; i++) {
            if (input[i] == LONG_MARK && marks++ < 3) {
                byte[] filling = new byte[LONG];
                Arrays.fill(filling, (byte) 'x');
                out.writeBytes(filling);
            } else {
                out.write(input[i]);
            }
        }
        return out.toByteArray();
    }

    static Found read(int limit, byte[]... portions) {
        SseParser parser = new SseParser(limit, WANTED);
        List<String> events = new ArrayList<>();
        boolean tooLarge = false;
        try {
            for (byte[] portion : portions) {
                var in = Unpooled.wrappedBuffer(portion);
                while (parser.next(in)) {
                    int length = parser.dataLength();
                    String data = new String(parser.takeData(), 0, length, StandardCharsets.UTF_8);
                    events.add((parser.isWanted() ? WANTED : "message") + ":" + data);
                }
            }
        } catch (SseParser.TooLargeException large) {
            tooLarge = true;
        }
        return new Found(events, tooLarge, parser.lastId(), parser.retryMillis(), parser.isInsideEvent());
    }
}
