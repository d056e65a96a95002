package io.headgate.gateway.upstream.call;

import io.headgate.gateway.upstream.wire.SseParser;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** The body of an answer in events: what has come of it and was not asked for yet. */
final class EventBody {
    final SseParser parser;
    private @Nullable ByteBuf input;
    private @Nullable Deque<ByteBuf> more;
    private long moreBytes;

    EventBody(int limit) {
        parser = new SseParser(limit);
    }

    /** Takes the next bytes, and owns them from now on. */
    void add(ByteBuf bytes) {
        if (input == null) {
            input = bytes;
            return;
        }
        if (more == null) {
            more = new ArrayDeque<>();
        }
        more.add(bytes);
        moreBytes += bytes.capacity();
    }

    /** What it takes in memory. */
    long held() {
        ByteBuf first = input;
        return parser.held() + moreBytes + (first == null ? 0 : first.capacity());
    }

    /** Moves the parser to the next event; false if more bytes are needed for that. */
    boolean next() throws SseParser.TooLargeException {
        for (ByteBuf bytes = input; bytes != null; bytes = input) {
            if (parser.next(bytes)) {
                return true;
            }
            bytes.release();
            input = more == null ? null : more.poll();
            if (input != null) {
                moreBytes -= input.capacity();
            }
        }
        return false;
    }

    /** What the parser is in the middle of. */
    @Nullable
    ByteBuf input() {
        return input;
    }

    void release() {
        if (input != null) {
            input.release();
            input = null;
        }
        if (more != null) {
            more.forEach(ByteBuf::release);
            more = null;
            moreBytes = 0;
        }
    }
}
