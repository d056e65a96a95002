/**
 * A server behind the gateway as the rest of the house sees it, and what the rooms below share: {@code wire} for messages,
 * {@code net} for connections, {@code call} for a request and its answer, {@code modern} and {@code legacy} for the two
 * eras, and on top {@code era}, which finds out what a server speaks.
 */
@NullMarked
package io.headgate.gateway.upstream;

import org.jspecify.annotations.NullMarked;
