package io.headgate.gateway.generation;

import io.headgate.filter.Events;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigRejected;
import io.headgate.gateway.telemetry.MeterNames;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The file while the gateway runs: reads it when it or one that it names has changed, or when an operator asks for that, and puts
 * it in force if all of it is right. A file that is wrong changes nothing.
 */
public final class PolicyFile implements Disposable {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyFile.class);
    private static final int MOST_SAID = 20;
    private static final int MOST_ROUNDS = 3;

    /**
     * What came of reading the file.
     *
     * @param applied true if the file is in force now
     * @param number of the generation that is the present one now
     * @param digest of the file, or the empty string if it could not be read
     * @param changes what is another thing than before
     * @param needingRestart keys that are in the file and not in force before the next start
     * @param warnings what in the file may be meant but seldom is
     * @param problems why it was refused
     */
    public record Outcome(
            boolean applied,
            int number,
            String digest,
            String reason,
            Instant at,
            List<String> changes,
            List<String> needingRestart,
            List<String> warnings,
            List<String> problems) {}

    private final Supplier<Config> reader;
    private final Config started;
    private final Generations generations;
    private final Scheduler thread;
    private final Events events;
    private final InstantSource clock;
    private final Counter applied;
    private final Counter rejected;
    private final FileWatch watch;
    private volatile Outcome last;
    private volatile Instant lastSuccess;
    /** What was read the last time; guarded by this. */
    private List<Path> files;

    /** Begins to watch. {@code reader} reads the file and everything that it names. */
    public PolicyFile(
            Supplier<Config> reader,
            Generations generations,
            Scheduler thread,
            Events events,
            InstantSource clock,
            MeterRegistry meters) {
        this.reader = reader;
        this.started = generations.present().config();
        this.generations = generations;
        this.thread = thread;
        this.events = events;
        this.clock = clock;
        this.applied = meters.counter(MeterNames.CONFIG_RELOAD, "result", "applied");
        this.rejected = meters.counter(MeterNames.CONFIG_RELOAD, "result", "rejected");
        this.files = started.files();
        Generation first = generations.present();
        lastSuccess = first.since();
        last = new Outcome(
                true,
                first.number(),
                started.digest(),
                first.reason(),
                first.since(),
                List.of(),
                List.of(),
                started.warnings(),
                List.of());
        Gauge.builder(MeterNames.CONFIG_APPLIED, this, policy -> policy.last.applied() ? 1 : 0)
                .register(meters);
        Gauge.builder(MeterNames.CONFIG_APPLIED_AT, this, policy -> policy.lastSuccess.toEpochMilli() / 1e3)
                .register(meters);
        watch = new FileWatch(thread, () -> read("a file changed"));
        watch.watch(files, FileWatch.stamps(files));
    }

    /** What came of the last time. */
    public Outcome last() {
        return last;
    }

    /** Reads the file now, and says what came of it. */
    public Mono<Outcome> reload(String reason) {
        return Mono.fromCallable(() -> read(reason)).subscribeOn(thread);
    }

    private synchronized Outcome read(String reason) {
        List<String> changes = new ArrayList<>();
        Outcome outcome;
        List<Path> before;
        List<String> stamps;
        int round = 0;
        do {
            // Taken before the files are read, so that what is written meanwhile is the next change. Of a file that is
            // named
            // for the first time there was nothing to take, so all are read once more.
            before = files;
            stamps = FileWatch.stamps(before);
            outcome = readOnce(reason, changes);
        } while (!files.equals(before) && ++round < MOST_ROUNDS);
        watch.watch(files, files.equals(before) ? stamps : FileWatch.stamps(files));
        tell(outcome);
        last = outcome;
        return outcome;
    }

    private Outcome readOnce(String reason, List<String> changes) {
        Instant now = clock.instant();
        Config config;
        try {
            config = reader.get();
        } catch (ConfigRejected rejected) {
            files = rejected.files();
            return refused(reason, now, "", rejected.problems());
        } catch (RuntimeException | StackOverflowError defect) {
            return refused(reason, now, "", List.of(defect(defect)));
        }
        files = config.files();
        try {
            changes.addAll(generations.apply(config, reason));
            return new Outcome(
                    true,
                    generations.present().number(),
                    config.digest(),
                    reason,
                    now,
                    List.copyOf(changes),
                    Changes.needingRestart(started, config),
                    config.warnings(),
                    List.of());
        } catch (RuntimeException notMade) {
            String text = notMade.getMessage();
            return refused(reason, now, config.digest(), List.of(text == null ? defect(notMade) : text));
        } catch (StackOverflowError defect) {
            return refused(reason, now, config.digest(), List.of(defect(defect)));
        }
    }

    /** A file that meets a defect is as bad as any other. What the defect says of itself may have a value of the file in it. */
    private static String defect(Throwable defect) {
        StackTraceElement[] frames = defect.getStackTrace();
        String kind = defect.getClass().getSimpleName();
        LOG.error("The file meets a defect of the gateway: {} at {}", kind, frames.length == 0 ? "?" : frames[0]);
        return "a defect of the gateway: " + kind + " (expected: none; report it with the line of the log)";
    }

    private Outcome refused(String reason, Instant now, String digest, List<String> problems) {
        return new Outcome(
                false,
                generations.present().number(),
                digest,
                reason,
                now,
                List.of(),
                List.of(),
                List.of(),
                List.copyOf(problems));
    }

    private void tell(Outcome outcome) {
        (outcome.applied() ? applied : rejected).increment();
        if (outcome.applied()) {
            lastSuccess = outcome.at();
            LOG.info(
                    "The file is in force ({}): {}",
                    outcome.reason(),
                    outcome.changes().isEmpty() ? "nothing is changed" : String.join("; ", outcome.changes()));
            outcome.warnings().forEach(LOG::warn);
            if (!outcome.needingRestart().isEmpty()) {
                LOG.warn(
                        "The file says something new of what needs a restart: {}",
                        String.join(", ", outcome.needingRestart()));
            }
            events.post(
                    "sys_config_applied",
                    Map.of(
                            "sha256",
                            outcome.digest(),
                            "generation",
                            Integer.toString(outcome.number()),
                            "reason",
                            outcome.reason()));
        } else {
            LOG.error(
                    "The file is refused ({}), and generation {} goes on:{}",
                    outcome.reason(),
                    outcome.number(),
                    lines(outcome.problems()));
            events.post(
                    "sys_config_refused",
                    Map.of(
                            "reason",
                            outcome.reason(),
                            "problems",
                            Integer.toString(outcome.problems().size()),
                            "first",
                            outcome.problems().isEmpty()
                                    ? ""
                                    : outcome.problems().get(0)));
        }
    }

    private static String lines(List<String> problems) {
        List<String> first = problems.subList(0, Math.min(MOST_SAID, problems.size()));
        String more = problems.size() > first.size() ? "\n  and " + (problems.size() - first.size()) + " more" : "";
        return "\n  " + String.join("\n  ", first) + more;
    }

    @Override
    public void dispose() {
        watch.dispose();
    }
}
