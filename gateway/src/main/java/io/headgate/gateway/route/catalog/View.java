package io.headgate.gateway.route.catalog;

import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.Listing;
import io.headgate.mcp.RawJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the clients of one endpoint see: of the whole fleet, or of one server under its bare names. */
public final class View {
    private final String scope;
    private final List<ServerSnapshot> servers;
    private final Map<ItemKind, Items> items;
    private final Map<String, Namespace> prefixed = new HashMap<>();
    private final List<Namespace> unprefixed = new ArrayList<>();
    private final List<ShapedEntry> shapes = new ArrayList<>();

    private final Map<String, Namespace> interfaces = new HashMap<>();

    private record ShapedEntry(UriTemplate shape, Namespace namespace) {}

    View(String scope, List<ServerSnapshot> servers, Map<ItemKind, Items> items) {
        this.scope = scope;
        this.servers = servers;
        this.items = items;
        for (ServerSnapshot server : servers) {
            Namespace namespace = server.namespace();
            if (scope.isEmpty() && namespace.isPrefixed()) {
                prefixed.put(namespace.server(), namespace);
            } else {
                unprefixed.add(namespace);
            }
        }
        for (Entry template : items(ItemKind.TEMPLATE).inOrder()) {
            if (!template.owner().isRenamed()) {
                shapes.add(new ShapedEntry(
                        UriTemplate.of(template.key()), template.owner().namespace()));
            }
        }
        addInterfaces();
    }

    private void addInterfaces() {
        for (Entry tool : items(ItemKind.TOOL).inOrder()) {
            if (!tool.owner().isRenamed()) {
                for (String uri : UserInterface.uris(tool.json())) {
                    interfaces.putIfAbsent(uri, tool.owner().namespace());
                }
            }
        }
    }

    /** The server whose view this is, or the empty string for the fleet. */
    public String scope() {
        return scope;
    }

    public List<ServerSnapshot> servers() {
        return servers;
    }

    public Items items(ItemKind kind) {
        return items.getOrDefault(kind, Items.NONE);
    }

    /** Null if the server is not in this view. */
    @Nullable
    public Namespace namespace(String server) {
        for (ServerSnapshot snapshot : servers) {
            if (snapshot.namespace().server().equals(server)) {
                return snapshot.namespace();
            }
        }
        return null;
    }

    /** The namespace of a server whose URIs clients of this view write otherwise than it does; null for others. */
    @Nullable
    public Namespace renamed(String server) {
        return prefixed.get(server);
    }

    @Nullable
    Owner tool(String name) {
        return owner(ItemKind.TOOL, name);
    }

    @Nullable
    Owner prompt(String name) {
        return owner(ItemKind.PROMPT, name);
    }

    /**
     * Who serves a URI or a template: a prefixed server by the URI's own form, then whoever lists it, then the only server
     * that could, then whoever has a tool that it is the user interface of, then whoever has a template of its shape.
     */
    @Nullable
    public Owner resource(String uri) {
        String named = prefixed.isEmpty() ? null : Namespace.serverIn(uri);
        Namespace byName = named == null ? null : prefixed.get(named);
        if (byName != null) {
            return owner(byName, byName.bareUri(uri), /* isRenamed= */ true);
        }
        Owner listed = owner(ItemKind.RESOURCE, uri);
        if (listed == null) {
            listed = owner(ItemKind.TEMPLATE, uri);
        }
        if (listed != null) {
            return listed;
        }
        // With one server the question is not whose it is, and the server knows best what it has.
        if (unprefixed.size() == 1) {
            return owner(unprefixed.get(0), uri, /* isRenamed= */ false);
        }
        // Servers need not list the interfaces that their tools name.
        Namespace byTool = interfaces.get(uri);
        if (byTool != null) {
            return owner(byTool, uri, /* isRenamed= */ false);
        }
        for (ShapedEntry entry : shapes) {
            if (entry.shape().matches(uri)) {
                return owner(entry.namespace(), uri, /* isRenamed= */ false);
            }
        }
        return null;
    }

    /**
     * The servers that could have a tool, a prompt or a resource of this name although they have not listed it: the longest
     * prefix that fits owns a name, and a URI of a server with a prefix always has an owner.
     */
    public List<ServerSnapshot> candidates(ItemKind kind, String name) {
        List<ServerSnapshot> found = new ArrayList<>();
        int longest = 0;
        for (ServerSnapshot server : servers) {
            Namespace namespace = server.namespace();
            boolean isNamed = prefixed.containsKey(namespace.server());
            int length = isNamed ? namespace.prefix().length() : 0;
            boolean fits = !isNamed || (!kind.isUri() && name.startsWith(namespace.prefix()));
            if (fits && length >= longest) {
                if (length > longest) {
                    found.clear();
                    longest = length;
                }
                found.add(server);
            }
        }
        return found;
    }

    /** Why clients of one server are told that nothing is known of it; null for the fleet, which shows what there is. */
    @Nullable
    public Refusal whyNothingIsKnown() {
        return scope.isEmpty() ? null : servers.get(0).whyNothingIsKnown();
    }

    /** True if some server has the capability, or may have it because it was never heard; the gateway reads those lists. */
    public boolean mayOffer(String capability) {
        return !isComplete() || offers(capability, null);
    }

    /** True if some server has the capability, and sets the flag inside it if one is named. */
    public boolean offers(String capability, @Nullable String flag) {
        for (ServerSnapshot server : servers) {
            Offer offer = server.offer();
            if (offer != null && offers(offer.listing(), capability, flag)) {
                return true;
            }
        }
        return false;
    }

    /** False if a server is known not to tell of its resources' updates. */
    public boolean mayTellOfUpdates(String server) {
        for (ServerSnapshot snapshot : servers) {
            Offer offer = snapshot.offer();
            if (offer != null && snapshot.namespace().server().equals(server)) {
                return offers(offer.listing(), "resources", "subscribe");
            }
        }
        return true;
    }

    private static boolean offers(Listing listing, String capability, @Nullable String flag) {
        RawJson value = listing.capabilities().get(capability);
        if (value == null || value.isNull()) {
            return false;
        }
        RawJson inside = flag == null ? null : value.get(flag);
        return flag == null || (inside != null && inside.isTrue());
    }

    /** True if no server's offer is missing. */
    public boolean isComplete() {
        return servers.stream().allMatch(server -> server.offer() != null);
    }

    /** How long a list of this view may be kept: as long as the shortest of its parts; 0 if a part is old or missing. */
    public long ttlMillis(long nowMillis) {
        long shortest = servers.isEmpty() ? 0 : Long.MAX_VALUE;
        for (ServerSnapshot server : servers) {
            Offer offer = server.offer();
            boolean isKnown = offer != null && !server.isStale();
            shortest = Math.min(shortest, isKnown ? Math.max(0, server.freshUntilMillis() - nowMillis) : 0);
        }
        return shortest;
    }

    /** True if every part may be shown to everybody. */
    public boolean isPublic() {
        for (ServerSnapshot server : servers) {
            Offer offer = server.offer();
            if (offer == null || server.isStale() || !offer.listing().isPublic()) {
                return false;
            }
        }
        return !servers.isEmpty();
    }

    private @Nullable Owner owner(ItemKind kind, String key) {
        Entry entry = items(kind).get(key);
        return entry == null ? null : entry.owner();
    }

    private static Owner owner(Namespace namespace, String bareUri, boolean isRenamed) {
        return new Owner(namespace, new Target(namespace.server(), Target.Kind.RESOURCE, bareUri), isRenamed, false);
    }
}
