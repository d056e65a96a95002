package io.headgate.gateway.upstream;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Finds out which era a server speaks, and remembers it with a date.
 *
 * <p>It asks with {@code server/discover}, never with a call: some legacy servers would execute a call that they do not
 * fully understand. Only an answer about the protocol decides; a server that is down, overloaded or wants credentials
 * keeps the era it had. A modern verdict fails loudly when it becomes wrong; a legacy one would work silently for ever,
 * so it is asked again after a day.
 */
final class EraProbe {
    private static final Duration LEGACY_FOR = Duration.ofHours(24);
    private static final long DOUBT_NANOS = Duration.ofSeconds(10).toNanos();

    private final UpstreamConfig config;
    private final HttpClient client;
    private final InstantSource clock;
    private final ModernBack modern;
    private final LegacyBack legacy;
    private final LegacyBack sse;
    private final AtomicReference<@Nullable Mono<BackDialect>> flight = new AtomicReference<>();
    private final AtomicLong lastDoubt = new AtomicLong(System.nanoTime() - DOUBT_NANOS);
    private final Sinks.Many<BackDialect> switches = Sinks.many().multicast().directBestEffort();
    private final AtomicReference<@Nullable Unheeded> again = new AtomicReference<>();
    private volatile @Nullable BackDialect known;
    private volatile @Nullable Instant since;
    private volatile boolean closed;

    EraProbe(UpstreamConfig config, HttpClient client, InstantSource clock) {
        this.config = config;
        this.client = client;
        this.clock = clock;
        this.modern = new ModernBack(config.name(), config.limits(), client, this::doubt);
        this.legacy = new LegacyBack(config, client, UpstreamTransport.HTTP, this::doubt);
        this.sse = new LegacyBack(config, client, UpstreamTransport.SSE, this::doubt);
    }

    /** The dialect to speak, or null while it is unknown. */
    @Nullable
    BackDialect known() {
        return known;
    }

    @Nullable
    Instant since() {
        return since;
    }

    Mono<Void> endSessions() {
        return Mono.whenDelayError(legacy.close(), sse.close());
    }

    /** The dialect, found if need be; all who wait for it wait for one probe. */
    Mono<BackDialect> find() {
        BackDialect dialect = known;
        return dialect != null ? Mono.just(dialect) : probe();
    }

    /** Emits when the server turns out to speak another era than before. */
    Flux<BackDialect> switches() {
        return switches.asFlux();
    }

    /** Asks again in the background, for an answer did not fit the era. */
    void doubt() {
        long now = System.nanoTime();
        long last = lastDoubt.get();
        if (!closed && now - last > DOUBT_NANOS && lastDoubt.compareAndSet(last, now)) {
            probe().subscribe(new Unheeded());
        }
    }

