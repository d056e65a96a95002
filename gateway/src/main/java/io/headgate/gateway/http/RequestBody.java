package io.headgate.gateway.http;

import io.headgate.filter.Caller;
import io.headgate.gateway.dialect.HttpCall;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.memory.Parts;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request, and what accounts for its bytes: from the first of them until neither the door nor a reply needs
 * them. A part of its call, so that a small body costs no object.
 */
abstract class RequestBody {
    private static final byte[] EMPTY = {};
    private static final int FIRST_BODY = 4096;
    private static final int MOST_IN_ONE_ARRAY = 64 * 1024;

    final RequestHandler handler;
    private byte[] body = EMPTY;
    private int bodyLength;
    private @Nullable Parts parts;

    /** What it takes in memory; counted in the tally of the event loop, or by the hold if there is one. */
    private long held;

    private @Nullable Hold hold;
    private @Nullable String caller;

    /** Those who answer requests of this body; several for a batch. */
    private HttpCall.@Nullable BodyHolder holder;

    private @Nullable List<HttpCall.BodyHolder> others;
    private boolean isLeft;

    RequestBody(RequestHandler handler) {
        this.handler = handler;
    }

    /** True if nobody reads it. */
    abstract boolean isRefused();

    /** Grows with what has come, never with what was announced; false if it is too much. Of what nobody reads nothing is kept. */
    final boolean append(ByteBuf content, boolean last, int limit) {
        int more = content.readableBytes();
        int size = bodyLength + more;
        if (size > limit || size < 0) {
            return false;
        }
        if (isRefused()) {
            bodyLength = size;
            return true;
        }
        if (parts != null || (size > MOST_IN_ONE_ARRAY && !(last && bodyLength == 0))) {
            inParts(content);
        } else {
            if (size > body.length) {
                boolean whole = last && bodyLength == 0;
                body = Arrays.copyOf(body, whole ? size : Math.min(limit, Math.max(2 * size, FIRST_BODY)));
                holds(body.length);
            }
            content.readBytes(body, bodyLength, more);
        }
        bodyLength = size;
        return true;
    }

    private void inParts(ByteBuf content) {
        Parts large = parts;
        if (large == null) {
            large = new Parts(body, bodyLength);
            parts = large;
            body = EMPTY;
        }
        large.add(content);
        holds(large.held());
    }

    final int bodyLength() {
        return bodyLength;
    }

    final byte[] bytes() {
        return body;
    }

    /** It has come whole; false if there is no room to put it together. */
    final boolean received() {
        Parts large = parts;
        if (large != null) {
            if (!handler.door().memory.hasRoom(bodyLength)) {
                return false;
            }
            parts = null;
            body = large.whole(bodyLength);
            holds(bodyLength);
        } else if (body.length != bodyLength) {
            body = Arrays.copyOf(body, bodyLength);
            holds(bodyLength);
        }
        return true;
    }

    final void dropBody() {
        body = EMPTY;
        bodyLength = 0;
        parts = null;
        holds(0);
    }

    /** The door needs it no more: the dialect has read it. Those who answer may still need the bytes. */
    final void handedOver() {
        body = EMPTY;
    }

    /** The door has done with its call; what a reply still needs is counted until that has ended, too. */
    final void leaveBody() {
        isLeft = true;
        if (holder == null) {
            holds(0);
        }
    }

    /** Nobody answers: the dialect failed. */
    final void forsakeBody() {
        holder = null;
        others = null;
        leaveBody();
    }

    final void keepBody(HttpCall.BodyHolder more) {
        if (holder == null) {
            holder = more;
        } else {
            if (others == null) {
                others = new ArrayList<>();
            }
            others.add(more);
        }
    }

    final void letBodyGo(HttpCall.BodyHolder one) {
        List<HttpCall.BodyHolder> rest = others;
        if (holder == one) {
            holder = rest == null || rest.isEmpty() ? null : rest.remove(rest.size() - 1);
        } else if (rest != null) {
            rest.remove(one);
        }
        if (holder == null && isLeft) {
            holds(0);
        }
    }

    /** Says on whose account it is. */
    public final void sentBy(Caller known) {
        caller = known.key();
        Hold current = hold;
        if (current != null) {
            current.of(known.key());
        }
    }

    /** The key of its caller, empty as long as nobody knows. */
    final String caller() {
        String known = caller;
        return known == null ? "" : known;
    }

    private void holds(long size) {
        Hold current = hold;
        if (current == null && size < MemoryBudget.LEAST) {
            handler.tally(size - held);
        } else if (size == 0 && current != null) {
            hold = null;
            current.close();
        } else {
            if (current == null) {
                handler.tally(-held);
                current = handler.door().memory.hold(Held.REQUEST, caller(), null, this::mustGo);
                hold = current;
            }
            current.set(size);
        }
        held = size;
    }

    /** Memory is short and this is among the largest: ends those who answer it, or else its reading. */
    private void mustGo() {
        handler.execute(() -> {
            if (hold == null) {
                return;
            }
            if (holder == null) {
                handler.noMemoryFor(this);
                return;
            }
            List<HttpCall.BodyHolder> all = new ArrayList<>();
            all.add(holder);
            if (others != null) {
                all.addAll(others);
            }
            all.forEach(HttpCall.BodyHolder::noMemory);
        });
    }
}
