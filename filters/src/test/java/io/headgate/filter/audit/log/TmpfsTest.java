package io.headgate.filter.audit.log;

import static io.headgate.filter.audit.log.AuditLogFixture.append;
import static io.headgate.filter.audit.log.AuditLogFixture.calls;
import static io.headgate.filter.audit.log.AuditLogFixture.config;
import static io.headgate.filter.audit.log.AuditLogFixture.good;
import static io.headgate.filter.audit.log.AuditLogFixture.intent;
import static io.headgate.filter.audit.log.AuditLogFixture.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file system that really is full; mounting it takes root, and a run for the record must not go without. */
class TmpfsTest {
    @TempDir
    Path directory;

    @Test
    void refusesOnAFullFileSystemAndGoesOnWithinTwoSeconds() throws Exception {
        boolean isMounted = run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", directory.toString()) == 0;
        boolean isForTheRecord = System.getenv("CI") != null;
        assertThat(isMounted || !isForTheRecord)
                .as("mount needs root, and CI has it")
                .isTrue();
        assumeTrue(isMounted, "not run: mounting a tmpfs needs root");
        try {
            fillAndFree(directory.resolve("audit"));
        } finally {
            assertThat(run("umount", directory.toString())).isZero();
        }
    }

    private void fillAndFree(Path audit) throws IOException {
        Path ballast = directory.resolve("ballast");
        try (AuditLog log = open(audit, config(null, null), LogFiles.DISK)) {
            calls(log, 0, 50);
            fill(ballast);
            int written = 0;
            while (append(log, intent("full-" + written)) == null) {
                written++;
            }
            assertThat(log.accepts()).isFalse();
            assertThat(append(log, intent("later"))).isEqualTo(AuditTrouble.FULL);
            Files.delete(ballast);
            long freed = System.nanoTime();
            Await.until("the log accepts again", log::accepts);
            assertThat(System.nanoTime() - freed).isLessThan(TimeUnit.SECONDS.toNanos(2));
            calls(log, 50, 100);
        }
        assertThat(good(audit).isClosed()).isTrue();
    }

    private static void fill(Path file) throws IOException {
        byte[] block = new byte[16 * 1024];
        try (var out = Files.newOutputStream(file)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private static int run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
