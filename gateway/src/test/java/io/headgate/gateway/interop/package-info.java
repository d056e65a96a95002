/** Real clients, real servers and the conformance suite against the gateway. */
@NullMarked
package io.headgate.gateway.interop;

import org.jspecify.annotations.NullMarked;
