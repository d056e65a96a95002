package io.headgate.gateway.audit;

import io.headgate.filter.audit.ExportFeed;
import io.headgate.gateway.telemetry.MeterNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Follows the log while it is written, and posts its records to where they are wanted: in order, each at least once.
 *
 * <p>It only reads, so it never hinders the writer. One thread, which may wait, does all that touches files and the state here. A batch is
 * kept until it is taken, whatever the other side says and however long that lasts; the log itself is the queue.
 */
public final class AuditExporter {
    private static final Logger LOG = LoggerFactory.getLogger(AuditExporter.class);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
    private static final Duration LAST_SENDS = Duration.ofSeconds(3);
    private static final Duration LAST_CLOSE = Duration.ofSeconds(1);
    private static final int TOO_LARGE = 413;
    private static final int MOST_DOUBLINGS = 16;
    private static final int MOST_SAID = 16;
    private static final int MOST_TASKS = 16;
    private static final int THREAD_IDLE_SECONDS = 60;

    private final ExportFeed feed;
    private final InstantSource clock;
    private final ExportSource source;
    private final ExportClient client;
    private final Scheduler thread = Schedulers.newBoundedElastic(
            1, MOST_TASKS, "headgate-audit-export", THREAD_IDLE_SECONDS, /* daemon= */ true);
    private final MeterRegistry meters;
    private final Gauge lag;
    private final Counter records;
    private final Counter failures;
    private final ExportBatch batch = new ExportBatch();
    private final Disposable.Swap waiting = Disposables.swap();
    private final Disposable.Swap sending = Disposables.swap();
    private final Sinks.Empty<Void> ended = Sinks.empty();

    /** What has been said of the trouble that lasts. */
    private final Set<String> said = new HashSet<>();

    /** When the oldest record was written that waits here, or null if none does. */
    private volatile @Nullable Instant oldest;

    /** How many records are sent at a time; fewer than a batch has after the other side said that it was too large. */
    private int most;

    private int failed;
    private boolean isSending;
    private boolean isPlaceWritten = true;
    private boolean isLast;

    private AuditExporter(ExportFeed feed, MeterRegistry meters, InstantSource clock) {
        this.feed = feed;
        this.clock = clock;
        this.source = new ExportSource(feed, meters.counter(MeterNames.AUDIT_EXPORT_LOST));
        this.client = new ExportClient(feed.config());
        this.records = meters.counter(MeterNames.AUDIT_EXPORT_RECORDS);
        this.failures = meters.counter(MeterNames.AUDIT_EXPORT_FAILURES);
        this.most = feed.config().batchRecords();
        this.meters = meters;
        this.lag = Gauge.builder(MeterNames.AUDIT_EXPORT_LAG, this, AuditExporter::lag)
                .baseUnit("seconds")
                .register(meters);
        var unused = thread.schedule(this::turn);
    }

    /** Begins at once, where the last process stopped. */
    public static AuditExporter start(ExportFeed feed, MeterRegistry meters, InstantSource clock) {
        return new AuditExporter(feed, meters, clock);
    }

    /** Sends what is left, if that is taken at once, and ends; the next process goes on with the rest. */
    public Mono<Void> stop() {
        return Mono.defer(() -> {
                    var unused = thread.schedule(this::turnLast);
                    return ended.asMono();
                })
                .timeout(LAST_SENDS)
                .onErrorComplete()
                .then(Mono.defer(this::free));
    }

    private Mono<Void> free() {
        meters.remove(lag);
        sending.dispose();
        waiting.dispose();
        var unused = thread.schedule(this::closeSource);
        return thread.disposeGracefully().timeout(LAST_CLOSE).onErrorComplete().then(client.close());
    }

    private void turnLast() {
        isLast = true;
        if (!isSending) {
            turnIn(Duration.ZERO);
        }
    }

    private void turnIn(Duration pause) {
        if (!waiting.isDisposed()) {
            waiting.update(thread.schedule(this::turn, pause.toNanos(), TimeUnit.NANOSECONDS));
        }
    }

    private void turn() {
        try {
            send();
        } catch (IOException | RuntimeException unreadable) {
            failed("the log cannot be read: " + unreadable);
        }
    }

    /** Sends what waits, or looks again later. */
    private void send() throws IOException {
        if (batch.records() == 0) {
            source.fill(batch);
        }
        if (batch.records() == 0) {
            oldest = null;
            if (isLast) {
                var unused = ended.tryEmitEmpty();
            } else {
                turnIn(LOOK);
            }
            return;
        }
        oldest = batch.oldest();
        int count = Math.min(most, batch.records());
        byte[] lines = batch.first(count);
        if (lines.length == 0) {
            taken(count);
            return;
        }
        sending.update(
                client.post(lines).publishOn(thread).subscribe(status -> answered(status, count), this::unanswered));
        isSending = true;
    }

    private void answered(int status, int count) {
        isSending = false;
        if (status >= 200 && status < 300) {
            most = Math.min(feed.config().batchRecords(), most + Math.max(1, most / 8));
            taken(count);
        } else if (status == TOO_LARGE && count > 1) {
            most = count / 2;
            turnIn(Duration.ZERO);
        } else {
            failed("it answers " + status);
        }
    }

    private void unanswered(Throwable failure) {
        isSending = false;
        // Not the message: it may name the whole URL.
        failed(
                failure instanceof TimeoutException
                        ? "it does not answer in time"
                        : "it cannot be reached (" + failure.getClass().getSimpleName() + ")");
    }

    private void taken(int count) {
        ExportPlace place = new ExportPlace(batch.seq(count - 1), batch.hash(count - 1));
        records.increment((double) batch.sent(count));
        batch.drop(count);
        feed.exported(place.seq());
        if (!said.isEmpty()) {
            LOG.info("The audit export to {} goes on", feed.config().target());
            said.clear();
        }
        failed = 0;
        try {
            place.write(feed.directory());
            isPlaceWritten = true;
        } catch (IOException notWritten) {
            // Worth no pause: after a crash some records are sent again, and that is all.
            if (isPlaceWritten) {
                LOG.warn("How far the audit export is cannot be written down: {}", notWritten.toString());
            }
            isPlaceWritten = false;
        }
        turnIn(Duration.ZERO);
    }

    private void failed(String reason) {
        failures.increment();
        say(reason);
        if (isLast) {
            var unused = ended.tryEmitEmpty();
            return;
        }
        Duration longest = feed.config().backoff();
        Duration first = longest.compareTo(FIRST_BACKOFF) < 0 ? longest : FIRST_BACKOFF;
        Duration doubled = first.multipliedBy(1L << Math.min(failed++, MOST_DOUBLINGS));
        long nanos = (doubled.compareTo(longest) < 0 ? doubled : longest).toNanos();
        turnIn(Duration.ofNanos(ThreadLocalRandom.current().nextLong(nanos + 1)));
    }

    /** Says each kind of trouble once, until it is over. */
    private void say(String reason) {
        if (said.size() < MOST_SAID && said.add(reason)) {
            LOG.warn("The audit export to {} waits: {}", feed.config().target(), reason);
        }
    }

    private double lag() {
        Instant since = oldest;
        return since == null
                ? 0
                : Math.max(0, Duration.between(since, clock.instant()).toNanos() / 1e9);
    }

    private void closeSource() {
        try {
            source.close();
        } catch (IOException closed) {
            // It was only read.
        }
    }
}
