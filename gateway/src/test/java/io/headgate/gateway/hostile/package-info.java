/** Hostile inputs from a file, sent to a running gateway over real sockets, with the exact answer expected of it. */
@NullMarked
package io.headgate.gateway.hostile;

import org.jspecify.annotations.NullMarked;
