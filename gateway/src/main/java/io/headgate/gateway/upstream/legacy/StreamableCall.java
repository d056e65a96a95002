package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Exchange;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.upstream.ListChanges;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.call.Backlog;
import io.headgate.gateway.upstream.call.ExchangeCall;
import io.headgate.gateway.upstream.wire.HeaderText;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.OutgoingRequest.Method;
import io.headgate.gateway.upstream.wire.RequestWriter;
import io.headgate.gateway.upstream.wire.SseParser;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/**
 * One request within a session over Streamable HTTP: a POST, answered with JSON or with events among which the server may
 * ask questions, and whose stream may be taken up again with a GET where it broke off.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class StreamableCall extends ExchangeCall implements SessionCall {
    private static final int MAX_RESUMES = 5;
    private static final long DEFAULT_RETRY_MILLIS = 1_000;
    private static final long LEAST_RETRY_MILLIS = 50;
    private static final long MOST_RETRY_MILLIS = 60_000;
    private static final int MAX_DOUBLINGS = 5;

    private final SessionPool.@Nullable Loan loan;
    /** Null if the session's stream has nothing to say of this call. */
    private final @Nullable Backlog heard;

    private StreamableSession session;
    private long firstSent;
    private boolean renewed;
    private boolean renewing;
    private boolean counted;
    private boolean isAnswered;
    private int resumes;
    private int pauses;
    private @Nullable String lastEventId;
    private long retryMillis = DEFAULT_RETRY_MILLIS;

    /** In a session that is lent to this call alone, or in one that it shares. */
    StreamableCall(
            StreamableSession session,
            SessionPool.@Nullable Loan loan,
            Exchange exchange,
            CoreSubscriber<? super JsonRpc> actual) {
        super(session.back.client, exchange, actual);
        this.session = session;
        this.loan = loan;
        boolean isSpokenOf = loan != null || exchange.message().envelope().has(Member.META_PROGRESS_TOKEN);
        this.heard = isSpokenOf ? new Backlog(this::hold) : null;
        if (heard != null) {
            hear(heard);
        }
        if (loan != null) {
            loan.take();
        }
    }

    @Override
    protected void start() {
        renewing = false;
        long id = newId();
        firstSent = System.nanoTime();
        counted = true;
        session.callBegins();
        if (heard != null) {
            session.calls.add(id, this);
        }
        sendExchange(session.address(RequestWriter.legacy(exchange(), id)));
    }

    @Override
    protected void onDone() {
        uncount();
        if (loan != null) {
            loan.end(session, isAnswered);
        }
    }

    private void uncount() {
        if (counted) {
            counted = false;
            if (heard != null) {
                var unused = session.calls.remove(id());
            }
            session.callEnds();
        }
    }

    @Override
    protected void onCancel() {
        if (firstSent != 0 && !isAnswered) {
            session.cancelled(id(), loan);
        }
    }

    @Override
    protected void onFailing(UpstreamFault fault) {
        session.doubt(fault);
    }

    @Override
    protected boolean takesStatus(int code, HttpHeaders headers) {
        if (resumes > 0) {
            if (code != 200) {
                fail(UpstreamFault.SSE_NO_RESPONSE);
            }
            return code != 200;
        }
        if (code != 404 || session.back.isSessionless() || renewed) {
            return false;
        }
        linger();
        renew();
        return true;
    }

    /** A session that the server does not know proves that it did not execute the call. */
    private void renew() {
        renewed = true;
        renewing = true;
        meters.count(UpstreamFault.SESSION_LOST);
        // It may have been replaced by another version of itself.
        session.back.doubt();
        uncount();
        firstSent = 0;
        StreamableSession next = (StreamableSession) session.back.sessions.renew(session);
        session = next;
        next.opened()
                // Later, for what said so is still being looked at.
                .doOnNext(opened -> moveLater(this::startAgain))
                .doOnError(failed -> move(() -> fail(failed)))
                .subscribe(new Unheeded());
    }

    @Override
    protected boolean startsAgain() {
        return renewing;
    }

    /** Some servers say so with a status that means much else; that they did not even read the id is in the answer. */
    @Override
    protected boolean startsAgainAfter(JsonRpc.Failure failure) {
        boolean isSessionUnknown = status() == 400
                && !renewed
                && session.isNamed()
                && failure.message().toLowerCase(Locale.ROOT).contains("session");
        if (isSessionUnknown) {
            renew();
        }
        return isSessionUnknown;
    }

    @Override
    protected void doubt() {
        session.back.doubt();
    }

    private void startAgain() {
        if (!isDone()) {
            start();
        }
    }

    @Override
    public boolean canAsk() {
        return UpstreamSession.canAsk(exchange(), loan);
    }

    @Override
    public void take(JsonRpc message, int length) {
        Backlog messages = heard;
        if (messages == null || !messages.charge(length)) {
            Backlog.refuse(message);
            move(this::giveUp);
            return;
        }
        move(() -> {
            if (isDone()) {
                Backlog.refuse(message);
            } else {
                messages.add(message, length);
                drain();
            }
        });
    }

    private Hold hold() {
        return meters.hold(Held.RESULT, exchange().caller().key(), () -> moveLater(() -> fail(UpstreamFault.MEMORY)));
    }

    /** The stream cannot wait for whoever takes nothing. */
    private void giveUp() {
        if (!isDone()) {
            onCancel();
            fail(UpstreamFault.BACKLOG);
        }
    }

    @Override
    @Nullable
    protected JsonRpc accept(Envelope message) {
        return switch (message.kind()) {
            case RESPONSE -> {
                JsonRpc.Response response = response(message);
                isAnswered = response != null;
                yield response;
            }
            case NOTIFICATION -> notification(message);
            case REQUEST -> question(message);
        };
    }

    private JsonRpc.@Nullable Question question(Envelope message) {
        JsonRpc.Question question = session.question(message, canAsk(), this::answered);
        if (question != null) {
            asked();
        }
        return question;
    }

    private @Nullable JsonRpc notification(Envelope message) {
        String method = message.method();
        if (method.equals(Methods.PROGRESS)) {
            return progress(message);
        }
        if (method.equals(Methods.MESSAGE) && !UpstreamSession.wantsLogs(exchange())) {
            meters.count(UpstreamFault.UNREQUESTED_LOG);
            return null;
        }
        if (ListChanges.isOne(method) || method.equals(Methods.RESOURCE_UPDATED)) {
            session.deliver(message);
            return null;
        }
        return new JsonRpc.Notification(method, message.params());
    }

    @Override
    protected void onEventsEnd(UpstreamFault fault) {
        SseParser ending = events();
        if (ending != null) {
            String id = ending.lastId();
            if (id != null && !id.equals(lastEventId)) {
                lastEventId = id;
                // Something came through, so the server still works on it.
                resumes = 0;
            }
            if (ending.retryMillis() >= 0) {
                retryMillis = ending.retryMillis();
            }
        }
        if (!resumes()) {
            fail(fault);
        }
    }

    @Override
    protected boolean survives(UpstreamFault fault) {
        if (renewing) {
            return true;
        }
        if (resumes == 0 || fault.isTimeUp() || fault == UpstreamFault.CLOSED) {
            return false;
        }
        if (!resumes()) {
            // Whatever stopped the last attempt, the request itself was sent.
            fail(UpstreamFault.SSE_NO_RESPONSE);
        }
        return true;
    }

    private boolean resumes() {
        long now = System.nanoTime();
        long age = now - firstSent - restedNanos(now);
        if (lastEventId == null
                || resumes >= MAX_RESUMES
                || age > client().limits().hardCap().toNanos()) {
            return false;
        }
        resumes++;
        loop().schedule(this::resume, pauseMillis(), TimeUnit.MILLISECONDS);
        return true;
    }

    /** As long as the server says, but less and less often where it says that we may come at once. */
    private long pauseMillis() {
        long most = LEAST_RETRY_MILLIS << Math.min(pauses++, MAX_DOUBLINGS);
        long jitter = ThreadLocalRandom.current().nextLong(most) + 1;
        return Math.max(jitter, Math.min(retryMillis, MOST_RETRY_MILLIS));
    }

    private void resume() {
        String from = lastEventId;
        if (!isDone() && from != null) {
            send(session.address(new OutgoingRequest(Method.GET, null))
                    .with("last-event-id", HeaderText.bytesAsChars(from)));
            restOn();
        }
    }
}
