package io.headgate.gateway.route.catalog;

import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.gateway.upstream.Listing;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What one server offers, checked, and written out under its bare names and under those of the fleet. */
public final class Offer {
    private final Listing listing;
    private final Map<ItemKind, Items> bare = new EnumMap<>(ItemKind.class);
    private final Map<ItemKind, List<Entry>> renamed = new EnumMap<>(ItemKind.class);
    private final List<Dropped> dropped = new ArrayList<>();
    private final @Nullable Offer forSessions;

    private Offer(Listing listing, @Nullable Offer forSessions) {
        this.listing = listing;
        this.forSessions = forSessions;
    }

    /** Reads a listing; the fleet's namespaces tell whose names may not be imitated. */
    static Offer of(Namespace own, List<Namespace> fleet, Listing listing) {
        Listing others = listing.forSessions();
        Offer offer = new Offer(listing, others == null ? null : of(own, fleet, others));
        for (ItemKind kind : ItemKind.values()) {
            offer.read(kind, own, fleet);
        }
        return offer;
    }

    public Listing listing() {
        return listing;
    }

    /** What clients with a session are offered. */
    Offer forSessions() {
        Offer others = forSessions;
        return others == null ? this : others;
    }

    /** Under the names that the server gave. */
    Items bare(ItemKind kind) {
        return bare.getOrDefault(kind, Items.NONE);
    }

    /** Under the names that clients of the fleet know; may still collide with those of other servers. */
    List<Entry> renamed(ItemKind kind) {
        return renamed.getOrDefault(kind, List.of());
    }

    /** What is shown to no client of one kind or the other. */
    List<Dropped> dropped() {
        Offer others = forSessions;
        return others == null
                ? dropped
                : Stream.concat(dropped.stream(), others.dropped.stream())
                        .distinct()
                        .toList();
    }

    /** True if there is nothing that clients could see. */
    boolean isEmpty() {
        return bare.values().stream().allMatch(items -> items.size() == 0);
    }

    /** True if clients see the same list of this kind in both. */
    boolean isSame(@Nullable Offer other, ItemKind kind) {
        return isSame(other, this, kind) && isSame(other == null ? null : other.forSessions(), forSessions(), kind);
    }

    private static boolean isSame(@Nullable Offer old, Offer fresh, ItemKind kind) {
        List<Entry> before = old == null ? List.of() : old.bare(kind).inOrder();
        List<Entry> after = fresh.bare(kind).inOrder();
        if (before.size() != after.size()) {
            return false;
        }
        for (int i = 0; i < after.size(); i++) {
            if (!after.get(i).json().equals(before.get(i).json())) {
                return false;
            }
        }
        return true;
    }

    private void read(ItemKind kind, Namespace own, List<Namespace> fleet) {
        Items.Builder good = new Items.Builder();
        List<Entry> forFleet = new ArrayList<>();
        good.begin(own.server());
        for (RawJson item : kind.of(listing)) {
            String key = item.getString(kind.keyMember());
            String fault = ItemCheck.fault(kind, item, key);
            if (fault == null && key != null) {
                fault = needsTask(kind, item)
                        ? "task_required"
                        : forges(kind, key, own, fleet) || forgesInterface(kind, item, own, fleet)
                                ? "prefix_forgery"
                                : add(kind, own, key, item, good, forFleet) ? null : "duplicate";
            }
            if (fault != null) {
                dropped.add(Dropped.of(kind, key == null ? "" : key, fault));
            }
        }
        bare.put(kind, good.build());
        renamed.put(kind, List.copyOf(forFleet));
    }

