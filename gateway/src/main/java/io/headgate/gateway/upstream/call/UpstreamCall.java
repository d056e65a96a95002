package io.headgate.gateway.upstream.call;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.net.RoundTrip;
import io.headgate.gateway.upstream.wire.AnswerHead;
import io.headgate.gateway.upstream.wire.FaultDetail;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.SseParser;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.JsonRpc;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/**
 * A request to an upstream as the subscription of whoever waits for its answer: reads JSON or events, passes on as much
 * as was asked for, and lets the connection wait otherwise.
 *
 * <p>All state belongs to the event loop; demand and cancellation from elsewhere are moved there. What a message means
 * is left to the subclasses, one for each wire.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
public abstract class UpstreamCall extends RoundTrip implements Subscription {
    private static final int MAX_BAD_EVENTS = 10;

    protected final UpstreamMeters meters;
    private final CoreSubscriber<? super JsonRpc> actual;
    private final int limit;
    private long demand;
    private boolean done;
    private boolean working;
    /** How many messages came that no call waits for. */
    private int ignored;

    private boolean isPaused;

    private int status;
    private @Nullable JsonBody json;
    private @Nullable EventBody events;
    private int badEvents;
    private boolean ended;
    private @Nullable UpstreamFault broken;
    private JsonRpc.@Nullable Response response;
    private @Nullable Backlog backlog;

    /** Of a request that is on its way out, and of a response that nobody has asked for yet. */
    private long otherBytes;

    private @Nullable Hold hold;

    protected UpstreamCall(HttpClient client, CoreSubscriber<? super JsonRpc> actual) {
        super(client);
        this.actual = actual;
        this.meters = client.meters();
        this.limit = client.limits().messageBytes();
    }

    /** Sends the request; on the event loop. */
    protected abstract void start();

    /** Messages come for this call another way too, and before its response. */
    protected final void hear(Backlog messages) {
        backlog = messages;
    }

    /**
     * Says what a message means: something to pass on, the response that ends the call, or null for nothing; may fail
     * the call.
     */
    protected abstract @Nullable JsonRpc accept(Envelope message);

    /** On whose account the answer is, or null if the gateway itself asks. */
    private @Nullable String caller() {
        Exchange asked = exchange();
        return asked == null ? null : asked.caller().key();
    }

    /** Nobody waits any more; called before the exchange is stopped. */
    protected void onCancel() {}

    /** Takes an answer's status before anything else is made of it; true if that was all there is to do. */
    protected boolean takesStatus(int code, HttpHeaders headers) {
        return false;
    }

    /** The event stream ended without a response. */
    protected void onEventsEnd(UpstreamFault fault) {
        fail(fault);
    }

    /** What the client sent; null for a request of the gateway's own. */
    @Nullable
    protected Exchange exchange() {
        return null;
    }

    /** The call is over, however it ended; called before whoever waits is told. */
    protected void onDone() {}

    /** The call is about to fail. */
    protected void onFailing(UpstreamFault fault) {}

    /** Counts the failure, and says what the caller is told. */
    protected Refusal refusal(UpstreamFault fault, String text, @Nullable Duration retryAfter) {
        return meters.refuse(fault, text, retryAfter);
    }

    /** True if the answer only said that the call has to be made again, and that is on its way. */
    protected boolean startsAgain() {
        return false;
    }

    /** The transport failed before an answer began; true if the call goes on all the same. */
    protected boolean survives(UpstreamFault fault) {
        return false;
    }

    final void begin() {
        if (loop().inEventLoop()) {
            startIfWanted();
            return;
        }
        try {
            loop().execute(this::startIfWanted);
        } catch (RejectedExecutionException stopped) {
            done = true;
            actual.onError(meters.refuse(UpstreamFault.CLOSED, null));
        }
    }

    private void startIfWanted() {
        if (!done) {
            start();
        }
    }

    /** Sends a request of this call; the state of an earlier answer is forgotten. */
    protected final void send(OutgoingRequest outgoing) {
        discard();
        json = null;
        events = null;
        ended = false;
        broken = null;
        meters.called();
        otherBytes = outgoing.length();
        account();
        submit(outgoing);
    }

    /** Tells what is held; what is small is not worth it. */
    private void account() {
        Hold current = hold;
        JsonBody whole = json;
        EventBody stream = events;
        long held = otherBytes + (whole == null ? 0 : whole.held()) + (stream == null ? 0 : stream.held());
        if (current == null && held >= MemoryBudget.LEAST) {
            current = meters.hold(Held.RESULT, caller(), this::mustGo);
            hold = current;
        }
        if (current != null) {
            current.set(held);
        }
    }

    /** Not at once: whoever finds that memory is short may be in the middle of this call. */
    private void mustGo() {
        moveLater(() -> fail(UpstreamFault.MEMORY));
    }

    private void free() {
        Hold current = hold;
        if (current != null) {
            hold = null;
            current.close();
        }
    }

    protected final boolean isDone() {
        return done;
    }

    protected final int status() {
        return status;
    }

    protected final @Nullable SseParser events() {
        EventBody body = events;
        return body == null ? null : body.parser;
    }

    @Override
    public final void request(long n) {
        if (!Operators.validate(n)) {
            return;
        }
        if (loop().inEventLoop()) {
            addDemand(n);
        } else {
            move(() -> addDemand(n));
        }
    }

    private void addDemand(long n) {
        demand = Operators.addCap(demand, n);
        drain();
    }

    @Override
    public final void cancel() {
        if (loop().inEventLoop()) {
            cancelHere();
        } else {
            move(this::cancelHere);
        }
    }

    private void cancelHere() {
        if (done) {
            return;
        }
        onCancel();
        end();
        abort();
    }

    @Override
    protected final void onHead(int code, HttpHeaders headers) {
        status = code;
        otherBytes = 0;
        if (done || takesStatus(code, headers)) {
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
            events = new EventBody(limit);
            reading(demand > 0 && !isPaused);
        } else {
            refuse(UpstreamFault.CONTENT_TYPE, code, headers);
        }
    }

    @Override
    protected final void onBody(ByteBuf bytes) {
        EventBody stream = events;
        if (done) {
            if (stream != null) {
                countDuplicates(stream.parser, bytes);
            }
        } else if (stream != null) {
            stream.add(bytes.retain());
            drain();
        } else if (json != null && !json.add(bytes)) {
            fail(UpstreamFault.TOO_LARGE);
        }
        if (!done) {
            account();
        }
    }

    @Override
    protected final void onEnd() {
        if (done) {
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
            Envelope message = read(whole.whole(), whole.length());
            JsonRpc meant = message.kind() == Envelope.Kind.RESPONSE ? accept(message) : null;
            if (meant instanceof JsonRpc.Response found) {
                response = found;
            } else if (!done && !startsAgain()) {
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
        if (done) {
            return;
        }
        // Nobody refuses what it has begun to answer.
        UpstreamFault broke = fault == UpstreamFault.H2_REFUSED && status != 0 ? UpstreamFault.RESET : fault;
        broken = broke;
        // What came before the break is still good, and may hold the response.
        if (events != null && !broke.isTimeUp() && broke != UpstreamFault.CLOSED) {
            drain();
        } else if (!survives(broke)) {
            fail(broke);
        }
    }

    protected final void drain() {
        if (working || done) {
            return;
        }
        working = true;
        ignored = 0;
        long begun = events == null ? 0 : System.nanoTime();
        try {
            while (!done && step()) {}
        } finally {
            working = false;
        }
        if (!done && events != null) {
            account();
            if (ignored > 0 && !isPaused && hasLine()) {
                isPaused = pauseIfTooMuch(begun, this::goOn);
            }
            reading(demand > 0 && !isPaused);
        }
    }

    private void goOn() {
        isPaused = false;
        if (!done && events != null) {
            reading(demand > 0);
        }
    }

    /** Passes on one message or ends the call; false if there is nothing to do now. */
    private boolean step() {
        Backlog heard = backlog;
        JsonRpc early = heard == null || demand == 0 ? null : heard.poll();
        if (early != null) {
            demand--;
            actual.onNext(early);
            return true;
        }
        JsonRpc.Response last = response;
        if (last != null) {
            if (demand > 0) {
                finish(last);
            }
            return false;
        }
        EventBody stream = events;
        if (stream == null || demand == 0) {
            return false;
        }
        Envelope message = nextEvent(stream);
        int length = stream.parser.dataLength();
        if (message == null) {
            // The call may have sent another request in the meantime.
            if (!done && events == stream && (ended || broken != null)) {
                endEvents(stream.parser);
            }
            return false;
        }
        JsonRpc meant = accept(message);
        if (meant instanceof JsonRpc.Response found) {
            response = found;
            otherBytes = length;
        } else if (isStanding() || meant == null) {
            ignored++;
        }
        if (meant != null && response == null && !done) {
            demand--;
            actual.onNext(meant);
        }
        return true;
    }

    private void endEvents(SseParser parser) {
        UpstreamFault fault = broken;
        if (fault != null && fault != UpstreamFault.TRUNCATED && fault != UpstreamFault.RESET) {
            fail(fault);
            return;
        }
        onEventsEnd(parser.isInsideEvent() ? UpstreamFault.SSE_TRUNCATED : UpstreamFault.SSE_NO_RESPONSE);
    }

    private @Nullable Envelope nextEvent(EventBody stream) {
        try {
            while (stream.next()) {
                Envelope message = read(stream.parser);
                if (message != null || done) {
                    return message;
                }
            }
        } catch (SseParser.TooLargeException tooLarge) {
            fail(UpstreamFault.SSE_LINE);
        }
        return null;
    }

    private @Nullable Envelope read(SseParser parser) {
        int length = parser.dataLength();
        try {
            return read(parser.takeData(), length);
        } catch (BadMessage bad) {
            if (AnswerHead.faultOf(bad) == UpstreamFault.SHAPE && bad.id() != null) {
                fail(UpstreamFault.SHAPE);
            } else if (++badEvents > MAX_BAD_EVENTS) {
                fail(UpstreamFault.BAD_EVENTS);
            } else {
                meters.count(UpstreamFault.BAD_EVENT);
            }
            return null;
        }
    }

    private Envelope read(byte[] data, int length) throws BadMessage {
        client().mask(data, length);
        return Envelope.read(data, 0, length, JsonLimits.UPSTREAM);
    }

    private void finish(JsonRpc.Response last) {
        done = true;
        onDone();
        meters.succeeded();
        demand--;
        if (hasLine()) {
            linger();
        }
        EventBody stream = events;
        if (stream != null && stream.input() != null) {
            countDuplicates(stream.parser, stream.input());
        }
        discard();
        response = null;
        try {
            actual.onNext(last);
            actual.onComplete();
        } finally {
            free();
        }
    }

    /** Ends the flux without a response, where that is allowed. */
    protected final void complete() {
        if (done) {
            return;
        }
        end();
        if (hasLine()) {
            linger();
        }
        actual.onComplete();
    }

    private void countDuplicates(SseParser parser, ByteBuf bytes) {
        try {
            while (parser.next(bytes)) {
                Envelope late = read(parser);
                if (late != null && late.kind() == Envelope.Kind.RESPONSE) {
                    meters.count(UpstreamFault.DUPLICATE_RESPONSE);
                }
            }
        } catch (SseParser.TooLargeException tooLarge) {
            abort();
        }
    }

    /** Ends the call and its connection. */
    protected final void fail(UpstreamFault fault) {
        if (done) {
            return;
        }
        end();
        abort();
        onFailing(fault);
        actual.onError(refusal(fault, Overdue.text(fault, exchange(), client().limits()), null));
    }

    /** Ends the call because something that it needs failed. */
    protected final void fail(Throwable cause) {
        if (!done) {
            end();
            abort();
            actual.onError(cause);
        }
    }

    /** Ends the call; the connection may be used again. */
    private void refuse(UpstreamFault fault, int code, HttpHeaders headers) {
        end();
        linger();
        onFailing(fault);
        String text = fault.text() + FaultDetail.of(fault, code, headers, client().url());
        actual.onError(refusal(fault, text, AnswerHead.retryAfter(headers)));
    }

    private void end() {
        done = true;
        onDone();
        discard();
        json = null;
        response = null;
        free();
    }

    private void discard() {
        EventBody stream = events;
        if (stream != null) {
            stream.release();
        }
        Backlog heard = backlog;
        if (done && heard != null) {
            heard.clear();
        }
    }
}
