package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A file system of its own that can be filled; mounting it takes root, and a run for the record must not go without. */
public final class SmallDisk implements AutoCloseable {
    private static final int BLOCK = 16 * 1024;

    private final Path directory;
    private final Path ballast;

    private SmallDisk(Path directory) {
        this.directory = directory;
        this.ballast = directory.resolve("ballast");
    }

    /** Mounts one of so many MiB at an empty directory, or aborts the test. */
    public static SmallDisk at(Path directory, int mebibytes) {
        boolean isMounted =
                run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", directory.toString()) == 0;
        boolean isForTheRecord = System.getenv("CI") != null;
        assertThat(isMounted || !isForTheRecord)
                .as("mount needs root, and CI has it")
                .isTrue();
        assumeTrue(isMounted, "not run: mounting a tmpfs needs root");
        return new SmallDisk(directory);
    }

    public Path directory() {
        return directory;
    }

    /** Leaves so many bytes; with 0, not one block. */
    public void fill(long left) throws IOException {
        byte[] block = new byte[BLOCK];
        try (var out = Files.newOutputStream(ballast)) {
            while (left == 0 || Files.getFileStore(directory).getUsableSpace() > left) {
                out.write(block);
            }
        } catch (IOException full) {
            if (!String.valueOf(full.getMessage()).contains("No space left")) {
                throw full;
            }
        }
    }

    /** Gives back what was taken. */
    public void free() throws IOException {
        Files.delete(ballast);
    }

    @Override
    public void close() {
        assertThat(run("umount", directory.toString())).isZero();
    }

    private static int run(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
