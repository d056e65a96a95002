package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.mcp.VisibleText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Any file is a configuration or is refused, soon, with problems that fit on a line of a terminal each. */
class ConfigFuzzTest {
    private static final long SOON_NANOS = 30_000_000_000L;
    private static final Map<String, String> ENVIRONMENT =
            Map.of("HOST", "127.0.0.1", "TOKEN", "s3cret-value", "EMPTY", "");

    @TempDir
    Path directory;

    @BeforeEach
    void writeWhatIsNamed() throws IOException {
        ConfigReading.write(directory, "token", "from-a-file\n");
        ConfigReading.write(directory, "mcp.json", "{\"servers\": {\"a\": {\"url\": \"http://127.0.0.1:9/\"}}}");
        ConfigReading.write(directory, "keys.yaml", "keys: []\n");
    }

    @FuzzTest
    void isReadOrRefused(byte[] input) throws IOException {
        Path file = Files.write(directory.resolve("headgate.yaml"), input);
        long begin = System.nanoTime();
        try {
            Config config = ConfigFile.read(file, ENVIRONMENT::get);
            assertThat(config.servers()).isNotEmpty();
            config.warnings()
                    .forEach(note ->
                            assertThat(VisibleText.hasHidden(note)).as(note).isFalse());
        } catch (ConfigRejected rejected) {
            assertThat(rejected.problems()).isNotEmpty();
            for (String problem : rejected.problems()) {
                assertThat(VisibleText.hasHidden(problem)).as(problem).isFalse();
                assertThat(problem).doesNotContain("s3cret-value").doesNotContain("from-a-file");
            }
        }
        assertThat(System.nanoTime() - begin).isLessThan(SOON_NANOS);
    }
}
