package io.headgate.gateway.session;

import io.headgate.filter.Caller;
import io.headgate.filter.Refusal;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * A call in the middle of which the server asks, for a client that is asked by a result.
 *
 * <p>Questions that come together are gathered and end the exchange; the server's answer stays open, and what comes
 * meanwhile is held, until the client's next exchange takes it up. A server, a timer and exchanges on several event loops
 * meet here, so the state is guarded, and one of them at a time delivers.
 */
final class AskedCall {
    private static final long GATHER_MILLIS = 20;
    private static final int MOST_QUESTIONS = 32;
    /** Then the server has to wait; what it may have sent before is held all the same, up to this many more. */
    private static final int MOST_HELD = 64;

    private static final int FAR_TOO_MANY = 16 * MOST_HELD;

    private enum Phase {
        FLOWING,
        /** More questions may come. */
        GATHERING,
        /** The questions wait to be given to the client. */
        ASKING,
        /** The client has them. */
        PARKED,
        OVER
    }

    /** A question that is open, and the client's answer if it gave one before it gave all. */
    private static final class Open {
        private final JsonRpc.Question question;
        private final RawJson request;
        private @Nullable RawJson answer;

        Open(JsonRpc.Question question) {
            this.question = question;
            this.request = InputRequests.request(question.method(), question.params());
        }
    }

    private final Parking parking;
    private final Subscription upstream;
    private final Caller caller;
    private final AtomicInteger wakeUps = new AtomicInteger();
    private final Disposable.Swap timer = Disposables.swap();

    // All below is guarded by this.
    private final HeldMessages held = new HeldMessages();
    private final Map<String, Open> open = new LinkedHashMap<>();
    private Phase phase = Phase.FLOWING;
    private @Nullable Leg leg;
    private @Nullable Throwable error;
    private @Nullable Refusal broken;
    private boolean hasEnded;
    private boolean hasResponse;
    private long outstanding;
    private long bytes;
    private int questions;
    private @Nullable UUID place;
    private @Nullable Hold memory;

    AskedCall(Parking parking, Leg first, Subscription upstream) {
        this.parking = parking;
        this.leg = first;
        this.upstream = upstream;
        this.caller = first.exchange.caller();
        long wanted = first.requested;
        this.outstanding = wanted == Long.MAX_VALUE ? wanted : wanted - first.emitted;
        RawJson params = first.exchange.message().envelope().params();
        charge(params == null ? 0 : params.retained());
    }

    // What comes from the server.

    void onNext(JsonRpc message) {
        synchronized (this) {
            if (phase == Phase.OVER) {
                return;
            }
            if (outstanding != Long.MAX_VALUE && outstanding > 0) {
                outstanding--;
            }
            hold(message);
        }
        drain();
    }

    void onEnd(@Nullable Throwable failure) {
        synchronized (this) {
            hasEnded = true;
            error = failure;
        }
        drain();
    }

    private void hold(JsonRpc message) {
        hasResponse |= message instanceof JsonRpc.Response;
        long more = phase == Phase.PARKED ? held.addUnseen(message) : held.add(message);
        if (!charge(more) || held.count() > FAR_TOO_MANY) {
            broken = parking.overfull(place);
        }
    }

    // What comes from the client.

    void cancel(Leg from) {
        synchronized (this) {
            if (from != leg || phase == Phase.OVER) {
                return;
            }
            end();
        }
        upstream.cancel();
    }

    /** The client is back, on another exchange; nobody else may come back after it. */
    void resume(Leg back, Map<String, RawJson> answers) {
        List<Open> complete = List.of();
        synchronized (this) {
            place = null;
            leg = back;
            if (phase == Phase.OVER) {
                back.client.onError(tooLate());
                return;
            }
            answers.forEach((key, answer) -> {
                Open asked = open.get(key);
                if (asked != null) {
                    // Not a slice of the exchange, which would be kept with it.
                    asked.answer = RawJson.of(answer.toByteArray());
                }
            });
            if (isMoot()) {
                open.clear();
                phase = Phase.FLOWING;
            } else if (open.values().stream().allMatch(asked -> asked.answer != null)) {
                complete = List.copyOf(open.values());
                open.clear();
                phase = Phase.FLOWING;
            } else {
                phase = Phase.ASKING;
            }
        }
        back.call = this;
        if (back.isCancelled) {
            cancel(back);
            return;
        }
        for (Open asked : complete) {
            RawJson answer = asked.answer;
            if (answer != null) {
                asked.question.answer().accept(JsonRpc.Success.of(answer));
            }
        }
        drain();
    }

    synchronized Refusal overfull() {
        return parking.overfull(place);
    }

    /** Nobody is waited for any more. */
    void giveUp(Refusal reason) {
        synchronized (this) {
            if (broken == null) {
                broken = reason;
            }
        }
        drain();
    }

    // The one that delivers.

    void drain() {
        if (wakeUps.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            boolean more = true;
            while (more) {
                more = step();
            }
            seen = wakeUps.addAndGet(-seen);
        } while (seen != 0);
    }

