package io.headgate.gateway;

import ch.qos.logback.classic.LoggerContext;
import org.slf4j.LoggerFactory;

/** What happens on SIGTERM and SIGINT: a stop, and an exit status that calls it one. */
final class Shutdown {
    private Shutdown() {}

    /** Stops what runs when the process is told to end, and ends it with 0. */
    static void onSignal(Runnable stop) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(stop), "headgate-stop"));
        keepAlive();
    }

    private static void stop(Runnable stop) {
        int status = 1;
        try {
            stop.run();
            status = 0;
        } finally {
            if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logs) {
                logs.stop();
            }
            // A hook cannot change the status of a signal (143, 130) in any other way.
            Runtime.getRuntime().halt(status);
        }
    }

    /** All event loops are daemons, so that a failed start ends by itself. */
    private static void keepAlive() {
        Thread waiting = new Thread(
                () -> {
                    try {
                        new java.util.concurrent.CountDownLatch(1).await();
                    } catch (InterruptedException ended) {
                        Thread.currentThread().interrupt();
                    }
                },
                "headgate-main");
        waiting.start();
    }
}
