package io.headgate.filter.breaker;

import io.headgate.filter.Exchange;
import io.headgate.filter.Sender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The phases of a breaker, one after another.
 *
 * <p>If only one sender's calls fail, or are slow, the breaker opens for that sender alone: its own doing may be the reason. The
 * others go on in a circuit of their own, which begins anew; if their calls fail too, the breaker opens for all.
 */
final class Circuit {
    private static final AtomicReferenceFieldUpdater<Circuit, Phase> PHASE =
            AtomicReferenceFieldUpdater.newUpdater(Circuit.class, Phase.class, "phase");

    /** So many senders can be left alone at a time; with one more the breaker opens for all. */
    private static final int MOST_ALONE = 4;

    /** A failure that comes sooner costs its client little. */
    private static final long WAITED_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ServerBreaker breaker;
    private final @Nullable Circuit outer;
    private final int depth;
    private volatile Phase phase;

    /** @param outer the circuit of those who are not in this one; null if all are */
    Circuit(ServerBreaker breaker, @Nullable Circuit outer, long now) {
        this.breaker = breaker;
        this.outer = outer;
        this.depth = outer == null ? 0 : outer.depth + 1;
        this.phase = new ClosedPhase(this, now);
    }

    BreakerConfig config() {
        return breaker.config();
    }

    /** The phase that judges the calls of a sender. */
    Phase phaseOf(Exchange exchange) {
        Phase present = phase;
        Circuit others = present.others();
        // Without others nobody needs to know who sent it.
        while (others != null && !Sender.of(exchange).equals(present.alone())) {
            present = others.phase;
            others = present.others();
        }
        return present;
    }

    /** Its phase, and those of the circuits of others. */
    List<Phase> phases() {
        List<Phase> all = new ArrayList<>(2);
        Circuit next = this;
        while (next != null) {
            Phase present = next.phase;
            all.add(present);
            next = present.others();
        }
        return all;
    }

    /** The time of an open phase is over. */
    void probe(OpenPhase open, long now) {
        become(open, new HalfOpenPhase(this, open, now));
    }

    /** A call ended that began in a phase: well, or with a failure; slowly or not. */
    void ended(Phase entered, Exchange exchange, long start, long now, long lasted, @Nullable FailureKind failure) {
        if (entered != phase) {
            return;
        }
        if (failure != null && config().failures().contains(failure)) {
            boolean waited = failure == FailureKind.TIMEOUT || lasted >= WAITED_NANOS;
            follow(entered, entered.failed(exchange, start, now, waited), now);
        } else if (failure == null || failure == FailureKind.TOOL_ERROR) {
            follow(entered, entered.answered(exchange, start, now, isSlow(lasted)), now);
        } else {
            follow(entered, entered.endedOtherwise(exchange, /* slow= */ false), now);
        }
    }

    /** A call ended in a way that says nothing of the server, unless that it is slow. */
    void endedUnknown(Phase entered, Exchange exchange, long now, long lasted) {
        if (entered == phase) {
            follow(entered, entered.endedOtherwise(exchange, isSlow(lasted)), now);
        }
    }

    /** Too many of the calls of a phase are slow. */
    void slow(Phase present, SlowCalls calls, long now) {
        Sender culprit = calls.culprit(now);
        if (present instanceof ClosedPhase) {
            open(present, culprit, now);
        } else if (present instanceof HalfOpenPhase && (present.alone() != null || culprit == null)) {
            open(present, present.alone(), now);
        }
    }

    private boolean isSlow(long lasted) {
        Duration slow = config().slow();
        return slow != null && lasted > slow.toNanos();
    }

    private void follow(Phase from, Phase.Verdict verdict, long now) {
        switch (verdict) {
            case STAY -> {}
            case OPEN -> open(from, from.culprit(now), now);
            case CLOSE -> become(from, new ClosedPhase(this, now));
        }
    }

    private void open(Phase from, @Nullable Sender culprit, long now) {
        if (culprit != null && depth < MOST_ALONE) {
            Circuit known = from.others();
            Circuit others = known == null ? new Circuit(breaker, this, now) : known;
            become(from, new OpenPhase(from, culprit, others, now));
            return;
        }
        OpenPhase open = new OpenPhase(from, null, null, now);
        become(from, open);
        if (outer != null && phase == open) {
            // Not only the sender fails who is left alone there, but the others too.
            outer.open(outer.phase, null, now);
        }
    }

    /** Once for each phase: of two that end it at a time, the first one decides what follows. */
    private void become(Phase from, Phase to) {
        if (PHASE.compareAndSet(this, from, to)) {
            // The configuration may have changed since it was made.
            to.follow(config(), breaker.now());
            breaker.changed(from, to);
        }
    }
}
