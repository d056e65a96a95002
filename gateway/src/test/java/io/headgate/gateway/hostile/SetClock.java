package io.headgate.gateway.hostile;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** The wall clock of a gateway under test, which a case may set. */
final class SetClock implements InstantSource {
    private volatile Duration ahead = Duration.ZERO;
    private volatile @Nullable Instant stoppedAt;

    @Override
    public Instant instant() {
        Instant stopped = stoppedAt;
        return (stopped == null ? Instant.now() : stopped).plus(ahead);
    }

    /** As somebody does who sets the clock of the machine. */
    void jump(Duration by) {
        ahead = ahead.plus(by);
    }

    /** Stands still, so that what happens now happens within one minute, however long it takes. */
    void stop() {
        stoppedAt = Instant.now();
    }
}