    private static boolean add(
            ItemKind kind, Namespace own, String key, RawJson item, Items.Builder good, List<Entry> forFleet) {
        Target target = new Target(own.server(), targetKind(kind), key);
        List<HeaderParam> params = kind == ItemKind.TOOL ? HeaderParam.of(item) : List.of();
        boolean isWrapped = kind == ItemKind.TOOL && !OutputSchema.isOfObject(item);
        RawJson bareJson = kind == ItemKind.TOOL ? withoutExecution(item) : item;
        if (!good.add(entry(kind, new Owner(own, target, /* isRenamed= */ false, isWrapped), key, bareJson, params))) {
            return false;
        }
        String clientKey = kind.isUri() ? own.clientUri(key) : own.clientName(key);
        RawJson json = own.isPrefixed() ? rename(kind, own, bareJson, clientKey) : bareJson;
        forFleet.add(entry(kind, new Owner(own, target, own.isPrefixed(), isWrapped), clientKey, json, params));
        return true;
    }

    private static Entry entry(ItemKind kind, Owner owner, String key, RawJson json, List<HeaderParam> params) {
        RawJson text = kind == ItemKind.TOOL ? UserInterface.without(json) : json;
        ToolHints hints = kind == ItemKind.TOOL ? ToolHints.of(json) : ToolHints.NONE;
        return new Entry(owner, key, json, Entry.ofObject(owner, json), text, 0, params, hints);
    }

    /** How a tool works with the tasks of 2025-11-25, which the gateway carries for nobody. */
    private static RawJson withoutExecution(RawJson tool) {
        return tool.without("execution");
    }

    /** True if the server runs the tool as a task of 2025-11-25 only, so that no call through the gateway could succeed. */
    private boolean needsTask(ItemKind kind, RawJson item) {
        RawJson execution = kind == ItemKind.TOOL ? item.get("execution") : null;
        if (execution == null || !"required".equals(execution.getString("taskSupport"))) {
            return false;
        }
        RawJson tasks = listing.capabilities().get("tasks");
        RawJson requests = tasks == null ? null : tasks.get("requests");
        RawJson tools = requests == null ? null : requests.get("tools");
        return tools != null && tools.get("call") != null;
    }

    private static Target.Kind targetKind(ItemKind kind) {
        return switch (kind) {
            case TOOL -> Target.Kind.TOOL;
            case PROMPT -> Target.Kind.PROMPT;
            case RESOURCE, TEMPLATE -> Target.Kind.RESOURCE;
        };
    }

    private static RawJson rename(ItemKind kind, Namespace own, RawJson item, String clientKey) {
        Splice splice = new Splice(item);
        RawJson key = item.get(kind.keyMember());
        if (key != null) {
            splice.replace(key, JsonStrings.quote(clientKey));
        }
        if (kind == ItemKind.TOOL) {
            UserInterface.rename(own, item, splice);
        }
        return splice.toJson();
    }

    /** True if the tool would show another server's user interface for its own. */
    private static boolean forgesInterface(ItemKind kind, RawJson item, Namespace own, List<Namespace> fleet) {
        if (kind != ItemKind.TOOL || own.isPrefixed()) {
            return false;
        }
        return UserInterface.uris(item).stream().anyMatch(uri -> forges(ItemKind.RESOURCE, uri, own, fleet));
    }

    /**
     * True if clients could take the item for another server's. The longest prefix that fits owns a name, so that one
     * prefix may begin with another. A name that begins with a server's default prefix imitates it even behind a prefix
     * of its own, since models read names loosely.
     */
    private static boolean forges(ItemKind kind, String key, Namespace own, List<Namespace> fleet) {
        if (kind.isUri()) {
            String named = own.isPrefixed() ? null : Namespace.serverIn(key);
            return named != null
                    && fleet.stream()
                            .anyMatch(other ->
                                    other.isPrefixed() && other.server().equals(named));
        }
        String clientName = own.clientName(key);
        for (Namespace other : fleet) {
            String prefix = other.prefix();
            if (other.server().equals(own.server()) || prefix.isEmpty()) {
                continue;
            }
            boolean seemsOther = clientName.startsWith(prefix)
                    && prefix.length() > own.prefix().length();
            boolean namesOther = prefix.equals(other.server() + "__") && key.startsWith(prefix);
            if (seemsOther || namesOther) {
                return true;
            }
        }
        return false;
    }
}
