package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Every fsync fails as that of a broken disk does; takes strace, and a run for the record must have it. */
public final class FailingSyncs {
    private static final Path THREADS = Path.of("/proc/self/task");
    private static final String SYNCS = "fsync,fdatasync";

    /** Where the kernel says when a thread began, counted from the end of its name. */
    private static final int STARTED = 20;

    private final Process tracer;

    private FailingSyncs(Process tracer) {
        this.tracer = tracer;
    }

    /** Those of a process with all its threads. */
    public static FailingSyncs ofProcess(long pid) throws IOException {
        return of("-f", "-p", Long.toString(pid));
    }

    /** Those of one thread of this process: of all that have this name, the one that began last. */
    public static FailingSyncs ofNewestThread(String name) throws IOException {
        Path newest = threads(name).stream()
                .max(Comparator.comparingLong(FailingSyncs::started))
                .orElseThrow(() -> new IllegalStateException("no thread " + name));
        return of("-p", newest.getFileName().toString());
    }

    private static FailingSyncs of(String... whose) throws IOException {
        boolean isForTheRecord = System.getenv("CI") != null;
        boolean canTrace = canTrace();
        assertThat(canTrace || !isForTheRecord).as("CI has strace").isTrue();
        assumeTrue(canTrace, "not run: failing an fsync needs strace");
        Stream<String> command = Stream.concat(
                Stream.of("strace", "-qq", "-e", "trace=" + SYNCS, "-e", "inject=" + SYNCS + ":error=EIO"),
                Stream.of(whose));
        return new FailingSyncs(start(command.toArray(String[]::new)));
    }

    /** Lets it go on undisturbed. */
    public void end() {
        tracer.destroy();
        try {
            assertThat(tracer.waitFor(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static List<Path> threads(String name) throws IOException {
        try (Stream<Path> all = Files.list(THREADS)) {
            return all.filter(thread -> stat(thread).contains("(" + name + ")")).toList();
        }
    }

    private static long started(Path thread) {
        String stat = stat(thread);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).split(" ", -1);
        return fields.length > STARTED ? Long.parseLong(fields[STARTED]) : -1;
    }

    private static String stat(Path thread) {
        try {
            return Files.readString(thread.resolve("stat"));
        } catch (IOException ended) {
            return "";
        }
    }

    private static boolean canTrace() {
        try {
            return start("strace", "-V").waitFor() == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static Process start(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException(e);
    }
}
