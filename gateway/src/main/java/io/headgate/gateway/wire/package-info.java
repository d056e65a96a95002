/** What the heads of HTTP/1.1 messages must keep to on both sides of the gateway. */
@NullMarked
package io.headgate.gateway.wire;

import org.jspecify.annotations.NullMarked;
