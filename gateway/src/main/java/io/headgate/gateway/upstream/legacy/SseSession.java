package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.GatewayExchange;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A session over HTTP+SSE, at a server of 2024-11-05: one event stream, and the calls whose answers come on it.
 *
 * <p>The session lives as long as its stream.
 */
final class SseSession extends UpstreamSession {
    private final SessionCalls<SseCall> calls = new SessionCalls<>(this);
    private volatile boolean retired;
    private volatile @Nullable String endpoint;

    SseSession(LegacyBack back, SessionKey key, RawJson declared, RawJson info, @Nullable UpstreamSession former) {
        super(back, key, declared, info, former);
    }

    @Override
    Flux<JsonRpc> call(Exchange exchange, SessionPool.@Nullable Loan loan) {
        return SseCall.of(this, loan, exchange);
    }

    /** Adds a call that waits for messages; false if there will be none. */
    boolean join(long id, SseCall call) {
        callBegins();
        calls.add(id, call);
        if (isOver()) {
            var unused = calls.remove(id);
            return false;
        }
        return true;
    }

    void leave(long id) {
        var unused = calls.remove(id);
        callEnds();
        if (retired && calls.size() == 0) {
            close(UpstreamFault.SSE_NO_RESPONSE);
        }
    }

    @Override
    OutgoingRequest address(OutgoingRequest request) {
        String version = handshake().version();
        // Later revisions are spoken over this transport, too, and want to be named.
        if (!version.equals(ProtocolVersions.V2024_11_05)) {
            request.with("mcp-protocol-version", version);
        }
        String path = endpoint;
        return path == null ? request : request.to(path);
    }

    /** The server does not know where to post any more: what is on its way may still end, new calls begin elsewhere. */
    void retire() {
        meters.count(UpstreamFault.SESSION_LOST);
        retired = true;
        back.sessions.replace(this);
        if (calls.size() == 0) {
            close(UpstreamFault.SSE_NO_RESPONSE);
        }
    }

    /** The stream has ended, and with it all hope for answers. */
    void lost(UpstreamFault fault) {
        meters.count(UpstreamFault.SESSION_LOST);
        // An event that is too large is one call's fault; whose, is unknown.
        close(fault == UpstreamFault.SSE_LINE && calls.size() > 1 ? UpstreamFault.SSE_TRUNCATED : fault);
    }

    @Override
    boolean close(UpstreamFault why) {
        boolean wasOpen = super.close(why);
        calls.all().forEach(call -> call.lose(why));
        if (wasOpen) {
            back.sessions.comeBack(key(), /* isInTurn= */ false);
        }
        return wasOpen;
    }

    @Override
    Mono<JsonRpc> initialize(RawJson params) {
        SseStream standing = new SseStream(this);
        run(standing);
        Exchange initialize = GatewayExchange.of(back.config.name(), Methods.INITIALIZE, params.toString());
        return standing.endpoint()
                .timeout(
                        back.config.limits().connectTimeout(),
                        Mono.error(() -> meters.refuse(UpstreamFault.NO_ENDPOINT, null)))
                // Whoever wanted the session has gone.
                .switchIfEmpty(Mono.error(() -> meters.refuse(UpstreamFault.SESSION_GONE, null)))
                .doOnNext(path -> endpoint = path)
                .thenMany(call(initialize, null))
                .last();
    }

    @Override
    Mono<Void> begin() {
        return Mono.empty();
    }

    /** The end of its stream says it. */
    @Override
    Mono<Void> leave() {
        return Mono.empty();
    }

    @Override
    boolean take(Envelope message, int length) {
        return message.kind() == Envelope.Kind.RESPONSE ? response(message, length) : calls.take(message, length);
    }

    private boolean response(Envelope message, int length) {
        RawJson id = message.get(Member.ID);
        SseCall call = id == null ? null : calls.remove(id.longOr(-1));
        if (call == null) {
            meters.count(UpstreamFault.UNKNOWN_RESPONSE);
            return false;
        }
        call.respond(message, length);
        return true;
    }

    /** Callers that share a session must not see what was meant for another one. */
    @Override
    boolean meansItsOnlyCall() {
        return !key().is(SessionKey.Kind.SHARED);
    }
}
