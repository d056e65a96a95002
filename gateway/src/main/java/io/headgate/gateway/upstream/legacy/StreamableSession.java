package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.call.CallFlux;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.OutgoingRequest.Method;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A session over Streamable HTTP: named by a field of each request, and with a stream for what belongs to no call. */
final class StreamableSession extends UpstreamSession {
    static final Duration STREAM_WITHIN = Duration.ofMillis(500);
    private static final Duration LEAVE_WITHIN = Duration.ofSeconds(5);
    private static final List<String> QUESTIONS = List.of("elicitation", "sampling", "roots");

    final SessionCalls<StreamableCall> calls = new SessionCalls<>(this);
    private final boolean declaresAnswers;
    private volatile @Nullable String id;

    StreamableSession(
            LegacyBack back, SessionKey key, RawJson declared, RawJson info, @Nullable UpstreamSession former) {
        super(back, key, declared, info, former);
        this.declaresAnswers = QUESTIONS.stream().anyMatch(name -> declared.get(name) != null);
        if (key.is(SessionKey.Kind.OWN) || key.is(SessionKey.Kind.CLIENT)) {
            settings().withStream();
        }
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
    boolean take(Envelope message, int length) {
        return calls.take(message, length);
    }

    /** A session in the pool has one call at a time; a client's own hears what belongs to no call on its own stream. */
    @Override
    boolean meansItsOnlyCall() {
        return key().is(SessionKey.Kind.POOLED);
    }

    @Override
    boolean hears(Exchange exchange) {
        return settings().hasStream() || back.hasNoStreams() || !mayBeTold(exchange);
    }

    @Override
    Mono<Void> hear() {
        if (settings().hasStream()) {
            return Mono.empty();
        }
        settings().withStream();
        return openStream();
    }

    /** True if the server may say something of the call, or ask its client, outside of the call's own answer. */
    private boolean mayBeTold(Exchange exchange) {
        return (declaresAnswers && Methods.mayAskForInput(exchange.method()))
                || exchange.message().envelope().has(Member.META_PROGRESS_TOKEN)
                || (exchange.client().logLevel() != null && offersLogging());
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
        return settings().hasStream() ? openStream() : Mono.empty();
    }

    private Mono<Void> openStream() {
        if (back.hasNoStreams() && !servesMany()) {
            return Mono.empty();
        }
        ResumableStream standing = new ResumableStream(this);
        run(standing);
        // A server that held its answer back will do so again, and nothing is won by waiting for it each time.
        return back.holdsStreamsBack()
                ? Mono.empty()
                : standing.settled().timeout(STREAM_WITHIN, Mono.fromRunnable(() -> back.holdsStreamsBack(true)));
    }

    /** True if the server gave it a name, by which it can be forgotten. */
    boolean isNamed() {
        return id != null;
    }

    /** The server does not know it any more; {@code isInTurn} if it is this one's turn to set itself up again. */
    void forgotten(boolean isInTurn) {
        meters.count(UpstreamFault.SESSION_LOST);
        close(UpstreamFault.SESSION_GONE);
        back.sessions.comeBack(key(), isInTurn);
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
