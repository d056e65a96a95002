/** Connections to one server: per event loop a pool, HTTP/1.1 and HTTP/2, TLS, and when a lost server is back. */
@NullMarked
package io.headgate.gateway.upstream.net;

import org.jspecify.annotations.NullMarked;
