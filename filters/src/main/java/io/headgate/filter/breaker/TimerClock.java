package io.headgate.filter.breaker;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Scheduler;

/** The timer's time as instants from an arbitrary start, so that no jump of the time of day opens or closes anything. */
final class TimerClock extends Clock {
    private final Scheduler timer;

    TimerClock(Scheduler timer) {
        this.timer = timer;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochSecond(0, timer.now(TimeUnit.NANOSECONDS));
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
