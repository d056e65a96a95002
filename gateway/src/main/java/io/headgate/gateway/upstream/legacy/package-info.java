/** How the revisions with sessions are spoken to a server, over Streamable HTTP and over HTTP+SSE. */
@NullMarked
package io.headgate.gateway.upstream.legacy;

import org.jspecify.annotations.NullMarked;
