/** Which eras a server speaks, and the upstream that speaks each exchange in the right one. */
@NullMarked
package io.headgate.gateway.upstream.era;

import org.jspecify.annotations.NullMarked;
