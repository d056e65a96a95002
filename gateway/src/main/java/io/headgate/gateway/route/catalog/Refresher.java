package io.headgate.gateway.route.catalog;

import io.headgate.filter.Events;
import io.headgate.filter.Refusal;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.Trouble;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.mcp.Methods;
import io.headgate.mcp.VisibleText;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Keeps what one server offers up to date: one list at a time, however many ask, and the last good one while the server
 * does not answer.
 */
final class Refresher {
    private static final int LONGEST_ERROR = 500;

    private static final Logger log = LoggerFactory.getLogger(Refresher.class);
    private static final Duration LONGEST_LIST = Duration.ofSeconds(60);
    private static final Set<String> CHANGES =
            Set.of(Methods.TOOLS_CHANGED, Methods.PROMPTS_CHANGED, Methods.RESOURCES_CHANGED);

    /** Is told after each attempt, with the notifications that clients are owed. */
    @FunctionalInterface
    interface Listener {
        void refreshed(Refresher refresher, Set<String> changed);
    }

    private final Namespace namespace;
    private final Upstream upstream;
    private final Scheduler timer;
    private final InstantSource clock;
    private final Events events;
    private final Listener listener;
    private final Counter successes;
    private final Counter failedAttempts;
    private final RefreshTimes times = new RefreshTimes();
    private final Disposable.Swap scheduled = Disposables.swap();
    private final Disposable.Swap running = Disposables.swap();
    private final Disposable.Swap changes = Disposables.swap();

    // All below is guarded by this.
    private List<Namespace> fleet;
    private @Nullable Offer offer;
    private @Nullable Instant lastRefresh;
    private @Nullable Refusal failure;
    private @Nullable Trouble lastError;
    private @Nullable Trouble pastError;
    private Set<String> signalled = new HashSet<>();
    /** Those who wait for an attempt that has not begun. */
    private Sinks.@Nullable Empty<Void> asking;
    /** Those who wait for the one that is on its way. */
    private Sinks.@Nullable Empty<Void> answering;

    private boolean isStale;
    private boolean isRunning;
    private boolean isClosed;
    private long freshUntil;
    private long scheduledFor = Long.MAX_VALUE;
    private int failures;
    private long lastFailure;

    /** @param former of the same name, whose lists are shown until this one has read its own; or null */
    Refresher(
            Source source,
            List<Namespace> fleet,
            MeterRegistry meters,
            Scheduler timer,
            InstantSource clock,
            Events events,
            Listener listener,
            @Nullable Refresher former) {
        this.upstream = source.upstream();
        this.namespace = new Namespace(upstream.name(), source.prefix());
        this.fleet = fleet;
        this.timer = timer;
        this.clock = clock;
        this.events = events;
        this.listener = listener;
        this.successes = meters.counter(MeterNames.CATALOG_REFRESHES, "upstream", upstream.name(), "outcome", "ok");
        this.failedAttempts =
                meters.counter(MeterNames.CATALOG_REFRESHES, "upstream", upstream.name(), "outcome", "failed");
        Offer known = former == null ? null : former.snapshot().offer();
        if (known != null) {
            this.offer = Offer.of(namespace, fleet, known.listing());
            this.isStale = true;
        }
    }

