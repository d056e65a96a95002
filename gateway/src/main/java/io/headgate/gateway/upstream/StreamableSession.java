package io.headgate.gateway.upstream;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.OutgoingRequest.Method;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A session over Streamable HTTP: named by a field of each request, and with a stream for what belongs to no call. */
final class StreamableSession extends LegacySession {
    private static final Duration STREAM_WITHIN = Duration.ofMillis(500);
    private static final Duration LEAVE_WITHIN = Duration.ofSeconds(5);

    private final boolean isStanding;
    private volatile @Nullable String id;

    /** A standing session has a stream. */
    StreamableSession(
            LegacyBack back, String key, RawJson declared, RawJson info, @Nullable Inbox inbox, boolean isStanding) {
        super(back, key, declared, info, inbox);
        this.isStanding = isStanding;
    }

    @Override
    Flux<JsonRpc> call(Exchange exchange, SessionPool.@Nullable Loan loan) {
        return new CallFlux(actual -> new StreamableCall(this, loan, exchange, actual));
    }

    @Override
    OutgoingRequest address(OutgoingRequest request) {
        request.with("mcp-protocol-version", handshake().version());
        String own = id;
        return own == null ? request : request.with("mcp-session-id", own);
    }

    @Override
    void take(Envelope message, int length) {
        deliver(message);
    }

    @Override
    Mono<JsonRpc> initialize(RawJson params) {
        return new CallFlux(actual -> new InitializeCall(back.client, params, offered -> id = offered, actual)).last();
    }

    /**
     * Begins once its stream is there: what the server says in the middle of the first call would be lost without. A
     * server that holds back its answer until it has something to say costs the first call this little wait.
     */
    @Override
    Mono<Void> begin() {
        if (id == null) {
            back.sessionless();
        }
        if (!isStanding) {
            return Mono.empty();
        }
        ResumableStream standing = new ResumableStream(this);
        run(standing);
        return standing.settled().timeout(STREAM_WITHIN, Mono.empty());
    }

    @Override
    Mono<Void> leave() {
        return id == null
                ? Mono.empty()
                : post(new OutgoingRequest(Method.DELETE, null))
                        .timeout(LEAVE_WITHIN)
                        .onErrorComplete()
                        .then();
    }
}
