package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Exchange;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.call.Backlog;
import io.headgate.gateway.upstream.call.Overdue;
import io.headgate.gateway.upstream.net.RoundTrip;
import io.headgate.gateway.upstream.wire.AnswerHead;
import io.headgate.gateway.upstream.wire.AnswerReader;
import io.headgate.gateway.upstream.wire.FaultDetail;
import io.headgate.gateway.upstream.wire.RequestWriter;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/**
 * One request within a session over HTTP+SSE: posted, and answered on the event stream that it shares with other calls.
 *
 * <p>The stream cannot wait for one call, so what comes is held until it is asked for, and too much of it ends the call.
 * All state belongs to the caller's event loop; messages from the stream's, demand and cancellation are moved there.
 */
final class SseCall extends RoundTrip implements Subscription, SessionCall {
    private final SseSession session;
    private final SessionPool.@Nullable Loan loan;
    private final Exchange exchange;
    private final Subscriber<? super JsonRpc> actual;
    private final UpstreamMeters meters;
    private final Backlog held = new Backlog(this::hold);
    private long id;
    private long demand;
    private boolean headSeen;
    private boolean answered;
    private boolean done;
    private boolean working;

    private SseCall(
            SseSession session,
            SessionPool.@Nullable Loan loan,
            Exchange exchange,
            Subscriber<? super JsonRpc> actual) {
        super(session.back.client);
        this.session = session;
        this.loan = loan;
        this.exchange = exchange;
        this.actual = actual;
        this.meters = session.meters;
        if (loan != null) {
            loan.take();
        }
    }

    /** A new call for each subscriber, in a session that is lent to it alone or in one that it shares. */
    static Flux<JsonRpc> of(SseSession session, SessionPool.@Nullable Loan loan, Exchange exchange) {
        return Flux.from(actual -> {
            SseCall call = new SseCall(session, loan, exchange, actual);
            actual.onSubscribe(call);
            call.move(call::start);
        });
    }

    private void start() {
        if (done) {
            return;
        }
        id = nextId();
        if (!session.join(id, this)) {
            fail(UpstreamFault.SESSION_GONE);
            return;
        }
        meters.called();
        attempted(exchange);
        submit(session.address(client().withDeadline(RequestWriter.legacy(exchange, id), exchange)));
    }

    /** Takes the response that names this call. */
    void respond(Envelope message, int length) {
        JsonRpc.Response response = AnswerReader.read(message, meters);
        if (response == null) {
            move(() -> fail(UpstreamFault.SHAPE));
        } else {
            take(response, length);
        }
    }

    @Override
    public Exchange exchange() {
        return exchange;
    }

    @Override
    public boolean canAsk() {
        return UpstreamSession.canAsk(exchange, loan);
    }

    /** The stream is gone. */
    void lose(UpstreamFault fault) {
        move(() -> {
            if (!answered) {
                fail(fault);
            }
        });
    }

    @Override
    public void take(JsonRpc message, int length) {
        if (!held.charge(length)) {
            // Not held on the way to the other loop either.
            Backlog.refuse(message);
            move(() -> fail(UpstreamFault.BACKLOG));
            return;
        }
        move(() -> {
            if (done) {
                Backlog.refuse(message);
                return;
            }
            heard();
            if (message instanceof JsonRpc.Response) {
                answered = true;
                settle();
            }
            held.add(message, length);
            drain();
        });
    }

    private Hold hold() {
        return meters.hold(Held.RESULT, exchange.caller().key(), () -> moveLater(() -> fail(UpstreamFault.MEMORY)));
    }

    private void drain() {
        if (working) {
            return;
        }
        working = true;
        try {
            JsonRpc next = done || demand == 0 ? null : held.poll();
            while (next != null) {
                pass(next);
                next = done || demand == 0 ? null : held.poll();
            }
        } finally {
            working = false;
        }
    }

    private void pass(JsonRpc next) {
        demand--;
        if (next instanceof JsonRpc.Response) {
            end();
            meters.succeeded();
            actual.onNext(next);
            actual.onComplete();
        } else {
            actual.onNext(next);
        }
    }

    @Override
    public void request(long n) {
        if (Operators.validate(n)) {
            move(() -> {
                demand = Operators.addCap(demand, n);
                drain();
            });
        }
    }

    @Override
    public void cancel() {
        move(() -> {
            if (!done) {
                giveUp();
            }
        });
    }

    /** Ends the call, and tells the server if it may still be at it. */
    private void giveUp() {
        boolean isSent = id != 0 && !isWaiting();
        boolean tells = isSent && !answered && !exchange.method().equals(Methods.INITIALIZE);
        if (tells) {
            session.cancelled(id, loan);
        }
        end();
    }

    private void fail(UpstreamFault fault) {
        if (done) {
            return;
        }
        if (fault == UpstreamFault.BACKLOG || fault == UpstreamFault.MEMORY || fault.isTimeUp()) {
            giveUp();
        } else {
            end();
        }
        actual.onError(meters.refuse(fault, Overdue.text(fault, exchange, client().limits()), null));
    }

    private void refuse(UpstreamFault fault, int status, HttpHeaders headers) {
        end();
        session.doubt(fault);
        String text = fault.text() + FaultDetail.of(fault, status, headers, client().url());
        actual.onError(meters.refuse(fault, text, AnswerHead.retryAfter(headers)));
    }

    private void end() {
        done = true;
        if (id != 0) {
            session.leave(id);
        }
        if (!answered) {
            settle();
        }
        if (loan != null) {
            loan.end(session, answered);
        }
        held.clear();
    }

    /** Nothing of it is on its way any more. */
    private void settle() {
        if (headSeen) {
            stopClock();
        } else if (!hasLine()) {
            abort();
        } else {
            linger();
        }
    }

    @Override
    protected void onHead(int status, HttpHeaders headers) {
        headSeen = true;
        handOver();
        if (done || answered || (status >= 200 && status < 300)) {
            return;
        }
        if (status == 404) {
            end();
            session.retire();
            actual.onError(meters.refuse(UpstreamFault.SESSION_GONE, null));
        } else {
            UpstreamFault fault = AnswerHead.faultOf(status);
            refuse(
                    fault != null ? fault : status >= 500 ? UpstreamFault.SERVER_ERROR : UpstreamFault.CLIENT_ERROR,
                    status,
                    headers);
        }
    }

    @Override
    protected void onBody(ByteBuf bytes) {
        // What counts comes on the stream.
    }

    @Override
    protected void onEnd() {
        // The head said all.
    }

    @Override
    protected void onFault(UpstreamFault fault) {
        if (!answered) {
            fail(fault);
        }
    }
}
