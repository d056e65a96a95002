package io.headgate.gateway.upstream.call;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.wire.AnswerHead;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.SseParser;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/**
 * A request to a server and its answer, in JSON or in events: passes on as much as the caller asks for, and lets the
 * connection wait otherwise. What a message means is left to the subclasses, one for each wire.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
public abstract class UpstreamCall extends CallerSubscription {
    private final int limit;
    private boolean working;
    private int status;
    private @Nullable JsonBody json;
    private @Nullable EventIntake intake;
    private boolean ended;
    private @Nullable UpstreamFault broken;
    private JsonRpc.@Nullable Response response;
    private @Nullable Backlog backlog;

    /** Of a request that is on its way out, and of a response that nobody has asked for yet. */
    private long otherBytes;

    protected UpstreamCall(HttpClient client, CoreSubscriber<? super JsonRpc> actual) {
        super(client, actual);
        this.limit = client.limits().messageBytes();
    }

    /** Messages come for this call another way too, and before its response. */
    protected final void hear(Backlog messages) {
        backlog = messages;
    }

    /**
     * Says what a message means: something to pass on, the response that ends the call, or null for nothing; may fail
     * the call.
     */
    protected abstract @Nullable JsonRpc accept(Envelope message);

    /** Takes an answer's status before anything else is made of it; true if that was all there is to do. */
    protected boolean takesStatus(int code, HttpHeaders headers) {
        return false;
    }

    /** The event stream ended without a response. */
    protected void onEventsEnd(UpstreamFault fault) {
        fail(fault);
    }

    /** True if the server could not read the request and left its id out; HTTP says which request it means. */
    protected final boolean isUnread(Envelope message) {
        RawJson written = message.get(Member.ID);
        return status >= 400 && (written == null || written.isNull());
    }

    /** True if the answer only said that the call has to be made again, and that is on its way. */
    protected boolean startsAgain() {
        return false;
    }

    /** The transport failed before an answer began; true if the call goes on all the same. */
    protected boolean survives(UpstreamFault fault) {
        return false;
    }

    /** Sends a request of this call; the state of an earlier answer is forgotten. */
    protected final void send(OutgoingRequest outgoing) {
        EventIntake former = intake;
        if (former != null) {
            former.close();
        }
        json = null;
        ended = false;
        broken = null;
        meters.called();
        otherBytes = outgoing.length();
        account();
        submit(outgoing);
    }

    private void account() {
        JsonBody whole = json;
        EventIntake stream = intake;
        account(otherBytes + (whole == null ? 0 : whole.held()) + (stream == null ? 0 : stream.held()));
    }

    protected final int status() {
        return status;
    }

    protected final @Nullable SseParser events() {
        EventIntake stream = intake;
        return stream == null ? null : stream.parser();
    }

    /** Null if this answer is not in events. */
    private @Nullable EventIntake stream() {
        EventIntake all = intake;
        return all != null && all.isOpen() ? all : null;
    }

    @Override
    protected final void onHead(int code, HttpHeaders headers) {
        status = code;
        otherBytes = 0;
        if (isDone() || takesStatus(code, headers)) {
            return;
        }
        String encoding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
        if (encoding != null && !"identity".equalsIgnoreCase(encoding)) {
            fail(UpstreamFault.CONTENT_ENCODING);
            return;
        }
        UpstreamFault fault = AnswerHead.faultOf(code);
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
        if (fault != null) {
            refuse(fault, code, headers);
        } else if (AnswerHead.isType(type, "application/json")) {
            int length = headers.getInt(HttpHeaderNames.CONTENT_LENGTH, 0);
            if (length > limit) {
                fail(UpstreamFault.TOO_LARGE);
            } else {
                json = new JsonBody(length, limit);
            }
        } else if (code >= 300) {
            refuse(code >= 500 ? UpstreamFault.SERVER_ERROR : UpstreamFault.CLIENT_ERROR, code, headers);
        } else if (AnswerHead.isType(type, "text/event-stream")) {
            EventIntake known = intake;
            EventIntake stream = known == null ? new EventIntake(client(), limit) : known;
            intake = stream;
            stream.open();
            reading(stream.reads(isAsked()));
        } else {
            refuse(UpstreamFault.CONTENT_TYPE, code, headers);
        }
    }

    @Override
    protected final void onBody(ByteBuf bytes) {
        EventIntake stream = stream();
        if (isDone()) {
            if (stream != null && !stream.countDuplicates(bytes)) {
                abort();
            }
        } else if (stream != null) {
            stream.add(bytes.retain());
            drain();
        } else if (json != null && !json.add(bytes)) {
            fail(UpstreamFault.TOO_LARGE);
        }
        if (!isDone()) {
            account();
        }
    }

    @Override
    protected final void onEnd() {
        if (isDone()) {
            return;
        }
        ended = true;
        JsonBody whole = json;
        if (whole != null) {
            json = null;
            if (whole.isLarge() && !meters.hasRoom(whole.length())) {
                fail(UpstreamFault.MEMORY);
                return;
            }
            otherBytes = whole.length();
            acceptJson(whole);
        }
        drain();
    }

    private void acceptJson(JsonBody whole) {
        try {
            byte[] data = whole.whole();
            client().mask(data, whole.length());
            Envelope message = Envelope.read(data, 0, whole.length(), JsonLimits.UPSTREAM);
            JsonRpc meant = message.kind() == Envelope.Kind.RESPONSE ? accept(message) : null;
            if (meant instanceof JsonRpc.Response found) {
                response = found;
            } else if (!isDone() && !startsAgain()) {
                fail(UpstreamFault.SHAPE);
            }
        } catch (BadMessage bad) {
            if (status >= 300) {
                fail(status >= 500 ? UpstreamFault.SERVER_ERROR : UpstreamFault.CLIENT_ERROR);
            } else {
                fail(AnswerHead.faultOf(bad));
            }
        }
    }

    @Override
    protected final void onFault(UpstreamFault fault) {
        if (isDone()) {
            return;
        }
        // Nobody refuses what it has begun to answer.
        UpstreamFault broke = fault == UpstreamFault.H2_REFUSED && status != 0 ? UpstreamFault.RESET : fault;
        broken = broke;
        // What came before the break is still good, and may hold the response.
        if (stream() != null && !broke.isTimeUp() && broke != UpstreamFault.CLOSED) {
            drain();
        } else if (!survives(broke)) {
            fail(broke);
        }
    }

    @Override
    protected final void drain() {
        if (working || isDone()) {
            return;
        }
        working = true;
        long begun = 0;
        EventIntake before = stream();
        if (before != null) {
            begun = System.nanoTime();
            before.turn();
        }
        try {
            while (!isDone() && step()) {}
        } finally {
            working = false;
        }
        EventIntake stream = stream();
        if (!isDone() && stream != null) {
            account();
            if (stream.mayPause() && hasLine() && pauseIfTooMuch(begun, this::goOn)) {
                stream.pause();
            }
            reading(stream.reads(isAsked()));
        }
    }

    private void goOn() {
        EventIntake paused = intake;
        boolean isRead = paused != null && paused.resume(isAsked());
        if (!isDone() && stream() != null) {
            reading(isRead);
        }
    }

    /** Passes on one message or ends the call; false if there is nothing to do now. */
    private boolean step() {
        Backlog heard = backlog;
        JsonRpc early = heard == null || !isAsked() ? null : heard.poll();
        if (early != null) {
            pass(early);
            return true;
        }
        JsonRpc.Response last = response;
        if (last != null) {
            if (isAsked()) {
                finish(last);
            }
            return false;
        }
        EventIntake stream = stream();
        if (stream == null || !isAsked()) {
            return false;
        }
        Envelope message = stream.next();
        int length = stream.length();
        if (message == null) {
            UpstreamFault useless = stream.fault();
            if (useless != null) {
                fail(useless);
            } else if (ended || broken != null) {
                endEvents(stream.parser());
            }
            return false;
        }
        JsonRpc meant = accept(message);
        if (meant instanceof JsonRpc.Response found) {
            response = found;
            otherBytes = length;
        } else if (isStanding() || meant == null) {
            stream.ignore();
        }
        if (meant != null && response == null && !isDone()) {
            pass(meant);
        }
        return true;
    }

    private void endEvents(@Nullable SseParser parser) {
        UpstreamFault fault = broken;
        if (fault != null && fault != UpstreamFault.TRUNCATED && fault != UpstreamFault.RESET) {
            fail(fault);
            return;
        }
        onEventsEnd(
                parser != null && parser.isInsideEvent() ? UpstreamFault.SSE_TRUNCATED : UpstreamFault.SSE_NO_RESPONSE);
    }

    private void finish(JsonRpc.Response last) {
        succeed();
        if (hasLine()) {
            linger();
        }
        EventIntake stream = stream();
        if (stream != null && !stream.countDuplicates()) {
            abort();
        }
        discard();
        passLast(last);
    }

    @Override
    final void discard() {
        EventIntake stream = intake;
        if (stream != null) {
            stream.release();
        }
        Backlog heard = backlog;
        if (heard != null) {
            heard.clear();
        }
        json = null;
        response = null;
    }
}
