package io.headgate.gateway.upstream;

import io.headgate.gateway.upstream.OutgoingRequest.Method;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The event stream of a session over Streamable HTTP: what the server sends outside of any call, taken up again whenever
 * it ends.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class ResumableStream extends LegacyStream {
    private static final long MIN_MILLIS = 1_000;
    private static final long MAX_MILLIS = 60_000;
    private static final int MAX_DOUBLINGS = 5;

    private final long madeNanos = System.nanoTime();
    private final Sinks.Empty<Void> settled = Sinks.empty();
    private @Nullable String lastEventId;
    private long retryMillis = -1;
    private int failures;
    private boolean connectedBefore;
    private boolean scheduled;
    private volatile boolean refused;

    ResumableStream(LegacySession session) {
        super(session);
    }

    /** Ends when the server has answered the first time, whatever it said. */
    Mono<Void> settled() {
        return settled.asMono();
    }

    @Override
    boolean isRefused() {
        return refused;
    }

    @Override
    SseParser parser() {
        return new SseParser(pool.client.limits.messageBytes());
    }

    @Override
    OutgoingRequest request() {
        OutgoingRequest request = session.address(new OutgoingRequest(Method.GET, null));
        String from = lastEventId;
        return from == null ? request : request.with("last-event-id", HeaderText.bytesAsChars(from));
    }

    @Override
    void begins() {
        failures = 0;
        if (connectedBefore && lastEventId == null) {
            session.gap();
        }
        connectedBefore = true;
        session.back.noStreams(false);
        settle();
    }

    @Override
    void refused(int status, HttpHeaders headers) {
        if (status >= 500 || status == 429 || status == 401 || status == 403 || status == 409) {
            retry();
        } else {
            // 405 is how a server says that it has no stream; 404 that it no longer has the session.
            refused = true;
            if (status == 405) {
                session.back.noStreams(true);
            }
        }
        settle();
    }

    private void settle() {
        // Only the first time counts; later ones are refused by the sink.
        if (settled.tryEmitEmpty().isSuccess()) {
            session.back.holdsStreamsBack(System.nanoTime() - madeNanos > StreamableSession.STREAM_WITHIN.toNanos());
        }
    }

    @Override
    void ends(Fault fault) {
        if (fault == Fault.SSE_LINE) {
            meters.count(fault);
        }
        settle();
        if (!refused) {
            retry();
        }
    }

    private void retry() {
        if (isStopped() || scheduled) {
            return;
        }
        scheduled = true;
        SseParser events = events();
        if (events.lastId() != null) {
            lastEventId = events.lastId();
        }
        if (events.retryMillis() >= 0) {
            retryMillis = events.retryMillis();
        }
        long most = Math.min(MAX_MILLIS, (2 * MIN_MILLIS) << Math.min(failures++, MAX_DOUBLINGS));
        long jitter = ThreadLocalRandom.current().nextLong(MIN_MILLIS, most + 1);
        // A server that closes streams to be polled says how soon it wants to see us.
        long millis = failures == 1 && retryMillis >= 0 ? Math.max(retryMillis, 100) : jitter;
        pool.loop.schedule(this::connectAgain, millis, TimeUnit.MILLISECONDS);
    }

    private void connectAgain() {
        scheduled = false;
        connect();
    }
}
