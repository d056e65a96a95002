package io.headgate.gateway.hostile;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The wall clock of a gateway under test, which a case may set. */
final class SetClock implements InstantSource {
    private volatile Duration ahead = Duration.ZERO;

    @Override
    public Instant instant() {
        return Instant.now().plus(ahead);
    }

    /** As somebody does who sets the clock of the machine. */
    void jump(Duration by) {
        ahead = ahead.plus(by);
    }
}
