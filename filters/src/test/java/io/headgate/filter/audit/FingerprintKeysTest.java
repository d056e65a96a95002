package io.headgate.filter.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintKeysTest {
    @TempDir
    private Path data = Path.of("target");

    private Path file = Path.of("target");
    private Instant now = Instant.parse("2026-11-30T23:59:59Z");
    private final InstantSource clock = () -> now;
    private final List<String> changed = new ArrayList<>();

    @BeforeEach
    void nameTheFile() {
        file = data.resolve("new").resolve("keys");
    }

    @Test
    void areMadeOnceAndReadableByTheirOwnerOnly() throws IOException {
        FingerprintKeys.Key first = new FingerprintKeys(file, clock, changed::add).current();
        FingerprintKeys.Key again = new FingerprintKeys(file, clock, changed::add).current();

        assertThat(first.id()).isEqualTo("2026-11");
        assertThat(again.bytes()).isEqualTo(first.bytes()).hasSize(32);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(first.toString()).isEqualTo("Key[2026-11]");
    }

    @Test
    void changeWithTheMonthWithoutAFileBeingRead() throws IOException {
        FingerprintKeys keys = new FingerprintKeys(file, clock, changed::add);
        FingerprintKeys.Key november = keys.current();
        Files.delete(file);
        now = Instant.parse("2026-12-01T00:00:00Z");
        FingerprintKeys.Key december = keys.current();

        assertThat(december.id()).isEqualTo("2026-12");
        assertThat(december.bytes()).isNotEqualTo(november.bytes());
        assertThat(changed).containsExactly("2026-12");
    }

    @Test
    void areMadeAMonthAhead() {
        FingerprintKeys keys = new FingerprintKeys(file, clock, changed::add);
        now = Instant.parse("2026-12-20T00:00:00Z");
        FingerprintKeys.Key december = keys.current();
        keys.prepare();
        assertThat(keys.current().bytes()).isEqualTo(december.bytes());
        now = Instant.parse("2027-01-01T00:00:01Z");
        assertThat(keys.current().id()).isEqualTo("2027-01");
        assertThat(changed).containsExactly("2026-12", "2027-01");
        assertThat(new FingerprintKeys(file, clock, changed::add).current().bytes())
                .isEqualTo(keys.current().bytes());
    }

    @Test
    void theLastOneGoesOnWhileTheNextCannotBeMade() {
        FingerprintKeys keys = new FingerprintKeys(file, clock, changed::add);
        now = Instant.parse("2027-05-01T00:00:00Z");
        assertThat(keys.current().id()).isEqualTo("2026-12");
        keys.prepare();
        assertThat(keys.current().id()).isEqualTo("2027-05");
        assertThat(changed).containsExactly("2026-12", "2027-05");
    }

    @Test
    void aDamagedFileIsRefusedAndNotReplaced() throws IOException {
        Files.createDirectories(data.resolve("new"));
        Files.writeString(file, "2026-11 beef\n");
        assertThatThrownBy(() -> new FingerprintKeys(file, clock, changed::add)).hasMessageContaining("audit keys");
        assertThat(file).hasContent("2026-11 beef");
    }
}
