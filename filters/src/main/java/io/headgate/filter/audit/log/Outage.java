package io.headgate.filter.audit.log;

import java.time.Instant;
import java.util.Locale;

/**
 * A time in which the log took no records; several that follow soon are one.
 *
 * @param state what kept records out, the latest if it was more than one thing
 * @param since when it began, by the wall clock
 * @param beginNanos the same by the clock that does not jump
 * @param endNanos when the last one ended
 * @param times how many there were
 */
record Outage(LogState state, Instant since, long beginNanos, long endNanos, int times) {
    private static final long NANOS_PER_MILLI = 1_000_000;

    static Outage begins(LogState state, Instant since) {
        long now = System.nanoTime();
        return new Outage(state, since, now, now, 1);
    }

    Outage as(LogState next) {
        return new Outage(next, since, beginNanos, endNanos, times);
    }

    Outage and(Outage later) {
        return new Outage(later.state, since, beginNanos, endNanos, times + 1);
    }

    Outage endedNow() {
        return new Outage(state, since, beginNanos, System.nanoTime(), times);
    }

    /** The members of the record that says how it began. */
    String beginning() {
        return "\"monitor\":\"audit\",\"reason\":\"" + reason() + "\",\"since\":\"" + since + "\"";
    }

    /** The members of the record that says that it is over. */
    String end() {
        return "\"monitor\":\"audit\",\"reason\":\"" + reason() + "\",\"ms\":"
                + (endNanos - beginNanos) / NANOS_PER_MILLI + ",\"times\":" + times;
    }

    private String reason() {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
