package io.headgate.gateway;

import java.util.List;
import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Lets an event loop wait for locks that are held for a moment.
 *
 * <p>The scheduler's queue has one when a timer is called off: Reactor allows it for its tasks that run once and has forgotten
 * the periodic ones. The pool of buffers has one when several threads find it too small at once: Netty allows those of its
 * older pool and has forgotten this one.
 */
public final class ShortParks implements BlockHoundIntegration {
    private static final List<String> PERIODIC = List.of(
            "reactor.core.scheduler.PeriodicSchedulerTask",
            "reactor.core.scheduler.PeriodicWorkerTask",
            "reactor.core.scheduler.InstantPeriodicWorkerTask");

    @Override
    public void applyTo(BlockHound.Builder builder) {
        PERIODIC.forEach(task -> builder.allowBlockingCallsInside(task, "dispose"));
        builder.allowBlockingCallsInside(
                "io.netty.buffer.AdaptivePoolingAllocator$MagazineGroup", "tryExpandMagazines");
    }
}
