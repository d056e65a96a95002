package io.headgate.gateway.upstream.modern;

import io.headgate.filter.Refusal;
import io.headgate.gateway.upstream.GatewayExchange;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.call.CallFlux;
import io.headgate.gateway.upstream.net.HttpClient;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;

/**
 * Asks a server whether it speaks 2026-07-28: with {@code server/discover}, never with a call, for some legacy servers
 * would execute a call that they do not fully understand.
 */
public final class DiscoverProbe {
    /**
     * What the server answered.
     *
     * @param status that of HTTP, or 0 if the server was not asked
     */
    public record Found(boolean isSpoken, int status) {
        public static final Found NOT_ASKED = new Found(false, 0);

        /** True if the server seems to take no posts, as one of 2024-11-05 at the address of its event stream. */
        public boolean takesNoPosts() {
            return status == 404 || status == 405;
        }
    }

    private final String upstream;
    private final Duration patience;
    private final HttpClient client;
    private final ModernBack modern;

    public DiscoverProbe(UpstreamConfig config, HttpClient client, ModernBack modern) {
        this.upstream = config.name();
        this.patience = config.limits().connectTimeout();
        this.client = client;
        this.modern = modern;
    }

    /** Fails if the answer says nothing about the protocol. */
    public Mono<Found> ask() {
        return Mono.defer(() -> {
            Discovery[] made = new Discovery[1];
            return new CallFlux(actual -> made[0] = new Discovery(modern, upstream, actual))
                    .last()
                    .timeout(patience)
                    .flatMap(response -> judge(response, made[0].httpStatus()))
                    .onErrorResume(Refusal.class, refusal -> judge(refusal, made[0]));
        });
    }

    private Mono<Found> judge(JsonRpc response, int status) {
        if (response instanceof JsonRpc.Success success) {
            return found(isModern(success.envelope().get(Member.SUPPORTED_VERSIONS)), status);
        }
        JsonRpc.Failure failure = (JsonRpc.Failure) response;
        if (status >= 500) {
            return Mono.error(client.meters().refuse(UpstreamFault.SERVER_ERROR, null));
        }
        return switch (failure.code()) {
            case RpcCodes.HEADER_MISMATCH, RpcCodes.MISSING_CAPABILITY -> found(true, status);
            case RpcCodes.UNSUPPORTED_VERSION -> judgeVersions(failure.data(), status);
            default -> found(false, status);
        };
    }

    private Mono<Found> judgeVersions(@Nullable RawJson data, int status) {
        RawJson supported = data == null ? null : data.get("supported");
        if (supported == null || isModern(supported)) {
            return found(true, status);
        }
        List<RawJson> versions = supported.elements();
        boolean hasLegacy = versions.stream().anyMatch(version -> ProtocolVersions.LEGACY.contains(version.string()));
        return hasLegacy ? found(false, status) : Mono.error(client.meters().refuse(UpstreamFault.VERSION, null));
    }

    private static Mono<Found> judge(Refusal refusal, Discovery discovery) {
        return discovery.saysNo() ? found(false, discovery.httpStatus()) : Mono.error(refusal);
    }

    private static Mono<Found> found(boolean isSpoken, int status) {
        return Mono.just(new Found(isSpoken, status));
    }

    private static boolean isModern(@Nullable RawJson versions) {
        return versions != null
                && versions.elements().stream()
                        .anyMatch(version -> ProtocolVersions.V2026_07_28.equals(version.string()));
    }

    /** The one question, and how it failed if it did. */
    private static final class Discovery extends ModernCall {
        private @Nullable UpstreamFault fault;

        Discovery(ModernBack modern, String upstream, CoreSubscriber<? super JsonRpc> actual) {
            super(modern, GatewayExchange.of(upstream, Methods.DISCOVER, "{}"), actual);
        }

        @Override
        protected void onFailing(UpstreamFault failing) {
            fault = failing;
        }

        @Override
        protected Refusal refusal(UpstreamFault failing, String text, @Nullable Duration retryAfter) {
            // No fault of the server's: it need not know the question.
            return saysNo()
                    ? UpstreamMeters.refusal(failing, text, retryAfter)
                    : super.refusal(failing, text, retryAfter);
        }

        /** True if the answer is none that a server of this revision gives. */
        boolean saysNo() {
            UpstreamFault failed = fault;
            return failed != null
                    && switch (failed) {
                        case CLIENT_ERROR, CONTENT_TYPE, BAD_JSON, SHAPE, ID_MISMATCH, RESULT_TYPE, BAD_EVENTS -> true;
                        default -> false;
                    };
        }

        int httpStatus() {
            return status();
        }
    }
}
