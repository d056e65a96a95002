package io.headgate.gateway.hostile;

import java.net.InetSocketAddress;
import java.time.InstantSource;

/** A running gateway, seen from outside. */
interface GatewayUnderTest extends AutoCloseable {
    /** Starts a gateway from the text of a configuration file, with a wall clock. */
    @FunctionalInterface
    interface Starter {
        GatewayUnderTest start(String yaml, InstantSource clock) throws Exception;
    }

    /** Where clients connect. */
    InetSocketAddress front();

    /** Where metrics are read. */
    InetSocketAddress admin();

    /** Stops it as SIGTERM does, and returns when it has stopped. */
    @Override
    void close();
}
