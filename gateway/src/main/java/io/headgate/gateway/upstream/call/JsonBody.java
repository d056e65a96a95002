package io.headgate.gateway.upstream.call;

import io.headgate.gateway.memory.Parts;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The body of an answer in JSON: grows with what has come, not with what was announced, and never beyond that. */
final class JsonBody {
    private static final byte[] NOTHING = {};
    private static final int MOST_IN_ONE_ARRAY = 64 * 1024;

    private final int limit;
    private byte[] bytes;
    private @Nullable Parts parts;
    private int length;

    /** The announced length, or 0 if none was. */
    JsonBody(int announced, int limit) {
        this.limit = limit;
        this.bytes = new byte[Math.max(0, Math.min(announced, MOST_IN_ONE_ARRAY))];
    }

    /** Takes more; false if it is too much. */
    boolean add(ByteBuf more) {
        int size = more.readableBytes();
        int needed = length + size;
        if (needed > limit) {
            return false;
        }
        if (needed > MOST_IN_ONE_ARRAY) {
            inParts(more);
        } else {
            if (needed > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(needed, Math.min(2 * bytes.length, MOST_IN_ONE_ARRAY)));
            }
            more.readBytes(bytes, length, size);
        }
        length = needed;
        return true;
    }

    private void inParts(ByteBuf more) {
        Parts large = parts;
        if (large == null) {
            large = new Parts(bytes, length);
            parts = large;
            bytes = NOTHING;
        }
        large.add(more);
    }

    int length() {
        return length;
    }

    /** True if it must be put together before it can be read. */
    boolean isLarge() {
        return parts != null;
    }

    /** What it takes in memory. */
    long held() {
        Parts large = parts;
        return large == null ? bytes.length : large.held();
    }

    /** All of it in one array, which may be longer than it. */
    byte[] whole() {
        Parts large = parts;
        if (large != null) {
            bytes = large.whole(length);
            parts = null;
        }
        return bytes;
    }
}
