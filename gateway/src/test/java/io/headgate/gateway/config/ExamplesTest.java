package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.FilterType;
import io.headgate.gateway.policy.BuiltInFilters;
import io.headgate.testkit.Certificates;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
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

    /** Names a filter that is not in the gateway; OwnFilterTest uses it. */
    private static final Path OWN_FILTER = Path.of("own-filter/headgate.yaml");

    /** What a file has under other names, or not at all. */
    private static final List<String> NO_KEYS = List.of("servers", "filters", "notes", "filled", "digest");

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
                                    .filter(file -> !file.toString().contains("/target/"))
                                    .filter(file -> !file.endsWith(KEYS) && !file.endsWith(OWN_FILTER)),
                            Stream.of(measured))
                    .toList();
        }
    }

    @Test
    void showsEveryKeyInTheFullOne() throws IOException {
        ShownKeys keys = new ShownKeys(DIRECTORY.resolve("full.yaml"));
        for (RecordComponent key : Config.class.getRecordComponents()) {
            if (!NO_KEYS.contains(key.getName())) {
                keys.lookFor(key.getName(), key.getType());
            }
        }
        keys.lookForEach("mcpServers", ServerEntry.class);
        for (FilterType<?> filter : BuiltInFilters.ALL) {
            keys.lookForFilter(filter.name(), filter.configType());
        }
        assertThat(keys.missing()).isEmpty();
    }
}
