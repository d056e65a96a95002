package io.headgate.gateway.interop;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The official TypeScript client before an nginx that takes a part of the path away, of which the gateway knows nothing. */
// The peers are processes of other languages, which are slow where the machine is busy.
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class BehindNginxTest {
    private static final Deque<AutoCloseable> RUNNING = new ArrayDeque<>();

    private static Upstream upstream;
    private static Nginx nginx;

    @BeforeAll
    // The first run installs packages.
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void start() {
        InteropTools.install();
        PeerProcess server = PeerProcess.node("server-v1.mjs");
        RUNNING.push(server);
        upstream = Upstream.of("sessions", Upstream.Wire.HTTP, Era.LEGACY, server.uri("/mcp"));
        Front gateway = HeadgateFixture.before(Era.LEGACY, Upstream.Wire.SSE, upstream);
        RUNNING.push(gateway);
        nginx = Nginx.before(gateway.sse());
        RUNNING.push(nginx);
    }

    @AfterAll
    static void stop() throws Exception {
        while (!RUNNING.isEmpty()) {
            RUNNING.pop().close();
        }
    }

    @TestFactory
    List<DynamicTest> eventStreamOfTheFleet() {
        return checks("/sse", "--transport", "sse");
    }

    @TestFactory
    List<DynamicTest> eventStreamOfOneServer() {
        return checks("/sse/sessions", "--transport", "sse");
    }

    @TestFactory
    List<DynamicTest> streamableHttp() {
        return checks("/mcp");
    }

    private static List<DynamicTest> checks(String path, String... options) {
        return TypeScriptClientsTest.run(nginx.uri(path).toString(), upstream, "client-v1.mjs", options);
    }
}
