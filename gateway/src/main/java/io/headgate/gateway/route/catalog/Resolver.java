package io.headgate.gateway.route.catalog;

import io.headgate.filter.Target;

/** Finds the route of an exchange, once for each, in the catalogue of that moment. */
@FunctionalInterface
public interface Resolver {
    /**
     * Never fails: what is unknown has a route that says so, and it is the router that refuses it, behind the filters.
     *
     * @param hasSession true for clients of the older revisions, to which some servers show something else
     */
    Resolved resolve(Target target, boolean hasSession);
}
