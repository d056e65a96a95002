package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.interop.Upstream.Wire;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A refused call costs the official clients that call and nothing else: the others go on, and the next one works. Each test
 * waits for a breaker and for a limit, so they run beside one another.
 */
// The first run installs packages.
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class RefusedCallsTest {
    private static final Duration RUN = Duration.ofMinutes(2);
    /** The breaker of one server opens while a call to the other one is in flight, and then that one has a limit. */
    private static final String STEPS = "&other__sleep flaky__fail flaky__fail flaky__echo other__echo other__echo "
            + "other__sleep ~flaky__echo ~other__echo";

    private static final List<String> OUTCOMES = List.of(
            "flaky__fail -32603",
            "flaky__fail -32603",
            "flaky__echo 1503",
            "other__echo ok",
            "other__echo 1429",
            "other__sleep ok",
            "~flaky__echo ok",
            "~other__echo ok",
            "&other__sleep ok");

    private static final String FILTERS = """
            filters:
              - rateLimit: {limits: [{per: tool, rate: 10/m, burst: 1, tools: [other__echo]}]}
              - breaker: {minimumCalls: 2, open: 5s}
              - timeout: 60s
            """;

    private static DemoServer flaky;
    private static DemoServer other;

    @BeforeAll
    static void start() {
        flaky = DemoServer.start(DemoServerOptions.builder().build());
        other = DemoServer.start(DemoServerOptions.builder().build());
    }

    @AfterAll
    static void stop() {
        flaky.stop();
        other.stop();
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void aTypeScriptClientOfVersion1GoesOn() {
        InteropTools.install();
        assertGoesOn(Era.LEGACY, url -> PeerProcess.node("refused.mjs", url, "--version", "1", "--steps", STEPS));
    }

    @ParameterizedTest
    @EnumSource
    @Execution(ExecutionMode.CONCURRENT)
    void aTypeScriptClientGoesOnInEachEra(Era era) {
        InteropTools.install();
        assertGoesOn(era, url -> PeerProcess.node("refused.mjs", url, "--era", era.option(), "--steps", STEPS));
    }

    @Test
    @Tag("slow")
    @Execution(ExecutionMode.CONCURRENT)
    void aPythonClientOfVersion1GoesOn() {
        assertGoesOn(Era.LEGACY, url -> PeerProcess.python(Python.MCP_1, "refused_mcp1.py", url, "--steps", STEPS));
    }

    @ParameterizedTest
    @EnumSource
    @Tag("slow")
    @Execution(ExecutionMode.CONCURRENT)
    void aPythonClientGoesOnInEachEra(Era era) {
        assertGoesOn(
                era,
                url -> PeerProcess.python(
                        Python.MCP_2, "refused_mcp2.py", url, "--era", era.option(), "--steps", STEPS));
    }

    @ParameterizedTest
    @EnumSource
    @Tag("slow")
    @Execution(ExecutionMode.CONCURRENT)
    void aGoClientGoesOnInEachEra(Era era) {
        assertGoesOn(era, url -> PeerProcess.go("refused", "-era", era.option(), "-steps", STEPS, url));
    }

    private interface Client {
        PeerProcess start(String url);
    }

    private static void assertGoesOn(Era era, Client client) {
        try (Front headgate = HeadgateFixture.behind(FILTERS, upstream("flaky", flaky), upstream("other", other));
                PeerProcess process = client.start(headgate.mcp().toString())) {
            List<String> told = process.awaitEnd(RUN).stream()
                    .map(line -> line.path("step").asString() + " "
                            + line.path("outcome").asString())
                    .toList();
            assertThat(process.outcome()).as(era + ": " + told).isEqualTo("exit status 0");
            assertThat(told)
                    .as(era.toString())
                    .map(step -> era == Era.LEGACY ? step : withoutCode(step))
                    .containsExactlyElementsOf(expected(era));
        }
    }

    private static List<String> expected(Era era) {
        return era == Era.LEGACY
                ? OUTCOMES
                : OUTCOMES.stream().map(RefusedCallsTest::withoutCode).toList();
    }

    /** In the newer era the refusals have a status, of which two of the SDKs make a code of their own. */
    private static String withoutCode(String told) {
        return told.endsWith(" ok") ? told : told.substring(0, told.indexOf(' ')) + " failed";
    }

    private static Upstream upstream(String name, DemoServer server) {
        return Upstream.of(name, Wire.HTTP, Era.MODERN, URI.create(server.url()))
                .prefixed();
    }
}
