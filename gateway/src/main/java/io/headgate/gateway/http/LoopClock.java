package io.headgate.gateway.http;

import io.headgate.gateway.memory.Tally;
import io.headgate.gateway.telemetry.Periodic;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one timer of an event loop, which looks at all connections and streams of the loop a few times a second.
 *
 * <p>Nothing is scheduled or cancelled for a request: it only notes the time of the last look.
 */
final class LoopClock implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LoopClock.class);

    /** What is small and held on this event loop. */
    final Tally tally;

    private final EventLoop loop;
    private Watched[] watched = new Watched[16];
    private int count;
    private long now = System.nanoTime();
    private @Nullable Future<?> timer;

    LoopClock(EventLoop loop, Tally tally) {
        this.loop = loop;
        this.tally = tally;
    }

    void start(long tickNanos) {
        timer = loop.scheduleWithFixedDelay(new Periodic(this), tickNanos, tickNanos, TimeUnit.NANOSECONDS);
    }

    void stop() {
        Future<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
    }

    /** The time of the last look. */
    long now() {
        return now;
    }

    void add(Watched one) {
        if (count == watched.length) {
            watched = Arrays.copyOf(watched, 2 * count);
        }
        watched[count] = one;
        one.slot(count++);
    }

    void remove(Watched one) {
        int slot = one.slot();
        if (slot < 0) {
            return;
        }
        one.slot(-1);
        Watched last = watched[--count];
        if (last != one) {
            watched[slot] = last;
            last.slot(slot);
        }
        Arrays.fill(watched, count, count + 1, null);
    }

    @Override
    public void run() {
        now = System.nanoTime();
        each(one -> one.tick(now));
    }

    /** Backwards, because one that ends takes itself out and the last one takes its place. */
    void each(Consumer<Watched> action) {
        for (int i = count - 1; i >= 0; i--) {
            if (i < count) {
                Watched one = watched[i];
                try {
                    action.accept(one);
                } catch (RuntimeException e) {
                    // One that fails must not stop the clock of all others.
                    LOG.error("a connection is closed because its clock failed", e);
                    one.cut();
                }
            }
        }
    }

    void execute(Consumer<Watched> action) {
        loop.execute(() -> each(action));
    }
}
