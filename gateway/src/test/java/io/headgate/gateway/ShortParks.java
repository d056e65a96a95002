package io.headgate.gateway;

import java.util.List;
import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Lets timers be called off on an event loop: the scheduler's queue has a lock that is held for a moment.
 *
 * <p>Reactor allows it for its tasks that run once and has forgotten the periodic ones.
 */
public final class ShortParks implements BlockHoundIntegration {
    private static final List<String> PERIODIC = List.of(
            "reactor.core.scheduler.PeriodicSchedulerTask",
            "reactor.core.scheduler.PeriodicWorkerTask",
            "reactor.core.scheduler.InstantPeriodicWorkerTask");

    @Override
    public void applyTo(BlockHound.Builder builder) {
        PERIODIC.forEach(task -> builder.allowBlockingCallsInside(task, "dispose"));
    }
}
