package io.headgate.gateway.interop;

import java.net.URI;

/** A running gateway before its upstreams; in direct mode the only upstream itself. */
interface Front extends AutoCloseable {

    /** The endpoint for Streamable HTTP, of both eras. */
    URI mcp();

    /** Where a client of 2024-11-05 opens its event stream. */
    URI sse();

    /** Stops the gateway and waits for it; upstreams are not its own. */
    @Override
    void close();
}
