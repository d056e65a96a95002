package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example can be used as it stands. */
class ExamplesTest {
    private static final Path DIRECTORY = Path.of("../deploy/examples");

    /** Read with the example that names it. */
    private static final Path KEYS = Path.of("keys.yaml");

    @TempDir
    Path pem;

    @ParameterizedTest
    @MethodSource("examples")
    void isAccepted(Path example) throws Exception {
        Path certificate = pem.resolve("certificate.pem").toAbsolutePath();
        Path key = pem.resolve("key.pem").toAbsolutePath();
        Certificates.of("localhost").make().write(certificate, key);
        Map<String, String> environment = Map.of(
                "TLS_CERTIFICATE", certificate.toString(),
                "TLS_KEY", key.toString(),
                "HEADGATE_ADMIN_TOKEN", "0123456789abcdef");
        assertThat(ConfigFile.read(example, environment::get).servers()).isNotEmpty();
    }

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.walk(DIRECTORY)) {
            Path measured = Path.of("../benchmarks/full-chain.yaml");
            return Stream.concat(
                            files.filter(file -> file.toString().endsWith(".yaml"))
                                    .filter(file -> !file.endsWith(KEYS)),
                            Stream.of(measured))
                    .toList();
        }
    }

    @Test
    void namesEveryKeyInTheFullOne() throws IOException {
        String full = Files.readString(DIRECTORY.resolve("full.yaml"));
        assertThat(Stream.of(
                                Config.class,
                                AdminConfig.class,
                                Config.HttpConfig.class,
                                io.headgate.gateway.http.DoorLimits.class,
                                ServerEntry.class,
                                io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits.class,
                                io.headgate.gateway.session.SessionConfig.class,
                                Config.CatalogConfig.class,
                                io.headgate.filter.identity.IdentityConfig.class,
                                io.headgate.filter.ratelimit.RateLimitConfig.class,
                                io.headgate.filter.ratelimit.LimitConfig.class,
                                Config.ShutdownConfig.class)
                        .flatMap(type -> RecordBinder.names(type).stream())
                        .filter(key -> !List.of("servers", "notes", "digest").contains(key)))
                .allMatch(full::contains);
        String keys = Files.readString(DIRECTORY.resolve(KEYS));
        assertThat(RecordBinder.names(io.headgate.filter.identity.ApiKey.class)).allMatch(keys::contains);
    }
}
