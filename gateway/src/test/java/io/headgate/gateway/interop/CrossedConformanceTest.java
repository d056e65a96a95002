package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.interop.Conformance.Report;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The official conformance suite, through the gateway before the demo server of the other era.
 *
 * <p>What no bridge can pass is excused by name, each with the proof, in {@code src/test/conformance}; a scenario that is
 * excused and passes fails the test too.
 */
// Most of it is waiting: for the slow tools of the task scenarios, which a server of sessions runs to their end.
@Execution(ExecutionMode.CONCURRENT)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class CrossedConformanceTest {
    @BeforeAll
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void install() {
        InteropTools.install();
    }

    @Test
    void aClientOf20251125BeforeAModernServer() {
        meets("2025-11-25", Era.LEGACY, Era.MODERN, 30);
    }

    @Test
    void aClientOf20260728BeforeALegacyServer() {
        meets("2026-07-28", Era.MODERN, Era.LEGACY, 37);
    }

    private static void meets(String revision, Era client, Era server, int scenarios) {
        DemoServerOptions options = DemoServerOptions.builder()
                .era(io.headgate.gateway.demo.Era.valueOf(server.name()))
                .build();
        try (DemoServer demo = DemoServer.start(options)) {
            Upstream upstream = Upstream.of("demo", Upstream.Wire.HTTP, server, URI.create(demo.url()));
            try (Front headgate = HeadgateFixture.before(client, upstream)) {
                Report through = Conformance.run(revision, headgate.mcp());
                List<String> failed = through.required().entrySet().stream()
                        .filter(scenario -> !scenario.getValue().ok())
                        .map(Map.Entry::getKey)
                        .toList();
                assertThat(through.required()).hasSize(scenarios);
                assertThat(failed)
                        .as("what fails is excused, and what is excused fails: %s", through.failures())
                        .containsExactlyInAnyOrderElementsOf(excused(client, server));
            }
        }
    }

    private static List<String> excused(Era client, Era server) {
        String name = (client + "-to-" + server + ".yml").toLowerCase(Locale.ROOT);
        try {
            String text = Files.readString(Path.of("src/test/conformance", name));
            Object root = new Load(LoadSettings.builder().build()).loadFromString(text);
            if (root instanceof Map<?, ?> map && map.get("server") instanceof List<?> names) {
                return names.stream().map(String::valueOf).toList();
            }
        } catch (IOException e) {
            throw new AssertionError(name, e);
        }
        throw new AssertionError("no list of server scenarios in " + name);
    }
}
