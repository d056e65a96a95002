package io.headgate.gateway.route.catalog;

import io.headgate.gateway.upstream.Upstream;

/**
 * A server whose lists are part of the catalogue.
 *
 * @param prefix what its names begin with for clients; empty passes names unchanged
 */
public record Source(Upstream upstream, String prefix) {}
