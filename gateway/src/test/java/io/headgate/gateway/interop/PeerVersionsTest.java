package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The peers run with the SDKs that their files pin, not with what else is on the machine. */
@Tag("slow")
// The first run installs packages.
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class PeerVersionsTest {
    @ParameterizedTest
    @EnumSource
    void aPythonEnvironmentHasItsSdk(Python environment) {
        String sdk = environment == Python.FASTMCP ? "fastmcp" : "mcp";
        try (PeerProcess peer = PeerProcess.python(environment, "version.py", sdk)) {
            assertThat(told(peer)).isEqualTo(environment.version());
            assertThat(peer.outcome()).isEqualTo("exit status 0");
        }
    }

    @Test
    void theGoProgramsHaveTheirSdk() {
        try (PeerProcess peer = PeerProcess.go("versions")) {
            assertThat(told(peer)).isEqualTo(GoPeers.version());
            assertThat(peer.outcome()).isEqualTo("exit status 0");
        }
    }

    private static String told(PeerProcess peer) {
        return peer.await(Duration.ofMinutes(1), line -> line.has("version"))
                .get("version")
                .asString();
    }
}
