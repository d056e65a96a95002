package io.headgate.gateway.memory;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes that are too many for one array that grows: parts that are never copied before all have come.
 *
 * <p>An array that grows is there twice while it grows, and large arrays need one stretch of the heap each; parts do not.
 */
public final class Parts {
    private static final int PART = 64 * 1024;

    private final List<byte[]> parts = new ArrayList<>();
    private int room;

    /** Begins with what has come before. */
    public Parts(byte[] first, int length) {
        byte[] part = new byte[Math.max(PART, length)];
        System.arraycopy(first, 0, part, 0, length);
        parts.add(part);
        room = part.length - length;
    }

    /** Takes all that is readable. */
    public void add(ByteBuf content) {
        add(content, content.readableBytes());
    }

    /** Takes so many bytes. */
    public void add(ByteBuf content, int count) {
        int left = count;
        while (left > 0) {
            if (room == 0) {
                parts.add(new byte[PART]);
                room = PART;
            }
            byte[] last = parts.get(parts.size() - 1);
            int more = Math.min(room, left);
            content.readBytes(last, last.length - room, more);
            room -= more;
            left -= more;
        }
    }

    /** What they take in memory. */
    public long held() {
        return parts.get(0).length + (parts.size() - 1L) * PART;
    }

    /** The first of them, which has at least the bytes that it began with. */
    public byte[] first() {
        return parts.get(0);
    }

    /** So many of them as one array. */
    public byte[] whole(int length) {
        byte[] whole = new byte[length];
        copy(0, whole, 0, length);
        return whole;
    }

    /** Copies some of them. */
    public void copy(int from, byte[] to, int at, int length) {
        int skip = from;
        int target = at;
        int left = length;
        for (byte[] part : parts) {
            int size = Math.min(part.length - skip, left);
            if (size > 0) {
                System.arraycopy(part, skip, to, target, size);
                target += size;
                left -= size;
                skip = 0;
            } else {
                skip -= part.length;
            }
        }
    }
}