    /** Does the next thing that can be done; false if there is none. */
    private boolean step() {
        Runnable action;
        synchronized (this) {
            if (phase == Phase.OVER) {
                return false;
            }
            action = broken != null ? breakOff(broken) : next();
        }
        if (action != null) {
            action.run();
        }
        return action != null;
    }

    private @Nullable Runnable next() {
        if (outstanding == 0 && !hasEnded && held.count() < MOST_HELD) {
            outstanding = 1;
            return () -> upstream.request(1);
        }
        Leg to = leg;
        if (to == null) {
            return null;
        }
        if (phase == Phase.ASKING) {
            return isMoot() ? this::goOn : to.requested > to.emitted ? park(to) : null;
        }
        JsonRpc head = held.peek();
        if (head instanceof JsonRpc.Question question) {
            release(held.remove());
            return ask(question, to);
        }
        if (head == null) {
            return hasEnded ? finish(to) : null;
        }
        if (to.requested == to.emitted) {
            return null;
        }
        if (head instanceof JsonRpc.Response) {
            goOn();
        }
        release(held.remove());
        JsonRpc message = to.inItsWords(head);
        if (message == null) {
            return () -> {};
        }
        to.emitted++;
        return () -> to.client.onNext(message);
    }

    private Runnable ask(JsonRpc.Question question, Leg to) {
        String missing =
                InputRequests.missing(to.exchange.client().capabilities(), question.method(), question.params());
        if (missing != null) {
            JsonRpc.Failure failure = new JsonRpc.Failure(
                    RpcCodes.METHOD_NOT_FOUND, "the client has not declared the capability " + missing, null);
            return () -> question.answer().accept(failure);
        }
        if (open.size() >= MOST_QUESTIONS) {
            JsonRpc.Failure failure =
                    new JsonRpc.Failure(RpcCodes.INTERNAL_ERROR, "the client has too many open questions", null);
            return () -> question.answer().accept(failure);
        }
        questions++;
        Open asked = new Open(question);
        open.put("q" + questions, asked);
        if (!charge(asked.request.length())) {
            return breakOff(parking.overfull(place));
        }
        if (phase == Phase.GATHERING) {
            return () -> {};
        }
        phase = Phase.GATHERING;
        return this::gather;
    }

    private void gather() {
        try {
            timer.update(parking.timer().schedule(this::gathered, GATHER_MILLIS, TimeUnit.MILLISECONDS));
        } catch (RejectedExecutionException stopping) {
            giveUp(tooLate());
        }
    }

    private void gathered() {
        synchronized (this) {
            if (phase != Phase.GATHERING) {
                return;
            }
            phase = Phase.ASKING;
        }
        drain();
    }

    /** The server has answered without waiting for the client, so there is nothing left to ask. */
    private boolean isMoot() {
        return hasResponse || hasEnded;
    }

    private synchronized void goOn() {
        open.clear();
        phase = Phase.FLOWING;
    }

    private Runnable park(Leg to) {
        Map<String, RawJson> requests = new LinkedHashMap<>();
        open.forEach((key, asked) -> {
            if (asked.answer == null) {
                requests.put(key, asked.request);
            }
        });
        // From here on the client can come back.
        phase = Phase.PARKED;
        leg = null;
        UUID at = Parking.newPlace();
        try {
            parking.admit(this, to.exchange.caller(), at);
        } catch (Refusal full) {
            leg = to;
            return breakOff(full);
        }
        place = at;
        to.emitted++;
        return () -> {
            to.client.onNext(InputRequests.result(requests, parking.state(to.exchange, at)));
            to.client.onComplete();
        };
    }

    private Runnable finish(Leg to) {
        Throwable failure = error;
        end();
        return failure == null ? to.client::onComplete : () -> to.client.onError(failure);
    }

    /** Tells the server that nobody answers and nobody waits; and the client, if it is there, why. */
    private Runnable breakOff(Refusal reason) {
        Leg to = leg;
        boolean isAwaited = !isMoot();
        List<Open> unanswered = new ArrayList<>(open.values());
        for (JsonRpc message : held.takeAll()) {
            if (message instanceof JsonRpc.Question question) {
                unanswered.add(new Open(question));
            }
        }
        end();
        return () -> {
            if (isAwaited) {
                unanswered.forEach(
                        asked -> asked.question.answer().accept(InputRequests.noAnswer(asked.question.method())));
            }
            upstream.cancel();
            if (to != null) {
                to.client.onError(reason);
            }
        };
    }

    private void end() {
        phase = Phase.OVER;
        leg = null;
        held.takeAll();
        open.clear();
        timer.dispose();
        release(bytes);
        if (memory != null) {
            memory.close();
        }
    }

    private boolean charge(long more) {
        bytes += more;
        account();
        return parking.charge(more);
    }

    private void release(long less) {
        bytes -= less;
        account();
        parking.charge(-less);
    }

    private void account() {
        Hold current = memory;
        if (current == null && bytes >= MemoryBudget.LEAST) {
            current = parking.hold(caller, this);
            memory = current;
        }
        if (current != null) {
            current.set(bytes);
        }
    }

    private static Refusal tooLate() {
        return new Refusal(Refusal.Reason.OVERLOADED, "the call was given up while its client was away");
    }
}
