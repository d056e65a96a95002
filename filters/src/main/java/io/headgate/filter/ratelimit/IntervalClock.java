package io.headgate.filter.ratelimit;

import io.github.bucket4j.TimeMeter;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Scheduler;

/** The timer's clock for buckets of this gateway: it measures intervals and never jumps. */
record IntervalClock(Scheduler timer) implements TimeMeter {
    @Override
    public long currentTimeNanos() {
        return timer.now(TimeUnit.NANOSECONDS);
    }

    @Override
    public boolean isWallClockBased() {
        return false;
    }
}
