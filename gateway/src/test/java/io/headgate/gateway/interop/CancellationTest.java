package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A caller that gives up frees the server at the far end, in every pair of eras. */
// The peers are processes of other languages, which are slow where the machine is busy.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class CancellationTest {
    @BeforeAll
    // The first run installs packages.
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void install() {
        InteropTools.install();
    }

    @Test
    void reachesAServerWithAnEventStream() {
        try (PeerProcess server = PeerProcess.node("server-v1.mjs")) {
            reaches(server, Era.LEGACY, Upstream.of("slow", Upstream.Wire.SSE, Era.LEGACY, server.uri("/sse")));
        }
    }

    @ParameterizedTest
    @CsvSource({"MODERN, MODERN", "MODERN, LEGACY", "LEGACY, MODERN", "LEGACY, LEGACY"})
    void reachesTheServer(Era client, Era upstream) {
        try (PeerProcess server = PeerProcess.node("server-v2.mjs", "--era", upstream.option())) {
            reaches(server, client, Upstream.of("slow", Upstream.Wire.HTTP, upstream, server.uri("/mcp")));
        }
    }

    private static void reaches(PeerProcess server, Era client, Upstream upstream) {
        try (Front headgate = HeadgateFixture.before(client, upstream);
                PeerProcess caller = PeerProcess.node(
                        "client-v2.mjs", headgate.mcp().toString(), "--era", client.option(), "--only", "cancel")) {
            assertThat(caller.awaitEnd(Duration.ofSeconds(40)))
                    .singleElement()
                    .matches(line -> line.path("ok").asBoolean());

            assertThat(server.await(Duration.ofSeconds(10), line -> line.has("cancelled"))
                            .get("cancelled")
                            .asString())
                    .isEqualTo("sleep");
        }
    }
}
