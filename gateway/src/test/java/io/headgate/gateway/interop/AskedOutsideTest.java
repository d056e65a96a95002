package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.interop.Upstream.Wire;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** A server of the Python SDK, version 1, which asks on its session's stream and does not say for which call. */
@Tag("slow")
// The first run installs packages.
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class AskedOutsideTest {
    private static final String QUESTIONS = "roots,sampling,askedOutside";

    @Test
    void reachesTheClientOfTheNewerEraThatCalls() {
        answers(Era.MODERN, Python.MCP_2, "client_mcp2.py", "--era", "modern");
    }

    @Test
    void reachesTheClientWithASessionOfItsOwn() {
        answers(Era.LEGACY, Python.MCP_1, "client_mcp1.py");
    }

    private static void answers(Era era, Python sdk, String client, String... more) {
        try (PeerProcess server = PeerProcess.python(Python.MCP_1, "server_mcp1.py");
                Front headgate =
                        HeadgateFixture.before(era, Upstream.of("s", Wire.HTTP, Era.LEGACY, server.uri("/mcp")))) {
            String[] arguments = new String[more.length + 3];
            arguments[0] = headgate.mcp().toString();
            arguments[1] = "--only";
            arguments[2] = QUESTIONS;
            System.arraycopy(more, 0, arguments, 3, more.length);
            try (PeerProcess caller = PeerProcess.python(sdk, client, arguments)) {
                List<JsonNode> checks = caller.awaitEnd(Duration.ofMinutes(2));
                assertThat(checks).hasSize(QUESTIONS.split(",").length);
                assertThat(checks)
                        .allSatisfy(check -> assertThat(check.path("ok").asBoolean())
                                .as(check.toString())
                                .isTrue());
            }
        }
    }
}
