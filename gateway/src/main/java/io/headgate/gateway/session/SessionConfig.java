package io.headgate.gateway.session;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How many sessions, streams and subscriptions there may be, and how long they live.
 *
 * @param perCaller sessions of one caller; null means 100 for callers that a filter identified, and no such limit for
 *     anonymous ones, who cannot be told apart
 * @param subscriptionsPerCaller the same for subscriptions, with 20
 * @param streams GET streams of one session
 * @param question how long a client may think about what a server asks in the middle of a call
 * @param replay how long the events of a broken stream are kept
 * @param replayBytes how much of each stream is kept
 */
public record SessionConfig(
        int max,
        @Nullable Integer perCaller,
        @Nullable Integer subscriptionsPerCaller,
        int streams,
        Duration idle,
        Duration absolute,
        Duration question,
        Duration replay,
        int replayBytes) {
    public static final SessionConfig DEFAULT = new SessionConfig(
            100_000,
            null,
            null,
            4,
            Duration.ofMinutes(30),
            Duration.ofHours(8),
            Duration.ofMinutes(10),
            Duration.ofSeconds(60),
            256 * 1024);

    public SessionConfig {
        positive("max", max);
        positive("streams", streams);
        positive("replayBytes", replayBytes);
        if (perCaller != null) {
            positive("perCaller", perCaller);
        }
        if (subscriptionsPerCaller != null) {
            positive("subscriptionsPerCaller", subscriptionsPerCaller);
        }
        positive("idle", idle);
        positive("absolute", absolute);
        positive("question", question);
        positive("replay", replay);
    }

    private static void positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }
}
