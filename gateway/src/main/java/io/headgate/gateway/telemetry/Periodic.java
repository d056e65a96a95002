package io.headgate.gateway.telemetry;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A task that runs again and again, however often it fails: without this its first exception ends it, and says nothing. */
public final class Periodic implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Periodic.class);

    private final Runnable task;

    public Periodic(Runnable task) {
        this.task = task;
    }

    @Override
    public void run() {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("A periodic task failed and is run again", e);
        } catch (Error e) {
            LOG.error("A periodic task ended", e);
            throw e;
        }
    }
}
