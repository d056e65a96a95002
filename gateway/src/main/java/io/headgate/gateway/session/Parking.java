package io.headgate.gateway.session;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.route.RequestStates;
import io.headgate.gateway.seal.Seal;
import io.headgate.gateway.seal.Unguessable;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/**
 * Keeps calls in the middle of which a server asks something, until a client that is asked by a result comes back.
 *
 * <p>It stands between the chain and the router, so each round is one whole pass of the chain: a filter's permits and
 * clocks end with it, and no filter waits for a person. What the client brings back names its call once, and only for the
 * caller, target and arguments that it began with.
 */
public final class Parking {
    private static final int DEFAULT_PER_CALLER = 1_000;
    private static final int ID_BYTES = 16;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    /** How a call's waiting ended. */
    enum Outcome {
        RESUMED,
        EXPIRED,
        ABANDONED,
        REFUSED
    }

    private record Place(AskedCall call, Caller caller, Disposable expiry) {}

    private volatile ParkingConfig config;
    private final MemoryBudget memory;
    private final RequestStates states;
    private final Scheduler timer;
    private final Consents consents;
    private final Map<UUID, Place> places = new ConcurrentHashMap<>();
    private final PerCaller perCaller;
    private final AtomicLong bytes = new AtomicLong();
    private final Map<Outcome, Counter> ended = new EnumMap<>(Outcome.class);
    private volatile boolean isClosed;

    /** The timer runs tasks later on the event loop that asked. */
    public Parking(
            ParkingConfig config, RequestStates states, Scheduler timer, MeterRegistry meters, MemoryBudget memory) {
        this.config = config;
        this.memory = memory;
        this.states = states;
        this.timer = timer;
        this.consents = new Consents(states, () -> this.config.time());
        this.perCaller = new PerCaller(config.perCaller(), DEFAULT_PER_CALLER);
        Gauge.builder(MeterNames.PARKED_CALLS, places, Map::size).register(meters);
        Gauge.builder(MeterNames.PARKED_BYTES, bytes, AtomicLong::get).register(meters);
        for (Outcome outcome : Outcome.values()) {
            ended.put(
                    outcome,
                    meters.counter(
                            MeterNames.PARKED_ENDED, "outcome", outcome.name().toLowerCase(Locale.ROOT)));
        }
    }

    /** Calls that are parked from now on are kept by this. */
    public void settings(ParkingConfig changed) {
        config = changed;
        perCaller.limit(changed.perCaller());
    }

    /** This with what follows it. */
    public Handler before(Handler next) {
        return exchange -> {
            if (!exchange.client().isModern() || !Methods.mayAskForInput(exchange.method())) {
                return next.handle(exchange);
            }
            RawJson state = exchange.message().envelope().get(Member.REQUEST_STATE);
            if (state == null) {
                return new AskableAnswer(next.handle(exchange), exchange, this);
            }
            try {
                return again(exchange, state, next);
            } catch (Refusal refusal) {
                return Flux.error(refusal);
            }
        };
    }

    private Flux<JsonRpc> again(Exchange exchange, RawJson state, Handler next) {
        byte[] id = states.open(Seal.Kind.PARKED_CALL, exchange, state);
        if (id != null) {
            return new Resumed(exchange, uuid(id), answers(exchange));
        }
        byte[] pages = states.open(Seal.Kind.CONSENT, exchange, state);
        if (pages == null) {
            // A state of the server's own, or none at all: the router knows.
            return next.handle(exchange);
        }
        JsonRpc.Response unwilling = consents.judge(exchange, RawJson.of(pages), answers(exchange));
        return unwilling != null
                ? Flux.just(unwilling)
                : new AskableAnswer(next.handle(Consents.withoutRound(exchange)), exchange, this);
    }

    private static Map<String, RawJson> answers(Exchange exchange) {
        Map<String, RawJson> answers =
                InputRequests.responses(exchange.message().envelope().get(Member.INPUT_RESPONSES));
        if (answers == null) {
            throw new Refusal(Refusal.Reason.INVALID_PARAMS, "inputResponses: expected an object of objects");
        }
        return answers;
    }

    /** Ends what is parked, and takes nothing more: the gateway stops. */
    public void close() {
        isClosed = true;
        places.keySet().forEach(id -> giveUp(id, Outcome.ABANDONED));
    }

    Scheduler timer() {
        return timer;
    }

