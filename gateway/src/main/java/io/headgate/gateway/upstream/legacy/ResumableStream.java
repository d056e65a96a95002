package io.headgate.gateway.upstream.legacy;

import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters.Renewed;
import io.headgate.gateway.upstream.net.Backoff;
import io.headgate.gateway.upstream.wire.HeaderText;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.OutgoingRequest.Method;
import io.headgate.gateway.upstream.wire.SseParser;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The event stream of a session over Streamable HTTP: what the server sends outside of any call, taken up again whenever
 * it ends.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class ResumableStream extends UpstreamStream {
    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final int NO_STREAM = 405;

    private final StreamableSession owner;
    private final long madeNanos = System.nanoTime();
    private final Sinks.Empty<Void> settled = Sinks.empty();
    private final Backoff attempts = new Backoff();
    private final Disposable.Swap next = Disposables.swap();
    private @Nullable String lastEventId;
    private boolean connectedBefore;
    /** Something was not heard, and it cannot be asked for. */
    private boolean isGap;
    /** The server may be another process than the one that knew the session. */
    private boolean isDoubtful;

    private boolean isInTurn;
    private boolean scheduled;
    private volatile boolean refused;

    ResumableStream(StreamableSession owner) {
        super(owner);
        this.owner = owner;
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
        return new SseParser(client().limits().messageBytes());
    }

    @Override
    OutgoingRequest request() {
        OutgoingRequest request = session.address(new OutgoingRequest(Method.GET, null));
        String from = lastEventId;
        return from == null ? request : request.with("last-event-id", HeaderText.bytesAsChars(from));
    }

    @Override
    void begins() {
        attempts.begins();
        if (connectedBefore) {
            if (isInTurn) {
                meters.renewed(Renewed.STREAM);
                if (session.servesMany()) {
                    client().returns().works();
                }
            }
            if (isGap || lastEventId == null) {
                session.gap();
            }
        }
        connectedBefore = true;
        isGap = false;
        isDoubtful = false;
        session.back.noStreams(false);
        settle();
    }

    @Override
    void refused(int status, HttpHeaders headers) {
        if (isDoubtful && status == BAD_REQUEST && lastEventId != null) {
            // It may only be the event that the server does not know.
            lastEventId = null;
            isGap = true;
            retry(/* isWhole= */ false);
        } else if (isDoubtful && owner.isNamed() && (status == NOT_FOUND || status == BAD_REQUEST)) {
            refused = true;
            owner.forgotten(isInTurn);
        } else if (isDoubtful && status != NO_STREAM) {
            retry(/* isWhole= */ false);
        } else if (status >= 500 || status == 429 || status == 401 || status == 403 || status == 409) {
            isDoubtful = true;
            retry(/* isWhole= */ false);
        } else {
            refused = true;
            if (status == NO_STREAM) {
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
    void ends(UpstreamFault fault) {
        if (fault == UpstreamFault.SSE_LINE) {
            meters.count(fault);
        }
        isDoubtful = true;
        settle();
        if (!refused) {
            retry(/* isWhole= */ fault == UpstreamFault.SSE_NO_RESPONSE);
        }
    }

    @Override
    void stop() {
        next.dispose();
        super.stop();
    }

    /** A stream that ended whole is one that the server closed, perhaps to be polled; another one was lost. */
    private void retry(boolean isWhole) {
        if (isStopped() || scheduled) {
            return;
        }
        scheduled = true;
        isInTurn = !isWhole;
        SseParser events = events();
        if (events.lastId() != null) {
            lastEventId = events.lastId();
        }
        Mono<?> pause = isWhole
                ? Mono.delay(Duration.ofMillis(attempts.pauseMillis(events.retryMillis())))
                : client().returns().turn(attempts, session.servesMany());
        next.update(pause.subscribe(turn -> {}, failed -> {}, () -> move(this::connectAgain)));
    }

    private void connectAgain() {
        scheduled = false;
        connect();
    }
}
