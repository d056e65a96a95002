package io.headgate.gateway.route;

import io.headgate.filter.Target;

/**
 * Who serves one name or URI, and what it is called there.
 *
 * @param isRenamed true if clients of this view write the server's URIs otherwise than the server does
 */
record Owner(Namespace namespace, Target target, boolean isRenamed) {}
