package io.headgate.gateway.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * Lets a few lines a second through for each reason, and says how many it left out: what a client or a server does must
 * not fill the disk, and a line of ours must not be lost among a million others.
 *
 * <p>It stands before every logger of the process, also those of libraries, so no place that logs can be forgotten. A
 * reason is the place that logs: its logger and the text before the values are filled in, and the server where the text
 * begins with one, because one line about each of fifty servers is no flood. Libraries compose texts, so there the logger
 * alone is the reason. Reasons share a table of fixed size.
 */
public final class LogFloods extends TurboFilter {
    /** Lines of one reason in one second. */
    static final int LINES = 10;

    private static final String HOUSE = "io.headgate.";

    /** How a text begins that names a server of the file first. */
    private static final String SERVER = "upstream {}";

    private static final int SLOTS = 256;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final LongAdder LEFT_OUT = new LongAdder();

    /** Marks what is said here, which is no flood. */
    private static final Marker OWN = MarkerFactory.getDetachedMarker("left-out");

    private final Slot[] slots = new Slot[SLOTS];
    private final LongSupplier clock;

    /** For the configuration of the log. */
    public LogFloods() {
        this(System::nanoTime);
    }

    LogFloods(LongSupplier nanoClock) {
        clock = nanoClock;
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot();
        }
    }

    /** The lines that this process left out. */
    static double leftOut() {
        return LEFT_OUT.sum();
    }

    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String text,
            Object @Nullable [] values,
            @Nullable Throwable thrown) {
        // Without a text it is only asked whether such a line would be written.
        if (text == null || marker == OWN || !level.isGreaterOrEqual(logger.getEffectiveLevel())) {
            return FilterReply.NEUTRAL;
        }
        String name = logger.getName();
        int reason = name.hashCode();
        if (name.startsWith(HOUSE)) {
            reason = 31 * reason + text.hashCode();
            if (text.startsWith(SERVER) && values != null && values.length > 0) {
                reason = 31 * reason + Objects.hashCode(values[0]);
            }
        }
        Slot slot = slots[Math.floorMod(reason ^ (reason >>> 16), SLOTS)];
        return slot.takes(logger, text, clock.getAsLong()) ? FilterReply.NEUTRAL : FilterReply.DENY;
    }

    /** One reason, or a few that share a place in the table. */
    private final class Slot {
        private long since = Long.MIN_VALUE;
        private int lines;
        private int leftOut;

        boolean takes(Logger logger, String text, long now) {
            int before = 0;
            synchronized (this) {
                if (since == Long.MIN_VALUE || now - since >= SECOND) {
                    since = now;
                    lines = 0;
                    before = leftOut;
                    leftOut = 0;
                }
                if (++lines > LINES) {
                    LEFT_OUT.increment();
                    if (leftOut++ == 0) {
                        sayLater(logger, text);
                    }
                    return false;
                }
            }
            say(logger, text, before);
            return true;
        }

        /** A flood that ends is told of too. */
        private void sayLater(Logger logger, String text) {
            var unused = getContext()
                    .getScheduledExecutorService()
                    .schedule(
                            () -> {
                                int now;
                                synchronized (this) {
                                    now = leftOut;
                                    leftOut = 0;
                                }
                                say(logger, text, now);
                            },
                            1,
                            TimeUnit.SECONDS);
        }

        private void say(Logger logger, String text, int count) {
            if (count > 0) {
                logger.warn(OWN, "{} more lines like this were left out: {}", count, text);
            }
        }
    }
}
