package io.headgate.gateway.http;

import io.headgate.gateway.telemetry.MeterNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;

/** What the door counts; all tag values come from code, none from a client. */
final class DoorMeters {
    private final MeterRegistry registry;
    private final Map<Rejection, Counter> rejected = new EnumMap<>(Rejection.class);
    final Counter goneBeforeTheRequest;
    final Counter goneBeforeTheAnswer;
    final Counter refusedStreams;
    final Counter ignoredFrames;
    final Timer firstByte;
    final AtomicInteger eventStreams = new AtomicInteger();
    final AtomicInteger http1 = new AtomicInteger();
    final AtomicInteger http2 = new AtomicInteger();

    /** As of the last look of each event loop. */
    final AtomicLong heldBytes = new AtomicLong();

    DoorMeters(MeterRegistry registry) {
        this.registry = registry;
        for (Rejection each : Rejection.values()) {
            rejected.put(each, registry.counter(MeterNames.HTTP_REJECTED, "reason", each.reason));
        }
        goneBeforeTheRequest = registry.counter(MeterNames.CLIENT_DISCONNECTS, "phase", "request");
        goneBeforeTheAnswer = registry.counter(MeterNames.CLIENT_DISCONNECTS, "phase", "response");
        refusedStreams = registry.counter(MeterNames.H2_REFUSED_STREAMS);
        ignoredFrames = registry.counter(MeterNames.H2_FRAMES_IGNORED);
        firstByte = registry.timer(MeterNames.SSE_FIRST_BYTE);
        gauge(MeterNames.SSE_ACTIVE, eventStreams, AtomicInteger::get);
        gauge(MeterNames.SSE_BUFFERED, heldBytes, AtomicLong::get);
        gauge(MeterNames.CONNECTIONS, http1, AtomicInteger::get, "protocol", "http1");
        gauge(MeterNames.CONNECTIONS, http2, AtomicInteger::get, "protocol", "http2");
    }

    void rejected(Rejection rejection) {
        Objects.requireNonNull(rejected.get(rejection)).increment();
    }

    void connectionRejected(String reason) {
        registry.counter(MeterNames.CONNECTIONS_REJECTED, "reason", reason).increment();
    }

    void connectionClosed(String reason) {
        registry.counter(MeterNames.CONNECTIONS_CLOSED, "reason", reason).increment();
    }

    void streamClosed(String reason) {
        registry.counter(MeterNames.SSE_CLOSED, "reason", reason).increment();
    }

    void tlsFailure(String reason) {
        registry.counter(MeterNames.TLS_FAILURES, "reason", reason).increment();
    }

    void protocolError(String reason) {
        registry.counter(MeterNames.H2_PROTOCOL_ERRORS, "reason", reason).increment();
    }

    private <T> void gauge(String name, T state, ToDoubleFunction<T> value, String... tags) {
        Gauge.builder(name, state, value).tags(tags).strongReference(true).register(registry);
    }
}
