package io.headgate.gateway.route.catalog;

import io.headgate.filter.Target;

/**
 * Who serves one name or URI, and what it is called there.
 *
 * @param isRenamed true if clients of this view write the server's URIs otherwise than the server does
 * @param isWrapped true if the structured content of this tool is no object, so that some clients get it inside of one
 */
public record Owner(Namespace namespace, Target target, boolean isRenamed, boolean isWrapped) {}