    void close() {
        closed = true;
        replaceAgain(null);
        synchronized (switches) {
            switches.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    private Mono<BackDialect> probe() {
        return Mono.defer(() -> {
            while (true) {
                Mono<BackDialect> current = flight.get();
                if (current != null) {
                    return current;
                }
                Mono<BackDialect> mine =
                        // Before the waiting calls are told: the next call gets another probe, and not the failure of
                        // this one.
                        ask().doOnTerminate(() -> flight.set(null)).cache();
                if (flight.compareAndSet(null, mine)) {
                    return mine;
                }
            }
        });
    }

    private Mono<BackDialect> ask() {
        Mono<BackDialect> found =
                config.transport() == UpstreamTransport.SSE ? openStream() : Mono.defer(this::discover);
        return found.onErrorMap(this::nothingSent).doOnNext(this::remember);
    }

    private Mono<BackDialect> discover() {
        Discovery[] made = new Discovery[1];
        Trouble before = client.meters.lastError();
        return new CallFlux(actual -> made[0] = new Discovery(modern, config.name(), actual))
                .last()
                .timeout(config.limits().connectTimeout())
                .flatMap(response -> judge(response, made[0].httpStatus()))
                .onErrorResume(Refusal.class, refusal -> judge(refusal, made[0], before));
    }

    private Mono<BackDialect> judge(JsonRpc response, int status) {
        if (response instanceof JsonRpc.Success success) {
            RawJson versions = success.envelope().get(Member.SUPPORTED_VERSIONS);
            return isModern(versions) ? Mono.just(modern) : initialize(status);
        }
        JsonRpc.Failure failure = (JsonRpc.Failure) response;
        if (status >= 500) {
            return Mono.error(client.meters.refuse(Fault.SERVER_ERROR, null));
        }
        return switch (failure.code()) {
            case RpcCodes.HEADER_MISMATCH, RpcCodes.MISSING_CAPABILITY -> Mono.just(modern);
            case RpcCodes.UNSUPPORTED_VERSION -> judgeVersions(failure.data(), status);
            default -> initialize(status);
        };
    }

    private Mono<BackDialect> judgeVersions(@Nullable RawJson data, int status) {
        RawJson supported = data == null ? null : data.get("supported");
        if (supported == null || isModern(supported)) {
            return Mono.just(modern);
        }
        List<RawJson> versions = supported.elements();
        boolean hasLegacy = versions.stream().anyMatch(version -> ProtocolVersions.LEGACY.contains(version.string()));
        return hasLegacy ? initialize(status) : Mono.error(client.meters.refuse(Fault.VERSION, null));
    }

    private Mono<BackDialect> judge(Refusal refusal, Discovery discovery, @Nullable Trouble before) {
        Fault fault = discovery.fault();
        if (fault == null) {
            return Mono.error(refusal);
        }
        return switch (fault) {
            case CLIENT_ERROR, CONTENT_TYPE, BAD_JSON, SHAPE, ID_MISMATCH, RESULT_TYPE, BAD_EVENTS -> {
                client.meters.forgive(before);
                yield initialize(discovery.httpStatus());
            }
            default -> Mono.error(refusal);
        };
    }

    private static boolean isModern(@Nullable RawJson versions) {
        return versions != null
                && versions.elements().stream()
                        .anyMatch(version -> ProtocolVersions.V2026_07_28.equals(version.string()));
    }

    private Mono<BackDialect> initialize(int discovered) {
        Mono<BackDialect> posted =
                legacy.own().opened().timeout(config.limits().connectTimeout()).thenReturn(legacy);
        if (discovered != 404 && discovered != 405) {
            return posted;
        }
        // Where nothing can be posted to, an old server may still have its event stream (2024-11-05).
        return posted.onErrorResume(
                Refusal.class,
                refused -> refused.reason() == Reason.UPSTREAM_ERROR || refused.reason() == Reason.UPSTREAM_REFUSED
                        ? openStream().onErrorMap(noStream -> refused)
                        : Mono.error(refused));
    }

    /** Its own clock for the endpoint runs out first, and says more. */
    private Mono<BackDialect> openStream() {
        return Mono.defer(() -> sse.own()
                .opened()
                .timeout(config.limits().connectTimeout().multipliedBy(2))
                .thenReturn(sse));
    }

    /** A call that waited for the probe was not sent, however the probe failed. */
    private Throwable nothingSent(Throwable failed) {
        if (failed instanceof TimeoutException) {
            return client.meters.refuse(Fault.CONNECT_TIMEOUT, null);
        }
        return unsent(failed);
    }

    /** The failure of something before a call, in words for the call: nothing of it was sent. */
    static Throwable unsent(Throwable failed) {
        if (!(failed instanceof Refusal refusal)) {
            return failed;
        }
        return switch (refusal.reason()) {
            case UPSTREAM_AMBIGUOUS, UPSTREAM_TIMEOUT ->
                new Refusal(Reason.UPSTREAM_UNAVAILABLE, refusal.text(), refusal.retryAfter()).unsent();
            default -> refusal.unsent();
        };
    }

    private void remember(BackDialect found) {
        BackDialect before = known;
        since = clock.instant();
        known = found;
        if (closed) {
            return;
        }
        if (found.era() == Era.LEGACY) {
            askAgainLater();
        }
        if (before != null && before != found) {
            synchronized (switches) {
                switches.emitNext(found, Sinks.EmitFailureHandler.FAIL_FAST);
            }
        }
    }

    private void askAgainLater() {
        Unheeded later = new Unheeded();
        replaceAgain(later);
        Mono.delay(LEGACY_FOR).then(probe()).subscribe(later);
    }

    private void replaceAgain(@Nullable Unheeded later) {
        Unheeded former = again.getAndSet(later);
        if (former != null) {
            former.cancel();
        }
    }

    /** The one question, and how it failed if it did. */
    private static final class Discovery extends ModernCall {
        private volatile @Nullable Fault fault;

        Discovery(ModernBack modern, String upstream, CoreSubscriber<? super JsonRpc> actual) {
            super(modern, GatewayExchange.of(upstream, Methods.DISCOVER, "{}"), actual);
        }

        @Override
        void onFailing(Fault failing) {
            fault = failing;
        }

        @Nullable
        Fault fault() {
            return fault;
        }

        int httpStatus() {
            return status();
        }
    }
}
