/** How 2026-07-28 is spoken to a server: each request complete in itself. */
@NullMarked
package io.headgate.gateway.upstream.modern;

import org.jspecify.annotations.NullMarked;
