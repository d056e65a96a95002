package io.headgate.benchmarks.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Clients that each make some calls at once, wait for all the answers, think, and come again: a closed loop.
 *
 * <p>With one call each and no time to think it is the loop of a load tool with that many connections. A call is measured
 * from the moment at which it is sent, and good if it is answered in time.
 */
final class Agents implements AutoCloseable {
    private static final Duration HANG_UP = Duration.ofSeconds(60);

    /** What they do: how many calls at once, and for how long they think on average. */
    record Habit(int fewest, int most, Duration thinks) {
        /** One call after the other. */
        static final Habit CONNECTION = new Habit(1, 1, Duration.ZERO);

        /** A model that fans out, reads what came, and goes on. */
        static final Habit AGENT = new Habit(5, 50, Duration.ofSeconds(5));

        /** The same with little to read. */
        static final Habit HASTY_AGENT = new Habit(5, 50, Duration.ofMillis(500));

        private int calls(Random random) {
            return fewest + random.nextInt(most - fewest + 1);
        }

        private long pause(Random random) {
            return (long) (2 * random.nextDouble() * thinks.toNanos());
        }
    }

    private final EventLoopGroup group = Sockets.oneLoop();
    private final EventLoop loop = group.next();
    private final Connections connections;
    private final String arguments;
    private final Habit habit;
    private final long patienceMicros;
    private final Random random = new Random(7);
    private final Tally tally = new Tally();

    /** Calls of each agent on their way. */
    private final int[] open;

    private boolean isStopped;

    /** @param patience an answer that takes longer is late */
    Agents(int port, String tool, String arguments, int count, Habit habit, Duration patience) {
        this.arguments = arguments;
        this.habit = habit;
        patienceMicros = TimeUnit.NANOSECONDS.toMicros(patience.toNanos());
        open = new int[count];
        connections = new Connections(loop, port, tool, "", HANG_UP, this::ended);
    }

    /** Lets them work for so long; what came of all calls that ended, told each second too. */
    Tally run(int seconds, Consumer<Tally> eachSecond) throws Exception {
        loop.submit(this::begin).get();
        Tally all = new Tally();
        long start = System.nanoTime();
        for (int i = 1; i <= seconds; i++) {
            TimeUnit.NANOSECONDS.sleep(start + TimeUnit.SECONDS.toNanos(i) - System.nanoTime());
            Tally last = loop.submit(this::taken).get();
            all.add(last);
            eachSecond.accept(last);
        }
        loop.submit(() -> isStopped = true).get();
        awaitAnswers();
        all.add(loop.submit(this::taken).get());
        return all;
    }

    /** None of them comes again, so it ends. */
    private void awaitAnswers() throws Exception {
        long end = System.nanoTime() + HANG_UP.toNanos();
        while (loop.submit(this::onTheirWay).get() > 0 && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private int onTheirWay() {
        int sum = 0;
        for (int each : open) {
            sum += each;
        }
        return sum;
    }

    private Tally taken() {
        Tally copy = new Tally();
        copy.add(tally);
        tally.reset();
        return copy;
    }

    private void begin() {
        isStopped = false;
        for (int agent = 0; agent < open.length; agent++) {
            think(agent);
        }
    }

    private void think(int agent) {
        if (habit.thinks().isZero()) {
            fanOut(agent);
        } else {
            var unused = loop.schedule(() -> fanOut(agent), habit.pause(random), TimeUnit.NANOSECONDS);
        }
    }

    private void fanOut(int agent) {
        // Of an agent that thought when the last run ended there are two tasks.
        if (isStopped || open[agent] > 0) {
            return;
        }
        int calls = habit.calls(random);
        open[agent] = calls;
        for (int i = 0; i < calls; i++) {
            tally.offered++;
            connections.send(agent, System.nanoTime(), arguments);
        }
    }

    private void ended(long agent, long due, int status, ByteBuf body) {
        long micros = (System.nanoTime() - due) / 1000;
        if (Connections.isResult(status, body)) {
            tally.served(micros, patienceMicros);
        } else if (status == 503 || status == 429) {
            tally.refused(micros);
        } else {
            tally.failed++;
        }
        if (--open[(int) agent] == 0 && !isStopped) {
            think((int) agent);
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
