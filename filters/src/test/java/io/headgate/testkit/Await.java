package io.headgate.testkit;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Bounded waits for what happens in other threads and processes. */
public final class Await {
    /** Long enough for a busy machine; only a wait that fails takes it. */
    public static final Duration LIMIT = Duration.ofSeconds(20);

    private static final long SHORTEST_PAUSE = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(20);

    private Await() {}

    /** Something that may come to hold; an exception or a failed assertion ends the wait at once. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    /** Returns when the condition holds; fails with the description if it does not within {@link #LIMIT}. */
    public static void until(String description, Condition condition) {
        until(LIMIT, () -> description, condition);
    }

    /** Returns when the condition holds; fails with the description if it does not within the limit. */
    public static void until(Duration limit, String description, Condition condition) {
        until(limit, () -> description, condition);
    }

    /** The same with a description that is made when the wait fails, from what is known by then. */
    public static void until(Duration limit, Supplier<String> description, Condition condition) {
        long start = System.nanoTime();
        while (!holds(condition)) {
            long waited = System.nanoTime() - start;
            if (waited > limit.toNanos()) {
                throw new AssertionError("not within " + limit.toMillis() + " ms: " + description.get());
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("interrupted while waiting: " + description.get());
            }
            // What is near is seen soon, and what is far is not asked for without a pause.
            LockSupport.parkNanos(Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, waited / 16)));
        }
    }

    /** What the future brings; fails if it brings nothing within the limit, or a failure. */
    public static <T> T result(Duration limit, CompletableFuture<T> future) {
        try {
            return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (TimeoutException e) {
            throw new AssertionError("no answer within " + limit.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            throw new AssertionError(String.valueOf(e.getCause()), e.getCause());
        }
    }

    /** To be thrown where a wait is interrupted, which only happens when a test is ended. */
    public static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException(e);
    }

    private static boolean holds(Condition condition) {
        try {
            return condition.holds();
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
