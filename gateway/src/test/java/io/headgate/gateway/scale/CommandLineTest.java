package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keeps the gateway from starting is one clear line and exit status 1. */
class CommandLineTest {
    private static final Duration END = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @Test
    void saysWhichPortIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            assertRefused(
                    1,
                    file(
                            "listen: " + address,
                            "admin: 127.0.0.1:0",
                            "mcpServers: {a: {url: \"http://127.0.0.1:9/mcp\"}}"),
                    address);
        }
    }

    @Test
    void saysWhichFileIsMissing() throws IOException {
        assertRefused(78, directory.resolve("nosuch.yaml"), "nosuch.yaml");
    }

    @Test
    void saysWhereAnUnknownKeyIsAndWhatItMeant() throws IOException {
        assertRefused(
                78,
                file("mcpServers: {a: {url: \"http://127.0.0.1:9/mcp\"}}", "listn: 127.0.0.1:0"),
                "headgate.yaml:2:1",
                "listn: unknown key",
                "'listen'");
    }

    private Path file(String... lines) throws IOException {
        return Files.write(directory.resolve("headgate.yaml"), List.of(lines));
    }

    private static void assertRefused(int status, Path file, String... said) {
        try (ChildJvm jvm = ChildJvm.start(List.of(), "run", "-c", file.toString())) {
            assertThat(jvm.exitCode(END)).isEqualTo(status);
            assertThat(jvm.errors().strip().lines()).hasSize(1);
            assertThat(jvm.errors()).contains(said);
            assertThat(jvm.output() + jvm.errors()).doesNotContain("\tat ").doesNotContain("Exception");
        }
    }
}
