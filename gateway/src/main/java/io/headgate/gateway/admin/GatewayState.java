package io.headgate.gateway.admin;

import io.headgate.gateway.policy.Chain;
import io.headgate.gateway.route.Dropped;
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
        List<Chain.FilterState> filters,
        int sessions,
        int connections,
        int subscriptions,
        List<Server> servers) {
    /**
     * One server behind the gateway.
     *
     * @param url without user, query and fragment, which may hold secrets
     * @param since when its era was found
     * @param waiting how many lost sessions and streams wait to be set up again
     */
    public record Server(
            String name,
            String url,
            String prefix,
            String era,
            @Nullable String transport,
            @Nullable String protocolVersion,
            @Nullable Instant since,
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
            int droppedCount,
            List<Dropped> dropped) {}
}
