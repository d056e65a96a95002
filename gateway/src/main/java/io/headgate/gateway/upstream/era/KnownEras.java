package io.headgate.gateway.upstream.era;

import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.UpstreamState.EraState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of both eras of a server at one moment, and what follows from it: the dialect for clients with a session
 * and the one for the others, each null while it is not known.
 *
 * <p>An era that the file forbids is not asked for. The same era at both ends comes first, because it loses nothing; the other one is for what cannot be had otherwise.
 */
record KnownEras(
        @Nullable Verdict modern,
        @Nullable Verdict legacy,
        boolean asksModern,
        boolean asksLegacy,
        @Nullable BackDialect forSessions,
        @Nullable BackDialect forOthers) {
    static final KnownEras NOTHING =
            new KnownEras(null, null, /* asksModern= */ true, /* asksLegacy= */ true, null, null);

    /**
     * What is known of one era.
     *
     * @param dialect how it is spoken, or null if it is not
     * @param isAnswered false if the server did not answer the question, so that it may speak the era all the same
     * @param since when this was found
     */
    record Verdict(Era era, @Nullable BackDialect dialect, boolean isAnswered, Instant since) {
        /** This again if it says the same, with its date. */
        Verdict or(@Nullable Verdict before) {
            return before != null && before.dialect == dialect && before.isAnswered == isAnswered ? before : this;
        }

        EraState state() {
            return dialect == null
                    ? new EraState(era, /* isSpoken= */ false, null, null, since)
                    : new EraState(era, /* isSpoken= */ true, dialect.version(), dialect.transport(), since);
        }
    }

    /** An era that the file forbids is never asked for, so the other one does not wait for it. */
    static KnownEras of(@Nullable Verdict modern, @Nullable Verdict legacy, boolean asksModern, boolean asksLegacy) {
        BackDialect newer = modern == null ? null : modern.dialect;
        BackDialect older = legacy == null ? null : legacy.dialect;
        boolean isNewerSettled = modern != null || !asksModern;
        boolean isOlderSettled = legacy != null || !asksLegacy;
        BackDialect forOthers = newer != null ? newer : isNewerSettled ? older : null;
        BackDialect forSessions = null;
        if (older != null && (newer == null || older.keepsSessions())) {
            forSessions = older;
        } else if (isOlderSettled) {
            forSessions = newer;
        }
        return new KnownEras(modern, legacy, asksModern, asksLegacy, forSessions, forOthers);
    }

    @Nullable
    BackDialect choice(boolean hasSession) {
        return hasSession ? forSessions : forOthers;
    }

    boolean speaks(Era era) {
        return era == Era.MODERN ? speaksModern() : speaksLegacy();
    }

    boolean speaksModern() {
        return modern != null && modern.dialect != null;
    }

    boolean speaksLegacy() {
        return legacy != null && legacy.dialect != null;
    }

    boolean isNothing() {
        return forSessions == null && forOthers == null;
    }

    /** True if the server was asked for each era, whatever it said. */
    boolean isSettled() {
        return (modern != null || !asksModern) && (legacy != null || !asksLegacy);
    }

    /** True if the server speaks each era that it is asked for. */
    boolean isComplete() {
        return (speaksModern() || !asksModern) && (speaksLegacy() || !asksLegacy);
    }

    /** True if an era was spoken before and is no more. */
    boolean hasLost(KnownEras before) {
        return (before.speaksModern() && !speaksModern()) || (before.speaksLegacy() && !speaksLegacy());
    }

    /** True if nothing is open: the server answered for each era that it was asked for. */
    boolean isAnswered() {
        return (modern == null || modern.isAnswered) && (legacy == null || legacy.isAnswered);
    }

    /** For people, the newer one first. */
    List<EraState> states() {
        List<EraState> states = new ArrayList<>(2);
        if (modern != null) {
            states.add(modern.state());
        }
        if (legacy != null) {
            states.add(legacy.state());
        }
        return states;
    }
}
