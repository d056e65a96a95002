package io.headgate.gateway.telemetry;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.internal.OutOfDirectMemoryError;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process after an error that may have left it half dead, so that whoever runs it starts another one.
 *
 * <p>It does what {@code -XX:+ExitOnOutOfMemoryError} does, which cannot be set from within the JVM. Nothing sees all
 * errors: threads that die tell their handler, event loops that die their future, and what catches an error in between
 * logs it. Until it is armed nothing happens, so that tests and tools go on.
 */
public final class Fatal {
    /** The exit status, the same as that of the JVM's own option. */
    public static final int STATUS = 3;

    private static final Logger LOG = LoggerFactory.getLogger(Fatal.class);
    private static final int DEEPEST_CAUSE = 8;

    // Made ahead, because there may be no memory for them when they are needed.
    private static final byte[] OUT_OF_MEMORY = line("out of memory");
    private static final FileOutputStream STANDARD_ERROR = new FileOutputStream(FileDescriptor.err);

    private static volatile boolean isArmed;

    private Fatal() {}

    /** From now on such an error ends the process. */
    public static void arm() {
        isArmed = true;
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            check(error);
            if (error instanceof Error) {
                end(line("the thread " + thread.getName() + " ended by " + error));
            } else {
                LOG.error("The thread {} ended", thread.getName(), error);
            }
        });
    }

    /** Ends the process if the heap was full; a buffer that could not be had outside of it fails one call only. */
    public static void check(@Nullable Throwable caught) {
        Throwable cause = caught;
        for (int i = 0; cause != null && i < DEEPEST_CAUSE && isArmed; i++) {
            if (cause instanceof OutOfMemoryError && !(cause instanceof OutOfDirectMemoryError)) {
                end(OUT_OF_MEMORY);
            }
            cause = cause.getCause();
        }
    }

    /** Ends the process if one of these loops ends before it is told to. */
    public static void watch(EventExecutorGroup loops, BooleanSupplier isStopping) {
        for (EventExecutor loop : loops) {
            loop.terminationFuture().addListener(ended -> {
                if (!isStopping.getAsBoolean()) {
                    end(line("an event loop ended"));
                }
            });
        }
    }

    private static void end(byte[] line) {
        if (isArmed) {
            try {
                STANDARD_ERROR.write(line);
            } catch (IOException unheard) {
                // The status says it, too.
            } finally {
                Runtime.getRuntime().halt(STATUS);
            }
        }
    }

    private static byte[] line(String what) {
        return ("headgate: " + what + "; the process ends, because parts of it may be dead\n")
                .getBytes(StandardCharsets.UTF_8);
    }
}
