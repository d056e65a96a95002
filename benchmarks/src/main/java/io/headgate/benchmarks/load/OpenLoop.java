package io.headgate.benchmarks.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls of one tool at random moments of a given rate, whether or not the answers keep up, and measures each from the
 * moment at which it should have been sent.
 *
 * <p>One call at a time on a connection. Who gets no answer for long hangs up.
 */
final class OpenLoop implements AutoCloseable {
    /** An answer that takes longer is worth nothing to whoever asked. */
    static final long PATIENCE_MICROS = 1_000_000;

    private static final Duration HANG_UP = Duration.ofSeconds(3);

    private final EventLoopGroup group;
    private final EventLoop loop;
    private final List<Connections> callers;
    private final long patienceMicros;
    private final Duration hangUp;
    private volatile Calls calls;
    private final Random random = new Random(7);
    private final Tally second = new Tally();
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private long begun;
    private long onTheirWay;
    private double rate;
    private long nextAt;
    private boolean isFinished;
    private @Nullable ScheduledFuture<?> sending;

    OpenLoop(int port, String tool, String arguments) {
        this(port, tool, number -> arguments, "");
    }

    /** @param fields more header fields, each with its line end */
    OpenLoop(int port, String tool, Calls calls, String fields) {
        this(port, tool, calls, fields, TimeUnit.MICROSECONDS.toMillis(PATIENCE_MICROS), HANG_UP);
    }

    /**
     * @param patienceMillis an answer that takes longer is worth nothing
     * @param hangUp when a client does not wait any longer
     */
    OpenLoop(int port, String tool, Calls calls, String fields, long patienceMillis, Duration hangUp) {
        this(port, tool, calls, List.of(fields), patienceMillis, hangUp);
    }

    /**
     * Several callers in turn.
     *
     * @param fields more header fields of each of them, each with its line end
     */
    OpenLoop(int port, String tool, Calls calls, List<String> fields) {
        this(port, tool, calls, fields, TimeUnit.MICROSECONDS.toMillis(PATIENCE_MICROS), HANG_UP);
    }

    private OpenLoop(int port, String tool, Calls calls, List<String> fields, long patienceMillis, Duration hangUp) {
        this.calls = calls;
        this.hangUp = hangUp;
        patienceMicros = TimeUnit.MILLISECONDS.toMicros(patienceMillis);
        group = Sockets.oneLoop();
        loop = group.next();
        callers = fields.stream()
                .map(each -> new Connections(loop, port, tool, each, hangUp, this::ended))
                .toList();
    }

    /** What is called from now on. */
    void arguments(String arguments) {
        calls = number -> arguments;
    }

    /** Sends so many calls a second for so many seconds and no more; tells each second, and the whole at the end. */
    Tally run(double callsPerSecond, int seconds, Consumer<Tally> eachSecond) throws Exception {
        Tally all = new Tally();
        loop.submit(() -> {
                    second.reset();
                    rate = callsPerSecond;
                    nextAt = System.nanoTime() + pause();
                    sending = loop.schedule(this::sendDue, 0, TimeUnit.NANOSECONDS);
                })
                .get();
        long start = System.nanoTime();
        for (int i = 1; i <= seconds; i++) {
            TimeUnit.NANOSECONDS.sleep(start + TimeUnit.SECONDS.toNanos(i) - System.nanoTime());
            CompletableFuture<Tally> taken = new CompletableFuture<>();
            loop.execute(() -> {
                Tally copy = new Tally();
                copy.add(second);
                second.reset();
                taken.complete(copy);
            });
            Tally last = taken.get();
            all.add(last);
            eachSecond.accept(last);
        }
        // What is on its way is answered, and counted by nobody.
        loop.submit(this::stop).get();
        return all;
    }

    private void stop() {
        ScheduledFuture<?> next = sending;
        if (next != null) {
            next.cancel(/* mayInterruptIfRunning= */ false);
        }
    }

    private long pause() {
        return (long) (-Math.log(1 - random.nextDouble()) * 1e9 / rate);
    }

    private void sendDue() {
        long now = System.nanoTime();
        while (nextAt <= now) {
            second.offered++;
            send(nextAt);
            nextAt += pause();
        }
        sending = loop.schedule(this::sendDue, Math.max(1, nextAt - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    /** Waits until every call has ended. */
    void finish() throws Exception {
        loop.execute(() -> {
            isFinished = true;
            finishIfDone();
        });
        finished.get(2 * hangUp.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void ended(long number, long due, int status, ByteBuf body) {
        long micros = (System.nanoTime() - due) / 1000;
        if (Connections.isResult(status, body)) {
            second.served(micros, patienceMicros);
        } else if (status == 503 || status == 429) {
            second.refused(micros);
            second.busy += status == 503 ? 1 : 0;
        } else {
            second.failed++;
        }
        calls.ended(number, status, body);
        onTheirWay--;
        finishIfDone();
    }

    private void finishIfDone() {
        if (isFinished && onTheirWay == 0) {
            finished.complete(null);
        }
    }

    private void send(long due) {
        long number = begun++;
        onTheirWay++;
        callers.get((int) (number % callers.size())).send(number, due, calls.arguments(number), calls.fields(number));
    }

    @Override
    public void close() {
        loop.execute(this::stop);
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
