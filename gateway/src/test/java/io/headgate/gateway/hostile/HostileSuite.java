package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;

/**
 * One test per case of a file; cases of the same setting share a gateway, one after the other. Those that take long begin
 * with the first test, beside all others: cases of a hurried gateway, which mostly wait for its clocks, and floods of requests
 * to a gateway of their own.
 */
final class HostileSuite implements AutoCloseable {
    /** A regular expression of ids, for work on a few cases. */
    private static final String ONLY = System.getProperty("headgate.hostile.only", ".*");

    private static final int FLOOD = 10_000;
    private static final long MOST_MINUTES = 10;

    private final HostileFile file;
    private final WaitingList waiting;
    private final Preparations preparations = Preparations.load();
    private final GatewayUnderTest.Starter starter;

    /** Each is used by one thread. */
    private final Map<Setting, Bench> benches = new ConcurrentHashMap<>();

    /** One thread: more cases at once would keep each other from what they must do in time. */
    private final ExecutorService beside = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "hostile-beside");
        thread.setDaemon(true);
        return thread;
    });

    /** What is wrong with the cases that run beside the others, by their ids. */
    private final Map<String, CompletableFuture<List<String>>> begun = new HashMap<>();

    HostileSuite(HostileFile file, WaitingList waiting, GatewayUnderTest.Starter starter) {
        this.file = file;
        this.waiting = waiting;
        this.starter = starter;
    }

    /** The tests of some layers, one container for each. */
    Stream<DynamicContainer> tests(Collection<String> layers, Predicate<HostileCase> chosen) {
        List<HostileCase> cases = file.cases().stream()
                .filter(hostile -> chosen.test(hostile) && hostile.id().matches(ONLY))
                .toList();
        begin(cases);
        return layers.stream()
                .map(layer -> DynamicContainer.dynamicContainer(
                        layer,
                        cases.stream()
                                .filter(hostile -> hostile.layer().equals(layer))
                                .map(hostile -> DynamicTest.dynamicTest(hostile.title(), () -> test(hostile)))));
    }

    /** Begins the cases that take long, those of one gateway one after the other. */
    private void begin(List<HostileCase> cases) {
        Map<Object, List<Run>> groups = new LinkedHashMap<>();
        for (HostileCase hostile : cases) {
            Run run = slow(hostile);
            if (run != null) {
                Object gateway = run.setting().isOwn() ? hostile.id() : run.setting();
                groups.computeIfAbsent(gateway, one -> new ArrayList<>()).add(run);
                begun.put(hostile.id(), new CompletableFuture<>());
            }
        }
        groups.values().forEach(runs -> beside.execute(() -> runs.forEach(this::complete)));
    }

    /** A case that takes long; null for any other. */
    private @Nullable Run slow(HostileCase hostile) {
        if (waiting.waitOf(hostile, file) != null) {
            return null;
        }
        try {
            Run run = run(hostile);
            boolean isFlood = run.setting().isOwn() && run.preparation().times() >= FLOOD;
            return run.setting().isHurried() || isFlood ? run : null;
        } catch (Unbuildable | IllegalArgumentException e) {
            // Its test fails with the same.
            return null;
        }
    }

    private void complete(Run run) {
        CompletableFuture<List<String>> outcome =
                Objects.requireNonNull(begun.get(run.hostile().id()));
        try {
            outcome.complete(problems(run));
        } catch (Exception | Error e) {
            outcome.completeExceptionally(e);
        }
    }

    /** A case that nothing here can build fails like one that is answered wrong. */
    private void test(HostileCase hostile) throws Exception {
        WaitingList.Wait wait = waiting.waitOf(hostile, file);
        if (wait != null) {
            System.out.println("waits: " + hostile.id() + ": " + wait.reason());
            Assumptions.abort(wait.reason());
        }
        CompletableFuture<List<String>> outcome = begun.get(hostile.id());
        List<String> problems = outcome == null ? problems(hostile) : outcome.get(MOST_MINUTES, TimeUnit.MINUTES);
        assertThat(problems).as(hostile.id() + " " + hostile.given()).isEmpty();
    }

    /** Runs a case in its setting; everything that is wrong. */
    List<String> problems(HostileCase written) throws Exception {
        return problems(run(written));
    }

    /** A case with what it needs. */
    private record Run(HostileCase hostile, Preparation preparation, Setting setting) {}

    private Run run(HostileCase written) {
        HostileCase hostile = waiting.decided(written, file.codes().keySet());
        Preparation preparation = preparations.of(hostile);
        return new Run(hostile, preparation, Setting.of(hostile, preparation));
    }

    private List<String> problems(Run run) throws Exception {
        HostileCase hostile = run.hostile();
        Setting setting = run.setting();
        if (!setting.isOwn()) {
            return new CaseRunner(file, shared(setting)).run(hostile, run.preparation());
        }
        if (run.preparation().log().failingSyncs()) {
            awaitBegun();
        }
        UpstreamSteps.Pace pace = UpstreamSteps.Pace.of(setting, file);
        UpstreamPlan plan = UpstreamPlan.of(hostile);
        try (Bench own = new Bench(setting, file, starter, (first, second) -> plan.offerBy(first, second, pace))) {
            return new CaseRunner(file, own).run(hostile, run.preparation());
        }
    }

    /** Waits for the cases beside this one, because it looks for the newest log of the process and must find its own. */
    private void awaitBegun() {
        CompletableFuture<?>[] all = begun.values().toArray(new CompletableFuture<?>[0]);
        Object unused = CompletableFuture.allOf(all)
                .handle((done, failed) -> true)
                .orTimeout(MOST_MINUTES, TimeUnit.MINUTES)
                .join();
    }

    private Bench shared(Setting setting) throws Exception {
        Bench bench = benches.get(setting);
        if (bench == null) {
            bench = new Bench(setting, file, starter);
            benches.put(setting, bench);
        }
        return bench;
    }

    @Override
    public void close() {
        beside.shutdownNow();
        for (Bench bench : benches.values()) {
            bench.close();
        }
    }
}
