package io.headgate.gateway.upstream;

import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** The body of an answer in JSON: grows with what has come, not with what was announced, and never beyond that. */
final class JsonBody {
    private static final int FIRST_BYTES = 64 * 1024;

    private final int limit;
    private final int expected;
    private byte[] bytes;
    private int length;

    /** The announced length, or 0 if none was. */
    JsonBody(int announced, int limit) {
        this.limit = limit;
        this.expected = announced > 0 ? announced : limit;
        this.bytes = new byte[Math.max(0, Math.min(announced, FIRST_BYTES))];
    }

    /** Takes more; false if it is too much. */
    boolean add(ByteBuf more) {
        int size = more.readableBytes();
        int needed = length + size;
        if (needed > limit) {
            return false;
        }
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, Math.min(2 * bytes.length, expected)));
        }
        more.readBytes(bytes, length, size);
        length = needed;
        return true;
    }

    /** The message, without what the gateway holds for the server. */
    Envelope read(HttpClient server) throws BadMessage {
        server.mask(bytes, length);
        return Envelope.read(bytes, 0, length, JsonLimits.UPSTREAM);
    }
}
