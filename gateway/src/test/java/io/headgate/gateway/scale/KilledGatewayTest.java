package io.headgate.gateway.scale;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway that is killed at any moment under load has written down all that it did and all that it told.
 *
 * <p>{@code -Dheadgate.kills=200} kills it more often, {@code -Dheadgate.kills.seed=N} at the same moments again.
 */
@Tag("slow")
// -Dheadgate.kills asks for more kills, and more time.
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class KilledGatewayTest {
    private static final int KILLS = Integer.getInteger("headgate.kills", 10);
    private static final long SEED = Long.getLong("headgate.kills.seed", System.nanoTime());

    @TempDir
    Path directory;

    @Test
    void nothingDoneAndNothingToldIsMissing(TestReporter reporter) {
        // Said first, so that a failure can be had again.
        reporter.publishEntry("seed", Long.toString(SEED));
        reporter.publishEntry("killed " + KILLS + " times", new Kills(directory, KILLS, SEED).run());
    }
}
