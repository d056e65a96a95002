package io.headgate.gateway.demo;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The sessions of the legacy era: so many at most, and none that nobody uses. */
final class LegacySessions {
    private final Map<String, LegacySession> sessions = new ConcurrentHashMap<>();
    private final Changes changes;
    private final Signer seal;
    private final InstantSource clock;
    private final Duration idle;
    private final int max;

    LegacySessions(Changes changes, Signer seal, InstantSource clock, Duration idle, int max) {
        this.changes = changes;
        this.seal = seal;
        this.clock = clock;
        this.idle = idle;
        this.max = max;
    }

    LegacySession open(String version, JsonNode capabilities) {
        if (sessions.size() >= max) {
            expire();
        }
        if (sessions.size() >= max) {
            throw new RpcFailure(503, RpcFailure.LEGACY_TRANSPORT, "Too many sessions");
        }
        LegacySession session = new LegacySession(seal.token(), version, capabilities, changes);
        session.used(clock.millis());
        sessions.put(session.id(), session);
        return session;
    }

    @Nullable
    LegacySession find(String id) {
        LegacySession session = sessions.get(id);
        if (session != null) {
            session.used(clock.millis());
        }
        return session;
    }

    void close(LegacySession session) {
        sessions.remove(session.id());
        session.close();
    }

    void stopListening() {
        sessions.values().forEach(LegacySession::stopListening);
    }

    void closeAll() {
        new ArrayList<>(sessions.values()).forEach(this::close);
    }

    /** Closes the sessions that have been idle for too long. */
    void expire() {
        long since = clock.millis() - idle.toMillis();
        for (LegacySession session : sessions.values()) {
            if (session.idleSince(since)) {
                close(session);
            }
        }
    }

    int size() {
        return sessions.size();
    }
}