    void start() {
        refresh();
        changes.update(Flux.defer(upstream::changes)
                .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))
                        .maxBackoff(Duration.ofSeconds(60))
                        .jitter(0.5)
                        .scheduler(timer))
                .subscribe(this::signal, error -> log.warn("upstream {}: changes are not heard", upstream.name())));
    }

    void close() {
        synchronized (this) {
            isClosed = true;
        }
        changes.dispose();
        scheduled.dispose();
        running.dispose();
    }

    Upstream upstream() {
        return upstream;
    }

    Namespace namespace() {
        return namespace;
    }

    synchronized ServerSnapshot snapshot() {
        return new ServerSnapshot(namespace, offer, isStale, failure, freshUntil);
    }

    synchronized @Nullable Instant lastRefresh() {
        return lastRefresh;
    }

    /** Why the lists cannot be read, or null if they could be the last time. */
    synchronized @Nullable Trouble lastError() {
        return lastError;
    }

    /** Why they could not be read the last time that it was so and is over. */
    synchronized @Nullable Trouble pastError() {
        return pastError;
    }

    /**
     * Completes when the lists have been read once more, well or not, or if they could not be a moment ago. Those who ask
     * meanwhile share one attempt, and there is one in two seconds at most, whatever is asked.
     */
    Mono<Void> again() {
        return Mono.defer(() -> {
            synchronized (this) {
                if (isClosed || (isStale && !isRunning && times.isJustAfter(lastFailure, now()))) {
                    return Mono.empty();
                }
                if (isRunning && offer == null) {
                    // What comes is more than what is known, whenever it was asked for.
                    Sinks.Empty<Void> shared = answering == null ? Sinks.empty() : answering;
                    answering = shared;
                    return shared.asMono();
                }
                Sinks.Empty<Void> waiting = asking;
                if (waiting == null) {
                    waiting = Sinks.empty();
                    asking = waiting;
                    scheduleForAsking();
                }
                return waiting.asMono();
            }
        });
    }

    private synchronized void scheduleForAsking() {
        if (!isRunning && asking != null) {
            schedule(times.afterAsking(now()));
        }
    }

    private void tellAnswered() {
        Sinks.Empty<Void> waiting;
        synchronized (this) {
            waiting = answering;
            answering = null;
        }
        if (waiting != null) {
            waiting.emitEmpty((signal, result) -> false);
        }
    }

    /** The server says that something changed. */
    synchronized void signal(String method) {
        if (CHANGES.contains(method)) {
            signalled.add(method);
            scheduleForSignal();
        }
    }

    private synchronized void scheduleForSignal() {
        if (!isRunning && !signalled.isEmpty()) {
            schedule(times.afterSignal(now()));
        }
    }

    private synchronized void schedule(long delay) {
        long due = now() + delay;
        if (isClosed || due >= scheduledFor) {
            return;
        }
        scheduledFor = due;
        scheduled.update(timer.schedule(this::refresh, delay, TimeUnit.MILLISECONDS));
    }

    private void refresh() {
        Set<String> answered;
        synchronized (this) {
            scheduledFor = Long.MAX_VALUE;
            if (isClosed || isRunning) {
                return;
            }
            isRunning = true;
            answered = signalled;
            signalled = new HashSet<>();
            times.started(now(), /* bySignal= */ !answered.isEmpty(), /* byAsking= */ asking != null);
            answering = asking;
            asking = null;
        }
        // On the timer's thread: checking long lists takes milliseconds, which no event loop has.
        running.update(Mono.defer(upstream::list)
                .timeout(LONGEST_LIST, timer)
                .publishOn(timer)
                .map(this::offer)
                .subscribe(
                        fresh -> succeed(fresh, answered), error -> fail(error, answered), () -> endedEmpty(answered)));
    }

    private Offer offer(Listing listing) {
        List<Namespace> others;
        synchronized (this) {
            others = fleet;
        }
        return Offer.of(namespace, others, listing);
    }

    /** The fleet has other names now, which this server's items may imitate, or no more. */
    void follow(List<Namespace> names) {
        Offer known;
        synchronized (this) {
            if (fleet.equals(names)) {
                return;
            }
            fleet = names;
            known = offer;
        }
        if (known == null) {
            return;
        }
        Offer renewed = Offer.of(namespace, names, known.listing());
        synchronized (this) {
            if (offer == known) {
                offer = renewed;
            }
        }
    }

    private void succeed(Offer fresh, Set<String> answered) {
        Set<String> changed = new HashSet<>(answered);
        Offer before;
        boolean wasGone;
        synchronized (this) {
            if (!isRunning) {
                return;
            }
            for (ItemKind kind : ItemKind.values()) {
                if (!fresh.isSame(offer, kind)) {
                    changed.add(kind.changedMethod());
                }
            }
            before = offer;
            wasGone = failures > 0;
            Listing listing = fresh.listing();
            offer = fresh;
            isStale = false;
            isRunning = false;
            failures = 0;
            failure = null;
            pastError = lastError != null ? lastError : pastError;
            lastError = null;
            lastRefresh = clock.instant();
            freshUntil = now() + Math.max(0, listing.ttlMillis());
            schedule(times.afterSuccess(listing.ttlMillis()));
            scheduleForSignal();
            scheduleForAsking();
        }
        successes.increment();
        if (before == null) {
            events.post("upstream_added", Map.of("upstream", upstream.name()));
        } else {
            if (wasGone) {
                events.post("upstream_back", Map.of("upstream", upstream.name()));
            }
            DefinitionChanges.post(events, upstream.name(), before, fresh);
        }
        listener.refreshed(this, changed);
        tellAnswered();
    }

    private void fail(Throwable error, Set<String> answered) {
        Refusal why = refusalOf(error);
        // Some of it may be what the server said.
        String text = VisibleText.shown(why.text(), LONGEST_ERROR);
        boolean isFirst;
        synchronized (this) {
            if (!isRunning) {
                return;
            }
            isRunning = false;
            isStale = true;
            failure = why;
            lastError = new Trouble(text, clock.instant());
            lastFailure = now();
            // What was signalled is still owed, and the retry pays it.
            signalled.addAll(answered);
            schedule(times.afterFailure(++failures));
            scheduleForAsking();
            isFirst = failures == 1;
            if (isFirst) {
                log.warn("upstream {}: its lists cannot be read: {}", upstream.name(), text);
            }
        }
        failedAttempts.increment();
        if (isFirst) {
            events.post("upstream_gone", Map.of("upstream", upstream.name(), "reason", text));
        }
        listener.refreshed(this, Set.of());
        tellAnswered();
    }

    private static Refusal refusalOf(Throwable error) {
        if (error instanceof Refusal refusal) {
            return refusal;
        }
        return error instanceof TimeoutException
                ? new Refusal(
                        Refusal.Reason.UPSTREAM_TIMEOUT, "no list within " + LONGEST_LIST.toSeconds() + " seconds")
                : new Refusal(Refusal.Reason.INTERNAL, error.getClass().getSimpleName());
    }

    private void endedEmpty(Set<String> answered) {
        synchronized (this) {
            if (!isRunning) {
                return;
            }
        }
        fail(new Refusal(Refusal.Reason.UPSTREAM_PROTOCOL, "no listing"), answered);
    }

    private long now() {
        return timer.now(TimeUnit.MILLISECONDS);
    }
}
