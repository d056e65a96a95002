package io.headgate.gateway.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;

/** One test per case of a file; cases of the same setting share a gateway. */
final class HostileSuite implements AutoCloseable {
    private static final boolean NIGHTLY = "nightly".equals(System.getProperty("headgate.hostile.tier"));

    /** A regular expression of ids, for work on a few cases. */
    private static final String ONLY = System.getProperty("headgate.hostile.only", ".*");

    private final HostileFile file;
    private final WaitingList waiting;
    private final GatewayUnderTest.Starter starter;
    private final Map<Setting, Bench> benches = new HashMap<>();

    HostileSuite(HostileFile file, WaitingList waiting, GatewayUnderTest.Starter starter) {
        this.file = file;
        this.waiting = waiting;
        this.starter = starter;
    }

    /** The tests of some layers, one container for each. */
    Stream<DynamicContainer> tests(Collection<String> layers) {
        return layers.stream()
                .map(layer -> DynamicContainer.dynamicContainer(
                        layer,
                        file.cases().stream()
                                .filter(hostile -> hostile.layer().equals(layer)
                                        && hostile.id().matches(ONLY))
                                .map(hostile -> DynamicTest.dynamicTest(hostile.title(), () -> test(hostile)))));
    }

    private void test(HostileCase hostile) throws Exception {
        String part = waiting.partFor(hostile, file);
        if (part != null) {
            notRun(hostile, "waits for " + part);
        }
        if (hostile.isNightly() && !NIGHTLY) {
            notRun(hostile, "runs in the nightly tier");
        }
        List<String> problems = new ArrayList<>();
        try {
            problems.addAll(problems(hostile));
        } catch (Unbuildable e) {
            if (file.isOwn()) {
                throw e;
            }
            notRun(hostile, String.valueOf(e.getMessage()));
        }
        assertThat(problems).as(hostile.id() + " " + hostile.given()).isEmpty();
    }

    private static void notRun(HostileCase hostile, String why) {
        System.out.println("not run: " + hostile.id() + ": " + why);
        Assumptions.abort(why);
    }

    /** Runs a case in its setting; everything that is wrong. */
    List<String> problems(HostileCase hostile) throws Exception {
        Setting setting = Setting.of(hostile);
        if (!setting.isOwn()) {
            return new CaseRunner(file, shared(setting)).run(hostile);
        }
        try (Bench own = new Bench(setting, file, starter)) {
            return new CaseRunner(file, own).run(hostile);
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
        for (Bench bench : benches.values()) {
            bench.close();
        }
    }
}
