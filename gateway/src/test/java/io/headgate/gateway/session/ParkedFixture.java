package io.headgate.gateway.session;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.filter.TestTimer;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.route.RequestStates;
import io.headgate.gateway.seal.Seal;
import io.headgate.gateway.seal.SealKey;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** A parking place before a server that a test speaks for, with time that it moves. */
final class ParkedFixture {
    static final String CAPABILITIES = "{\"elicitation\":{\"form\":{},\"url\":{}},\"sampling\":{},\"roots\":{}}";

    final TestTimer timer = new TestTimer();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final Server server = new Server();
    final List<Exchange> seen = new ArrayList<>();
    final Parking parking;
    private final Handler handler;

    ParkedFixture(ParkingConfig config) {
        Seal seal = new Seal(List.of(SealKey.random()), () -> Instant.ofEpochMilli(timer.now(TimeUnit.MILLISECONDS)));
        parking = new Parking(config, new RequestStates(seal, meters), timer, meters, MemoryBudget.unlimited(meters));
        handler = parking.before(exchange -> {
            seen.add(exchange);
            return server;
        });
    }

    ParkedFixture() {
        this(ParkingConfig.DEFAULT);
    }

    /** A call, and what comes back for it, asked for one by one. */
    Recorder call(String more) {
        return send(exchange(more, CAPABILITIES));
    }

    Recorder send(Exchange exchange) {
        return send(exchange, Long.MAX_VALUE);
    }

    Recorder send(Exchange exchange, long demand) {
        Recorder recorder = new Recorder(demand);
        handler.handle(exchange).subscribe(recorder);
        return recorder;
    }

    /** A client's call of a tool; {@code more} is more members of its params. */
    static Exchange exchange(String more, String capabilities) {
        return exchange("tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":1}" + more + "}", capabilities);
    }

    static Exchange exchange(String method, String params, String capabilities) {
        Envelope envelope = Envelope.ofRequest(method, RawJson.of(params));
        return new Exchange(
                new JsonRpc.Request(RequestId.of(1), method, envelope),
                new Target("", Target.Kind.TOOL, "t"),
                Route.NONE,
                new Caller("alice"),
                new Client(ProtocolVersions.V2026_07_28, RawJson.of(capabilities), null, null),
                null,
                RequestHeaders.NONE);
    }

    /** The members by which a client comes back. */
    static String round(String state, String responses) {
        return ",\"requestState\":\"" + state + "\",\"inputResponses\":" + responses;
    }

    void gather() {
        timer.advanceBy(Duration.ofMillis(20));
    }

    double parked() {
        return meters.get(MeterNames.PARKED_CALLS).gauge().value();
    }

    double bytes() {
        return meters.get(MeterNames.PARKED_BYTES).gauge().value();
    }

    double ended(String outcome) {
        return meters.get(MeterNames.PARKED_ENDED)
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    /** What one client was given. */
    static final class Recorder extends BaseSubscriber<JsonRpc> {
        final List<JsonRpc> messages = new ArrayList<>();

        @Nullable
        Throwable error;

        boolean completed;
        private final long demand;

        Recorder(long demand) {
            this.demand = demand;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            subscription.request(demand);
        }

        @Override
        protected void hookOnNext(JsonRpc message) {
            messages.add(message);
        }

        @Override
        protected void hookOnComplete() {
            completed = true;
        }

        @Override
        protected void hookOnError(Throwable failure) {
            error = failure;
        }

        RawJson result() {
            JsonRpc last = messages.get(messages.size() - 1);
            return ((JsonRpc.Success) last).result();
        }

        /** The state of a result that asks. */
        String state() {
            return Objects.requireNonNull(((JsonRpc.Success) messages.get(messages.size() - 1))
                    .envelope()
                    .string(Member.RESULT_REQUEST_STATE));
        }
    }

    /** The server of the last call. */
    static final class Server extends Flux<JsonRpc> {
        final List<String> answers = new ArrayList<>();
        int cancelled;
        private @Nullable CoreSubscriber<? super JsonRpc> client;
        long requested;

        @Override
        public void subscribe(CoreSubscriber<? super JsonRpc> actual) {
            client = actual;
            requested = 0;
            actual.onSubscribe(new Subscription() {
                @Override
                public void request(long n) {
                    requested = Math.min(Long.MAX_VALUE - n, requested) + n;
                }

                @Override
                public void cancel() {
                    cancelled++;
                }
            });
        }

        void ask(String method, @Nullable String params) {
            say(new JsonRpc.Question(
                    method,
                    params == null ? null : RawJson.of(params),
                    answer -> answers.add(
                            answer instanceof JsonRpc.Success success
                                    ? success.result().toString()
                                    : "error " + ((JsonRpc.Failure) answer).code())));
        }

        void progress(int step) {
            say(new JsonRpc.Notification(
                    "notifications/progress", RawJson.of("{\"progressToken\":\"first\",\"progress\":" + step + "}")));
        }

        void answer(String text) {
            say(JsonRpc.Success.of("{\"text\":\"" + text + "\"}"));
            Objects.requireNonNull(client).onComplete();
        }

        void fail(int code, String data) {
            say(new JsonRpc.Failure(code, "no", RawJson.of(data)));
            Objects.requireNonNull(client).onComplete();
        }

        void say(JsonRpc message) {
            if (requested == 0) {
                throw new AssertionError("nobody asked for " + message);
            }
            requested -= requested == Long.MAX_VALUE ? 0 : 1;
            Objects.requireNonNull(client).onNext(message);
        }
    }
}
