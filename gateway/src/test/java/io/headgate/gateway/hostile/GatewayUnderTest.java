package io.headgate.gateway.hostile;

import java.net.InetSocketAddress;

/** A running gateway, seen from outside. */
interface GatewayUnderTest extends AutoCloseable {
    /** Starts a gateway from the text of a configuration file. */
    @FunctionalInterface
    interface Starter {
        GatewayUnderTest start(String yaml) throws Exception;
    }

    /** Where clients connect. */
    InetSocketAddress front();

    /** Where metrics are read. */
    InetSocketAddress admin();

    /** Stops it as SIGTERM does, and returns when it has stopped. */
    @Override
    void close();
}
