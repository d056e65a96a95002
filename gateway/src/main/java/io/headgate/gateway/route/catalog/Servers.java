package io.headgate.gateway.route.catalog;

import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.Upstream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The servers of one generation of the policy, in the order of its file, and what they offer at the moment. */
public final class Servers implements Resolver {
    /** None at all. */
    public static final Servers NONE = new Servers(List.of());

    private final Map<String, Refresher> byName = new LinkedHashMap<>();
    private volatile Catalog catalog;

    Servers(List<Refresher> refreshers) {
        for (Refresher refresher : refreshers) {
            String name = refresher.upstream().name();
            if (byName.put(name, refresher) != null) {
                throw new IllegalArgumentException("server: " + name + " (expected: only once)");
            }
        }
        catalog = new Catalog(snapshots());
    }

    @Override
    public Resolved resolve(Target target, boolean hasSession) {
        return Resolved.in(this, catalog.view(target.server(), hasSession), target);
    }

    /** The exchange with its route in what is known now, for what was unknown or wrong when it came. */
    public Exchange again(Exchange exchange) {
        return exchange.withRoute(resolve(exchange.target(), exchange.session() != null));
    }

    /** True if there is a server of this name, or if it is empty and means the fleet. */
    public boolean knows(String server) {
        return server.isEmpty() || byName.containsKey(server);
    }

    /** True once calls find what at least one server has: lists that were read count when they are in the catalogue. */
    public boolean knowsLists() {
        return catalog.knowsLists();
    }

    @Nullable
    public Upstream upstream(String server) {
        Refresher refresher = byName.get(server);
        return refresher == null ? null : refresher.upstream();
    }

    /** The upstreams that clients of an endpoint reach, in the order of the file. */
    public List<Upstream> upstreams(String scope) {
        List<Upstream> reached = new ArrayList<>();
        for (Refresher refresher : byName.values()) {
            if (scope.isEmpty() || refresher.upstream().name().equals(scope)) {
                reached.add(refresher.upstream());
            }
        }
        return reached;
    }

    /** The namespace of a server whose URIs clients of an endpoint write otherwise than it does; null for others. */
    @Nullable
    public Namespace namespace(String scope, String server) {
        View view = catalog.view(scope);
        return view == null ? null : view.renamed(server);
    }

    /** Takes what is known of each server by now. */
    void merge() {
        catalog = new Catalog(snapshots());
    }

    Catalog catalog() {
        return catalog;
    }

    List<Refresher> refreshers() {
        return List.copyOf(byName.values());
    }

    @Nullable
    Refresher refresher(String server) {
        return byName.get(server);
    }

    List<Namespace> namespaces() {
        return byName.values().stream().map(Refresher::namespace).toList();
    }

    private List<ServerSnapshot> snapshots() {
        return byName.values().stream().map(Refresher::snapshot).toList();
    }
}