    Consents consents() {
        return consents;
    }

    /** Counts bytes that are held; false if there are too many now. */
    boolean charge(long more) {
        return bytes.addAndGet(more) <= config.bytes() || more <= 0;
    }

    /** There is no room for what a call holds; the place that it may have is free again. */
    Refusal overfull(@Nullable UUID place) {
        if (place == null || claim(place, Outcome.REFUSED) == null) {
            count(Outcome.REFUSED);
        }
        return new Refusal(
                Refusal.Reason.OVERLOADED, "too much is held for calls that wait for their clients", RETRY_AFTER);
    }

    /** What accounts for a call that holds much. */
    Hold hold(Caller caller, AskedCall call) {
        return memory.hold(Held.PARKED, caller.key(), null, () -> endForMemory(call));
    }

    /** Not at once: whoever finds that memory is short may be in the middle of this call. */
    private void endForMemory(AskedCall call) {
        try {
            timer.schedule(() -> call.giveUp(call.overfull()));
        } catch (RejectedExecutionException stopping) {
            // All of them are given up then.
            return;
        }
    }

    static UUID newPlace() {
        return uuid(Unguessable.bytes(ID_BYTES));
    }

    /** Gives a call its place, or says why there is none. */
    void admit(AskedCall call, Caller caller, UUID place) {
        if (isClosed || places.size() >= config.max()) {
            count(Outcome.REFUSED);
            throw new Refusal(Refusal.Reason.OVERLOADED, "too many calls wait for their clients", RETRY_AFTER);
        }
        if (!perCaller.admit(caller)) {
            count(Outcome.REFUSED);
            throw new Refusal(Refusal.Reason.RATE_LIMITED, "too many calls wait for this client", RETRY_AFTER);
        }
        try {
            Disposable expiry = timer.schedule(
                    () -> giveUp(place, Outcome.EXPIRED), config.time().toMillis(), TimeUnit.MILLISECONDS);
            places.put(place, new Place(call, caller, expiry));
            if (isClosed) {
                // Whoever closed may not have seen it.
                timer.schedule(() -> giveUp(place, Outcome.ABANDONED));
            }
        } catch (RejectedExecutionException stopping) {
            places.remove(place);
            perCaller.release(caller);
            count(Outcome.REFUSED);
            throw new Refusal(Refusal.Reason.OVERLOADED, "the gateway is stopping", RETRY_AFTER);
        }
    }

    /** What the client brings back to find the call again, once. */
    String state(Exchange exchange, UUID place) {
        byte[] id = ByteBuffer.allocate(ID_BYTES)
                .putLong(place.getMostSignificantBits())
                .putLong(place.getLeastSignificantBits())
                .array();
        return states.seal(Seal.Kind.PARKED_CALL, exchange, id, config.time());
    }

    /** The call, for the first who comes for it. */
    private @Nullable AskedCall claim(UUID id, Outcome outcome) {
        Place place = places.remove(id);
        if (place == null) {
            return null;
        }
        place.expiry().dispose();
        perCaller.release(place.caller());
        count(outcome);
        return place.call();
    }

    private void giveUp(UUID id, Outcome outcome) {
        AskedCall call = claim(id, outcome);
        if (call != null) {
            call.giveUp(new Refusal(Refusal.Reason.UPSTREAM_TIMEOUT, "the client did not come back"));
        }
    }

    private void count(Outcome outcome) {
        Counter counter = ended.get(outcome);
        if (counter != null) {
            counter.increment();
        }
    }

    private static UUID uuid(byte[] id) {
        ByteBuffer buffer = ByteBuffer.wrap(id);
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    /** The rest of a parked call, for the first who subscribes. */
    private final class Resumed extends Flux<JsonRpc> {
        private final Exchange exchange;
        private final UUID id;
        private final Map<String, RawJson> answers;

        Resumed(Exchange exchange, UUID id, Map<String, RawJson> answers) {
            this.exchange = exchange;
            this.id = id;
            this.answers = answers;
        }

        @Override
        public void subscribe(CoreSubscriber<? super JsonRpc> client) {
            AskedCall call = claim(id, Outcome.RESUMED);
            if (call == null) {
                Operators.error(client, states.used());
                return;
            }
            Leg leg = new Leg(Parking.this, exchange, client);
            client.onSubscribe(leg);
            call.resume(leg, answers);
        }
    }
}
