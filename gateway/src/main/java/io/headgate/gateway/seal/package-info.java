/** Texts that clients carry for the gateway: sealed, so that they can be brought back and not changed. */
@NullMarked
package io.headgate.gateway.seal;

import org.jspecify.annotations.NullMarked;
