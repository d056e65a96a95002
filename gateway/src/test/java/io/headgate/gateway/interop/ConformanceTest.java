package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.interop.Conformance.Report;
import io.headgate.gateway.interop.Conformance.Scenario;
import java.net.URI;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The official conformance suite, through the gateway and before the demo server itself: the same score. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ConformanceTest {
    @BeforeAll
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void install() {
        InteropTools.install();
    }

    @Test
    void meetsEveryRequirementOf20260728AndOfTasks() {
        Map<String, Scenario> others = meetsEveryRequirement("2026-07-28", Era.MODERN, 37);
        assertThat(others)
                .hasEntrySatisfying("tasks-lifecycle", ConformanceTest::assertPassed)
                .hasEntrySatisfying("tasks-capability-negotiation", ConformanceTest::assertPassed)
                .hasEntrySatisfying("tasks-wire-fields", ConformanceTest::assertPassed)
                .hasEntrySatisfying("tasks-request-state-removal", ConformanceTest::assertPassed)
                .hasEntrySatisfying("tasks-mrtr-input", ConformanceTest::assertPassed)
                .hasEntrySatisfying("tasks-request-headers", ConformanceTest::assertPassed)
                .hasEntrySatisfying("tasks-dispatch-and-envelope", ConformanceTest::assertPassed)
                .hasEntrySatisfying("tasks-required-task-error", ConformanceTest::assertPassed)
                .hasEntrySatisfying("tasks-mrtr-composition", ConformanceTest::assertPassed);
    }

    private static void assertPassed(Scenario scenario) {
        assertThat(scenario.ok()).as(scenario.score() + scenario.details()).isTrue();
    }

    @Test
    void meetsEveryRequirementOf20251125() {
        var unused = meetsEveryRequirement("2025-11-25", Era.LEGACY, 30);
    }

    /** The same server passes both, each client in its own era: what one of them demands, the other one does not have. */
    @Test
    void aServerOfBothErasMeetsThemBoth() {
        var unusedOlder = meetsEveryRequirement("2025-11-25", Era.LEGACY, io.headgate.gateway.demo.Era.BOTH, 30);
        var unusedNewer = meetsEveryRequirement("2026-07-28", Era.MODERN, io.headgate.gateway.demo.Era.BOTH, 37);
    }

    private static Map<String, Scenario> meetsEveryRequirement(String revision, Era era, int scenarios) {
        return meetsEveryRequirement(revision, era, io.headgate.gateway.demo.Era.valueOf(era.name()), scenarios);
    }

    /** The scenarios through the gateway that the revision does not demand. */
    private static Map<String, Scenario> meetsEveryRequirement(
            String revision, Era era, io.headgate.gateway.demo.Era spoken, int scenarios) {
        DemoServerOptions options = DemoServerOptions.builder().era(spoken).build();
        try (DemoServer server = DemoServer.start(options)) {
            Upstream upstream = Upstream.of("demo", Upstream.Wire.HTTP, era, URI.create(server.url()));
            try (Front headgate = HeadgateFixture.before(era, upstream)) {
                Report direct = Conformance.run(revision, upstream.uri());
                Report through = Conformance.run(revision, headgate.mcp());

                assertThat(direct.failures())
                        .as("failures of the upstream itself")
                        .isEmpty();
                assertThat(through.failures()).isEmpty();
                assertThat(through.required()).hasSize(scenarios);
                assertThat(through.exitStatus()).as(through.output()).isZero();
                assertThat(scores(through.required())).isEqualTo(scores(direct.required()));
                assertThat(scores(through.others())).isEqualTo(scores(direct.others()));
                return through.others();
            }
        }
    }

    /**
     * The polling of a stream that the server closes is left out: the gateway takes it up again itself, and the client
     * never notices.
     */
    private static Map<String, String> scores(Map<String, Scenario> scenarios) {
        Map<String, String> scores = new TreeMap<>();
        scenarios.forEach((name, scenario) -> {
            if (!name.equals("server-sse-polling")) {
                scores.put(name, scenario.score());
            }
        });
        return scores;
    }
}
