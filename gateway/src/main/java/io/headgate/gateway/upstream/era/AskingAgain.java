package io.headgate.gateway.upstream.era;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * When a server is asked again which eras it speaks.
 *
 * <p>An era that is spoken fails loudly when it no longer is, and that is a reason to ask at once. One that is not spoken would
 * be missed silently for ever: it is asked for after a day, or sooner where the server did not answer or had spoken it.
 */
final class AskingAgain {
    static final Duration LATER = Duration.ofHours(24);
    static final Duration SOON = Duration.ofSeconds(10);
    private static final long FIRST_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long LONGEST_PAUSE_NANOS = Duration.ofSeconds(10).toNanos();

    private final Runnable ask;
    private final Scheduler timer;
    private final Disposable.Swap planned = Disposables.swap();

    // All below is guarded by this.
    private long nextDoubt;
    private long doubtPause = FIRST_PAUSE_NANOS;
    private @Nullable Duration pause;

    AskingAgain(Runnable ask, Scheduler timer) {
        this.ask = ask;
        this.timer = timer;
        this.nextDoubt = timer.now(TimeUnit.NANOSECONDS);
    }

    /** An answer did not fit the era: true if the server may be asked; the less often, the more often it was in vain. */
    synchronized boolean doubts() {
        long now = timer.now(TimeUnit.NANOSECONDS);
        if (now - nextDoubt < 0) {
            return false;
        }
        nextDoubt = now + doubtPause;
        return true;
    }

    /** The questions are over, and this is what was known before and is known now. */
    void answered(KnownEras before, KnownEras now, boolean isAnswered) {
        Duration next = next(before, now, isAnswered);
        planned.update(
                next == null ? Disposables.disposed() : timer.schedule(ask, next.toMillis(), TimeUnit.MILLISECONDS));
    }

    private synchronized @Nullable Duration next(KnownEras before, KnownEras now, boolean isAnswered) {
        doubtPause = now.equals(before) ? Math.min(2 * doubtPause, LONGEST_PAUSE_NANOS) : FIRST_PAUSE_NANOS;
        if (now.isNothing() || now.isComplete()) {
            pause = null;
        } else if (!isAnswered || !now.isAnswered() || now.hasLost(before)) {
            pause = pause == null || pause.equals(LATER) ? SOON : twice(pause);
        } else {
            pause = pause == null ? LATER : twice(pause);
        }
        return pause;
    }

    private static Duration twice(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LATER) < 0 ? doubled : LATER;
    }

    void close() {
        planned.dispose();
    }
}
