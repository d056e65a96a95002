package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Every fsync of a process fails as that of a broken disk does; takes strace, and a run for the record must have it. */
final class FailingSyncs {
    private final Process tracer;

    private FailingSyncs(Process tracer) {
        this.tracer = tracer;
    }

    static FailingSyncs of(ChildJvm process) throws IOException {
        boolean isForTheRecord = System.getenv("CI") != null;
        boolean canTrace = canTrace();
        assertThat(canTrace || !isForTheRecord).as("CI has strace").isTrue();
        assumeTrue(canTrace, "not run: failing an fsync needs strace");
        return new FailingSyncs(start(
                "strace",
                "-f",
                "-qq",
                "-p",
                Long.toString(process.pid()),
                "-e",
                "trace=fsync,fdatasync",
                "-e",
                "inject=fsync,fdatasync:error=EIO"));
    }

    /** Lets the process go on undisturbed. */
    void end() {
        tracer.destroy();
        try {
            assertThat(tracer.waitFor(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw Await.interrupted(e);
        }
    }

    private static boolean canTrace() {
        try {
            return start("strace", "-V").waitFor() == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException e) {
            throw Await.interrupted(e);
        }
    }

    private static Process start(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
