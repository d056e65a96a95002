/** A request to a server as the subscription of the caller that waits for its answer, in both eras alike. */
@NullMarked
package io.headgate.gateway.upstream.call;

import org.jspecify.annotations.NullMarked;
