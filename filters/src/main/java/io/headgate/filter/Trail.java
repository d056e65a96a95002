package io.headgate.filter;

import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What is learnt of one call on its way: written below the filter that keeps it, read by that filter when the call ends.
 *
 * <p>Any thread may write.
 */
public final class Trail {
    private static final AtomicIntegerFieldUpdater<Trail> ATTEMPTS =
            AtomicIntegerFieldUpdater.newUpdater(Trail.class, "attempts");

    private final TraceContext trace;
    private final String traceparent;
    private volatile int attempts;
    private volatile @Nullable Decision decision;

    /**
     * What was decided about a call, and by which rules.
     *
     * @param policyHash names the rules as they were, or the empty string
     */
    public record Decision(boolean allow, String policyHash, List<String> rules) {}

    public Trail(TraceContext trace) {
        this.trace = trace;
        this.traceparent = trace.traceparent();
    }

    /** The trace that the call belongs to, with the span that is the call's parent at the upstream. */
    public TraceContext trace() {
        return trace;
    }

    /** The parent that an upstream is told, in {@code _meta} and in a header field. */
    public String traceparent() {
        return traceparent;
    }

    /** Notes that the call is sent to an upstream. */
    public void attempted() {
        ATTEMPTS.incrementAndGet(this);
    }

    /** How often the call was sent to an upstream. */
    public int attempts() {
        return attempts;
    }

    public void decided(Decision made) {
        decision = made;
    }

    /** What was decided last, or null if nothing was decided. */
    public @Nullable Decision decision() {
        return decision;
    }

    /** Lets a defect name the trace wherever it is logged. */
    public void mark(Throwable defect) {
        defect.addSuppressed(new Mark(trace.traceId()));
    }

    /** Shows the trace in the log; has no stack of its own. */
    private static final class Mark extends Throwable {
        Mark(String traceId) {
            super("trace " + traceId, null, false, false);
        }
    }
}
