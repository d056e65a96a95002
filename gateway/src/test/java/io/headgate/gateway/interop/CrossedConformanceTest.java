package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.interop.Conformance.Report;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The official conformance suite, through the gateway before the demo server of the other era.
 *
 * <p>What no bridge can pass is excused by name, each with the proof, in {@code src/test/conformance}. The suite reads the file
 * itself; a check that is excused and passes fails it too.
 */
// Most of it is waiting: for the slow tools of the task scenarios, which a server of sessions runs to their end.
@Execution(ExecutionMode.CONCURRENT)
// The peers are processes of other languages, which are slow where the machine is busy.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class CrossedConformanceTest {
    @BeforeAll
    // The first run installs packages.
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
                String excused = (client + "-to-" + server + ".yml").toLowerCase(Locale.ROOT);
                Report through = Conformance.run(revision, headgate.mcp(), Path.of("src/test/conformance", excused));

                assertThat(through.required()).hasSize(scenarios);
                assertThat(through.exitStatus()).as(through.output()).isZero();
            }
        }
    }
}
