package io.headgate.gateway.upstream;

import io.headgate.filter.Exchange;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
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
final class SseCall extends RoundTrip implements Subscription {
    private static final long MAX_HELD_BYTES = 1024 * 1024;
    /** What a message costs beside its bytes. */
    private static final int MESSAGE_BYTES = 512;

    private final SseSession session;
    private final SessionPool.@Nullable Loan loan;
    private final Exchange exchange;
    private final Subscriber<? super JsonRpc> actual;
    private final UpstreamMeters meters;
    private final Deque<Held> held = new ArrayDeque<>();
    private final AtomicLong heldBytes = new AtomicLong();
    private long id;
    private long demand;
    private boolean headSeen;
    private boolean answered;
    private boolean done;
    private boolean working;

    private record Held(JsonRpc message, int cost) {}

    private SseCall(
            SseSession session,
            SessionPool.@Nullable Loan loan,
            Exchange exchange,
            Subscriber<? super JsonRpc> actual) {
        super(session.back.client.pool());
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
        id = pool.nextId();
        if (!session.join(id, this)) {
            fail(Fault.SESSION_GONE);
            return;
        }
        meters.called();
        attempted(exchange);
        submit(session.address(pool.client.withDeadline(RequestWriter.legacy(exchange, id), exchange)));
    }

    /** Takes the response that names this call. */
    void respond(Envelope message, int length) {
        JsonRpc.Response response = Answers.read(message, meters);
        if (response == null) {
            move(() -> fail(Fault.SHAPE));
        } else {
            take(response, length);
        }
    }

    /** Takes progress; false if it was not asked for. */
    boolean progress(Envelope message, int length) {
        RawJson token = exchange.message().envelope().get(Member.META_PROGRESS_TOKEN);
        JsonRpc.Notification progress = Answers.progress(message, id, token);
        if (progress != null) {
            take(progress, length);
        }
        return progress != null;
    }

    /** Takes a notification that cannot be about another call. */
    void say(JsonRpc.Notification notification, int length) {
        if (notification.method().equals(Methods.MESSAGE) && !LegacySession.wantsLogs(exchange)) {
            meters.count(Fault.UNREQUESTED_LOG);
        } else {
            take(notification, length);
        }
    }

    boolean canAsk() {
        return LegacySession.canAsk(exchange, loan);
    }

    /** Takes a question. */
    void ask(JsonRpc.Question question, int length) {
        move(this::asked);
        take(question, length);
    }

    /** The stream is gone. */
    void lose(Fault fault) {
        move(() -> {
            if (!answered) {
                fail(fault);
            }
        });
    }

    private void take(JsonRpc message, int length) {
        int cost = length + MESSAGE_BYTES;
        if (heldBytes.getAndAdd(cost) > MAX_HELD_BYTES) {
            // Not held on the way to the other loop either.
            nobody(message);
            move(() -> fail(Fault.BACKLOG));
            return;
        }
        move(() -> {
            if (done) {
                nobody(message);
                return;
            }
            heard();
            if (message instanceof JsonRpc.Response) {
                answered = true;
                settle();
            }
            held.add(new Held(message, cost));
            drain();
        });
    }

    private static void nobody(JsonRpc message) {
        if (message instanceof JsonRpc.Question question) {
            question.answer().accept(Inbox.NOBODY);
        }
    }

    private void drain() {
        if (working) {
            return;
        }
        working = true;
        try {
            while (!done && demand > 0 && !held.isEmpty()) {
                pass(held.remove());
            }
        } finally {
            working = false;
        }
    }

    private void pass(Held next) {
        heldBytes.addAndGet(-next.cost());
        demand--;
        if (next.message() instanceof JsonRpc.Response) {
            end();
            meters.succeeded();
            actual.onNext(next.message());
            actual.onComplete();
        } else {
            actual.onNext(next.message());
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
        boolean isSent = id != 0 && request == null;
        boolean tells = isSent && !answered && !exchange.method().equals(Methods.INITIALIZE);
        if (tells) {
            session.cancelled(id, loan);
        }
        end();
    }

    private void fail(Fault fault) {
        if (done) {
            return;
        }
        if (fault == Fault.BACKLOG || fault.isTimeUp()) {
            giveUp();
        } else {
            end();
        }
        actual.onError(meters.refuse(fault, Overdue.text(fault, exchange, pool.client.limits), null));
    }

    private void refuse(Fault fault, int status, HttpHeaders headers) {
        end();
        session.doubt(fault);
        String text = fault.text() + FaultDetail.of(fault, status, headers, pool.client.url());
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
        held.forEach(each -> nobody(each.message()));
        held.clear();
    }

    /** Nothing of it is on its way any more. */
    private void settle() {
        if (headSeen) {
            pool.unlist(this);
        } else if (line == null) {
            abort();
        } else {
            linger();
        }
    }

    @Override
    void onHead(int status, HttpHeaders headers) {
        headSeen = true;
        handOver();
        if (done || answered || (status >= 200 && status < 300)) {
            return;
        }
        if (status == 404) {
            end();
            session.retire();
            actual.onError(meters.refuse(Fault.SESSION_GONE, null));
        } else {
            Fault fault = AnswerHead.faultOf(status);
            refuse(fault != null ? fault : status >= 500 ? Fault.SERVER_ERROR : Fault.CLIENT_ERROR, status, headers);
        }
    }

    @Override
    void onBody(ByteBuf bytes) {
        // What counts comes on the stream.
    }

    @Override
    void onEnd() {
        // The head said all.
    }

    @Override
    void onFault(Fault fault) {
        if (!answered) {
            fail(fault);
        }
    }
}
