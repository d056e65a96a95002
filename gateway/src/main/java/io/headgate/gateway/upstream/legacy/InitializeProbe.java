package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.GatewayExchange;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.call.CallFlux;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.gateway.upstream.net.ShortTrip;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.OutgoingRequest.Method;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;

/** Asks a server whether it speaks a revision with sessions: with {@code initialize}. */
public final class InitializeProbe {
    private static final Duration LEAVE_WITHIN = Duration.ofSeconds(5);

    /** What a server that speaks the other era says of this one. */
    public enum Answer {
        YES,
        NO,
        NONE
    }

    private final HttpClient client;
    private final Duration patience;
    private final LegacyBack legacy;
    private final LegacyBack sse;

    public InitializeProbe(UpstreamConfig config, HttpClient client, LegacyBack legacy, LegacyBack sse) {
        this.client = client;
        this.patience = config.limits().connectTimeout();
        this.legacy = legacy;
        this.sse = sse;
    }

    /**
     * Asks a server that is served in the other era anyway: the session is left as soon as it is open, and a failure is
     * none of the server's.
     */
    public Mono<Answer> beside() {
        return Mono.defer(() -> {
            String[] id = new String[1];
            Greeting[] made = new Greeting[1];
            RawJson params = Handshake.params(LegacyBack.LISTED_FOR, GatewayExchange.INFO);
            return new CallFlux(actual -> made[0] = new Greeting(client, params, offered -> id[0] = offered, actual))
                    .last()
                    .timeout(patience)
                    .map(response -> answer(response, made[0].httpStatus(), id[0]))
                    .onErrorResume(failed -> Mono.just(isNo(failed, made[0].httpStatus()) ? Answer.NO : Answer.NONE));
        });
    }

    private Answer answer(JsonRpc response, int status, @Nullable String id) {
        if (status >= 500) {
            return Answer.NONE;
        }
        Handshake handshake = Handshake.read(
                response, () -> UpstreamMeters.refusal(UpstreamFault.VERSION, UpstreamFault.VERSION.text(), null));
        legacy.greeted(handshake, id != null);
        if (id != null) {
            OutgoingRequest end = new OutgoingRequest(Method.DELETE, null)
                    .with("mcp-protocol-version", handshake.version())
                    .with("mcp-session-id", id);
            ShortTrip.status(client, end).timeout(LEAVE_WITHIN).subscribe(new Unheeded());
        }
        return Answer.YES;
    }

    private static boolean isNo(Throwable failed, int status) {
        boolean isAnswer = status < 300 || (status >= 400 && status < 500);
        return isAnswer
                && failed instanceof Refusal refusal
                && switch (refusal.reason()) {
                    case UPSTREAM_REFUSED, UPSTREAM_ERROR, UPSTREAM_PROTOCOL -> true;
                    default -> false;
                };
    }

    /** Asks a server that speaks nothing else, in the session that the gateway keeps there; fails if it does not. */
    public Mono<BackDialect> alone(boolean mayHaveStream) {
        Mono<BackDialect> posted = Mono.defer(() -> legacy.sessions.own().opened())
                .timeout(patience)
                .thenReturn(legacy);
        if (!mayHaveStream) {
            return posted;
        }
        // Where nothing can be posted to, an old server may still have its event stream (2024-11-05).
        return posted.onErrorResume(
                Refusal.class,
                refused -> refused.reason() == Reason.UPSTREAM_ERROR || refused.reason() == Reason.UPSTREAM_REFUSED
                        ? stream().onErrorMap(noStream -> refused)
                        : Mono.error(refused));
    }

    /** The session over HTTP+SSE; its own clock for the endpoint runs out first, and says more. */
    public Mono<BackDialect> stream() {
        return Mono.defer(() -> sse.sessions.own().opened())
                .timeout(patience.multipliedBy(2))
                .thenReturn(sse);
    }

    /** The failure of a question in words for a call that waited: nothing of the call was sent. */
    public Throwable nothingSent(Throwable failed) {
        return failed instanceof TimeoutException
                ? client.meters().refuse(UpstreamFault.CONNECT_TIMEOUT, null)
                : UpstreamSession.unsent(failed);
    }

    /** An {@code initialize} that a server may refuse without being ill. */
    private static final class Greeting extends InitializeCall {
        Greeting(
                HttpClient client,
                RawJson params,
                Consumer<@Nullable String> session,
                CoreSubscriber<? super JsonRpc> actual) {
            super(client, params, session, actual);
        }

        @Override
        protected Refusal refusal(UpstreamFault fault, String text, @Nullable Duration retryAfter) {
            return UpstreamMeters.refusal(fault, text, retryAfter);
        }

        int httpStatus() {
            return status();
        }
    }
}
