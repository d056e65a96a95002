package io.headgate.gateway.config.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is kept beside the code is what the code says. */
class GeneratedTest {
    private static final Path DEPLOY = Path.of("../deploy");

    /** Set, the files are written anew instead of compared. */
    private static final boolean WRITE = Boolean.getBoolean("headgate.generate");

    @Test
    void keepsTheSchemaOfTheFile() throws IOException {
        keeps("headgate.schema.json", ConfigSchema.file());
    }

    @Test
    void keepsTheSchemaOfTheKeys() throws IOException {
        keeps("headgate-keys.schema.json", ConfigSchema.keysFile());
    }

    @Test
    void keepsThePageOfKeys() throws IOException {
        keeps("KEYS.md", KeyTable.markdown());
    }

    private static void keeps(String name, String generated) throws IOException {
        Path file = DEPLOY.resolve(name);
        if (WRITE) {
            Files.writeString(file, generated);
        }
        assertThat(Files.exists(file) ? Files.readString(file) : "")
                .as(
                        "deploy/%s differs from what the code says; write it anew with: mvn -o test -pl filters,gateway"
                                + " -Dtest=GeneratedTest -Dsurefire.failIfNoSpecifiedTests=false"
                                + " -Dheadgate.generate=true",
                        name)
                .isEqualTo(generated);
    }
}
