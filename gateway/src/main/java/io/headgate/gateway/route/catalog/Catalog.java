package io.headgate.gateway.route.catalog;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Everything that clients can see at one moment, merged from all servers; never changes. */
public final class Catalog {
    private final View fleet;
    private final Map<String, View> byServer = new HashMap<>();
    private final Map<String, List<Dropped>> collisions = new HashMap<>();
    /** As clients with a session see it, if that is something else. */
    private final @Nullable Catalog forSessions;

    /** Merges what is known of each server, in the order of the file. */
    Catalog(List<ServerSnapshot> servers) {
        Map<ItemKind, Items> merged = new HashMap<>();
        for (ItemKind kind : ItemKind.values()) {
            merged.put(kind, merge(kind, servers));
        }
        forSessions = forSessions(servers);
        fleet = new View("", servers, merged);
        for (ServerSnapshot server : servers) {
            Map<ItemKind, Items> own = new HashMap<>();
            Offer offer = server.offer();
            for (ItemKind kind : ItemKind.values()) {
                own.put(kind, offer == null ? Items.NONE : offer.bare(kind));
            }
            byServer.put(
                    server.namespace().server(), new View(server.namespace().server(), List.of(server), own));
        }
    }

    /** What clients of one server see, or those of the fleet for the empty string; null if there is no such server. */
    @Nullable
    View view(String server) {
        return server.isEmpty() ? fleet : byServer.get(server);
    }

    /** The same for a client with or without a session: one with a session is offered what the servers show to such. */
    @Nullable
    View view(String server, boolean hasSession) {
        Catalog others = hasSession ? forSessions : null;
        return (others == null ? this : others).view(server);
    }

    /** True if at least one server's lists are known. */
    boolean knowsLists() {
        return fleet.servers().stream().anyMatch(server -> server.offer() != null);
    }

    /** What a server offers and the fleet does not show, because an earlier server has the name. */
    List<Dropped> collisions(String server) {
        return collisions.getOrDefault(server, List.of());
    }

    private static @Nullable Catalog forSessions(List<ServerSnapshot> servers) {
        List<ServerSnapshot> seen =
                servers.stream().map(ServerSnapshot::forSessions).toList();
        return seen.equals(servers) ? null : new Catalog(seen);
    }

    private Items merge(ItemKind kind, List<ServerSnapshot> servers) {
        Items.Builder all = new Items.Builder();
        for (ServerSnapshot server : servers) {
            String name = server.namespace().server();
            all.begin(name);
            Offer offer = server.offer();
            if (offer == null) {
                continue;
            }
            for (Entry entry : offer.renamed(kind)) {
                if (!all.add(entry)) {
                    collisions
                            .computeIfAbsent(name, key -> new ArrayList<>())
                            .add(Dropped.of(kind, entry.bareKey(), "collision"));
                }
            }
        }
        return all.build();
    }
}
