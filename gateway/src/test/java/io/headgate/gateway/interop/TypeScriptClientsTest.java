package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.headgate.gateway.interop.Upstream.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** The official TypeScript clients against servers made with the official TypeScript SDKs, in every pair of eras. */
// The peers are processes of other languages, which are slow where the machine is busy.
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class TypeScriptClientsTest {
    /** These servers tell of an update only the session that subscribed, and only if the update was caused in it. */
    private static final String[] NO_UPDATES = {"--era", "modern", "--skip", "resourceUpdated"};

    private static final Duration RUN = Duration.ofMinutes(2);
    private static final List<PeerProcess> SERVERS = new ArrayList<>();

    private static Upstream modern;
    private static Upstream legacy;
    private static Upstream sessions;
    private static Upstream events;
    private static Upstream everything;
    private static Upstream both;

    @BeforeAll
    // The first run installs packages.
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void startServers() {
        InteropTools.install();
        modern = upstream("modern", Wire.HTTP, Era.MODERN, "/mcp", "server-v2.mjs", "--era", "modern");
        legacy = upstream("legacy", Wire.HTTP, Era.LEGACY, "/mcp", "server-v2.mjs", "--era", "legacy");
        sessions = upstream("sessions", Wire.HTTP, Era.LEGACY, "/mcp", "server-v1.mjs");
        events = upstream("events", Wire.SSE, Era.LEGACY, "/sse", "server-v1.mjs");
        both = upstream("both", Wire.HTTP, Era.MODERN, "/mcp", "server-v2.mjs", "--era", "both");
        everything = upstream("everything", Wire.HTTP, Era.LEGACY, "/mcp", "everything.mjs");
    }

    @AfterAll
    static void stopServers() {
        SERVERS.forEach(PeerProcess::close);
    }

    @TestFactory
    List<DynamicTest> modernClientAndModernServer() {
        return checks(Era.MODERN, modern, "client-v2.mjs", "--era", "modern");
    }

    @TestFactory
    List<DynamicTest> modernClientAndLegacyServer() {
        return checks(Era.MODERN, legacy, "client-v2.mjs", NO_UPDATES);
    }

    @TestFactory
    List<DynamicTest> modernClientAndServerOfVersion1() {
        return checks(Era.MODERN, sessions, "client-v2.mjs", NO_UPDATES);
    }

    @TestFactory
    List<DynamicTest> modernClientAndServerEverything() {
        return checks(Era.MODERN, everything, "client-v2.mjs", "--era", "modern", "--suite", "everything");
    }

    @TestFactory
    List<DynamicTest> legacyClientAndModernServer() {
        return checks(Era.LEGACY, modern, "client-v2.mjs", "--era", "legacy");
    }

    @TestFactory
    List<DynamicTest> legacyClientAndLegacyServer() {
        return checks(Era.LEGACY, legacy, "client-v2.mjs", "--era", "legacy");
    }

    @TestFactory
    List<DynamicTest> clientOfVersion1AndModernServer() {
        return checks(Era.LEGACY, modern, "client-v1.mjs");
    }

    @TestFactory
    List<DynamicTest> clientOfVersion1AndServerOfVersion1() {
        return checks(Era.LEGACY, sessions, "client-v1.mjs");
    }

    @TestFactory
    List<DynamicTest> clientOfVersion1AndServerEverything() {
        return checks(Era.LEGACY, everything, "client-v1.mjs", "--suite", "everything");
    }

    @TestFactory
    List<DynamicTest> eventStreamClientAndServerOfVersion1() {
        return checks(Wire.SSE, Era.LEGACY, sessions, "client-v1.mjs", "--transport", "sse");
    }

    @TestFactory
    List<DynamicTest> eventStreamClientAndEventStreamServer() {
        return checks(Wire.SSE, Era.LEGACY, events, "client-v1.mjs", "--transport", "sse");
    }

    @TestFactory
    List<DynamicTest> clientOfVersion1AndEventStreamServer() {
        return checks(Era.LEGACY, events, "client-v1.mjs");
    }

    @TestFactory
    List<DynamicTest> modernClientAndEventStreamServer() {
        return checks(Era.MODERN, events, "client-v2.mjs", NO_UPDATES);
    }

    @TestFactory
    List<DynamicTest> modernClientAndServerOfBothEras() {
        return checks(Era.MODERN, both, "client-v2.mjs", "--era", "modern");
    }

    /** What only its older side has, the questions in the middle of a call among it, is there for clients of that era. */
    @TestFactory
    List<DynamicTest> legacyClientAndServerOfBothEras() {
        return checks(Era.LEGACY, both.as(Era.LEGACY), "client-v2.mjs", "--era", "legacy");
    }

    @TestFactory
    List<DynamicTest> clientOfVersion1AndServerOfBothEras() {
        return checks(Era.LEGACY, both.as(Era.LEGACY), "client-v1.mjs");
    }

    @TestFactory
    List<DynamicTest> eventStreamClientAndServerOfBothEras() {
        return checks(Wire.SSE, Era.LEGACY, both.as(Era.LEGACY), "client-v1.mjs", "--transport", "sse");
    }

    @TestFactory
    List<DynamicTest> legacyClientAndPrefixedServersOfBothEras() {
        Upstream older = both.as(Era.LEGACY).prefixed();
        return checks(Era.LEGACY, older, sessions.prefixed(), "client-v1.mjs");
    }

    @TestFactory
    List<DynamicTest> modernClientAndPrefixedServers() {
        return checks(Era.MODERN, modern.prefixed(), legacy.prefixed(), "client-v2.mjs", "--era", "modern");
    }

    @TestFactory
    List<DynamicTest> legacyClientAndPrefixedServers() {
        return checks(Era.LEGACY, sessions.prefixed(), modern.prefixed(), "client-v1.mjs");
    }

    private static List<DynamicTest> checks(Era client, Upstream upstream, String script, String... options) {
        return checks(Wire.HTTP, client, upstream, script, options);
    }

    private static List<DynamicTest> checks(
            Wire wire, Era client, Upstream upstream, String script, String... options) {
        try (Front headgate = HeadgateFixture.before(client, wire, upstream)) {
            return run(
                    wire == Wire.SSE
                            ? headgate.sse().toString()
                            : headgate.mcp().toString(),
                    upstream,
                    script,
                    options);
        }
    }

    /** The client uses the first upstream; the other one is there to be confused with it. */
    private static List<DynamicTest> checks(
            Era client, Upstream upstream, Upstream other, String script, String... options) {
        try (Front headgate = HeadgateFixture.before(client, upstream, other)) {
            return run(headgate.mcp().toString(), upstream, script, options);
        }
    }

    /** Runs a client, and makes a test of each of its lines. */
    static List<DynamicTest> run(String url, Upstream upstream, String script, String... options) {
        List<String> arguments =
                new ArrayList<>(List.of(url, "--upstream", upstream.era().option()));
        arguments.addAll(List.of("--prefix", upstream.prefix(), "--uri-prefix", upstream.uriPrefix()));
        arguments.addAll(List.of(options));
        try (PeerProcess process = PeerProcess.node(script, arguments.toArray(String[]::new))) {
            List<JsonNode> lines = process.awaitEnd(RUN);
            String outcome = process.outcome();
            Stream<DynamicTest> checks = lines.stream()
                    .map(line -> dynamicTest(
                            line.path("check").asString(),
                            () -> assertThat(line.path("ok").asBoolean())
                                    .as(line.toString())
                                    .isTrue()));
            Stream<DynamicTest> end = Stream.of(dynamicTest("endsWell", () -> {
                assertThat(lines).hasSizeGreaterThan(10);
                assertThat(outcome).isEqualTo("exit status 0");
            }));
            return Stream.concat(checks, end).toList();
        }
    }

    private static Upstream upstream(String name, Wire wire, Era era, String path, String script, String... options) {
        PeerProcess server = PeerProcess.node(script, options);
        SERVERS.add(server);
        return Upstream.of(name, wire, era, server.uri(path));
    }
}
