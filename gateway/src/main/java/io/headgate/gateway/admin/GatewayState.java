package io.headgate.gateway.admin;

import io.headgate.gateway.generation.PolicyFile;
import io.headgate.gateway.memory.MemoryState;
import io.headgate.gateway.policy.Chain;
import io.headgate.gateway.route.catalog.Dropped;
import io.headgate.gateway.upstream.Trouble;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What people are shown of a running gateway; holds no secret. */
public record GatewayState(
        String version,
        Instant startedAt,
        long uptimeSeconds,
        String listen,
        boolean ready,
        Policy policy,
        List<Chain.FilterState> filters,
        int sessions,
        int connections,
        int subscriptions,
        MemoryState memory,
        List<Server> servers) {
    /**
     * Which version of the file is in force.
     *
     * @param generation counts the versions since the start
     * @param reason why it was put in force
     * @param alive the generations that are not over, the newest first
     * @param lastReload what came of reading the file the last time; null if the gateway follows no file
     */
    public record Policy(
            int generation,
            String digest,
            String reason,
            Instant since,
            List<Alive> alive,
            PolicyFile.@Nullable Outcome lastReload) {}

    /** A generation, and how many exchanges are on their way in it; streams that listen are not counted. */
    public record Alive(int generation, long inFlight) {}

    /**
     * One server behind the gateway.
     *
     * @param url without user, query and fragment, which may hold secrets
     * @param era the one in which the gateway reads its lists: the newest that it speaks
     * @param since when that era was found
     * @param eras each that it was asked for
     * @param healthy true if it answers and its lists could be read
     * @param waiting how many lost sessions and streams wait to be set up again
     * @param lastError what is wrong with it now, or null
     * @param pastError what was wrong with it last and is over, and when
     */
    public record Server(
            String name,
            String url,
            String prefix,
            String era,
            @Nullable String transport,
            @Nullable String protocolVersion,
            @Nullable Instant since,
            List<Era> eras,
            boolean healthy,
            int connections,
            int callsInFlight,
            int sessions,
            int waiting,
            int tools,
            int prompts,
            int resources,
            int resourceTemplates,
            @Nullable Instant lastRefresh,
            boolean stale,
            @Nullable String lastError,
            @Nullable Instant lastErrorAt,
            @Nullable Trouble pastError,
            int droppedCount,
            List<Dropped> dropped) {}

    /**
     * One era of a server.
     *
     * @param spoken false if the server does not speak it, or did not answer when it was asked
     * @param since when that was found
     */
    public record Era(
            String era,
            boolean spoken,
            @Nullable String protocolVersion,
            @Nullable String transport,
            Instant since) {}
}
