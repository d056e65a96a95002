package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;

/** One test per case of a file; cases of the same setting share a gateway, one after the other. */
final class HostileSuite implements AutoCloseable {
    /** A regular expression of ids, for work on a few cases. */
    private static final String ONLY = System.getProperty("headgate.hostile.only", ".*");

    private final HostileFile file;
    private final WaitingList waiting;
    private final Preparations preparations = Preparations.load();
    private final GatewayUnderTest.Starter starter;

    private final Map<Setting, Bench> benches = new HashMap<>();
    private final FileCases files = new FileCases();

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
        return layers.stream()
                .map(layer -> DynamicContainer.dynamicContainer(
                        layer,
                        cases.stream()
                                .filter(hostile -> hostile.layer().equals(layer))
                                .map(hostile -> DynamicTest.dynamicTest(hostile.title(), () -> test(hostile)))));
    }

    /** A case that nothing here can build fails like one that is answered wrong. */
    private void test(HostileCase hostile) throws Exception {
        WaitingList.Wait wait = waiting.waitOf(hostile, file);
        if (wait != null) {
            System.out.println("waits: " + hostile.id() + ": " + wait.reason());
            Assumptions.abort(wait.reason());
        }
        assertThat(problems(hostile)).as(hostile.id() + " " + hostile.given()).isEmpty();
    }

    /** Runs a case in its setting; everything that is wrong. */
    List<String> problems(HostileCase written) throws Exception {
        if (written.isAboutFile()) {
            return files.problems(waiting.decided(written, file.codes().keySet()));
        }
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
        UpstreamSteps.Pace pace = UpstreamSteps.Pace.of(setting, file);
        UpstreamPlan plan = UpstreamPlan.of(hostile);
        try (Bench own = new Bench(setting, file, starter, (first, second) -> plan.offerBy(first, second, pace))) {
            return new CaseRunner(file, own).run(hostile, run.preparation());
        }
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
        files.close();
        for (Bench bench : benches.values()) {
            bench.close();
        }
    }
}
