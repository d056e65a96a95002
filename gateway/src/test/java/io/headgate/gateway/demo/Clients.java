package io.headgate.gateway.demo;

import io.headgate.testkit.ModernClient;
import io.headgate.testkit.SessionClient;
import java.net.URI;

/** Clients of a demo server. */
final class Clients {
    private Clients() {}

    static ModernClient modern(DemoServer server) {
        return new ModernClient(URI.create(server.url()));
    }

    static SessionClient legacy(DemoServer server) {
        return SessionClient.open(URI.create(server.url()));
    }

    static SessionClient legacy(DemoServer server, String revision) {
        return SessionClient.open(URI.create(server.url()), revision, SessionClient.ALL);
    }
}
