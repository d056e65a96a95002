package io.headgate.gateway.hostile;

import io.headgate.gateway.Gateway;
import io.headgate.gateway.config.ConfigFile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;

/** The gateway itself, in this process. */
record RealGateway(Gateway gateway) implements GatewayUnderTest {
    static GatewayUnderTest start(String yaml, InstantSource clock) throws IOException {
        Path file = Files.createTempFile("hostile", ".yaml");
        try {
            Files.writeString(file, yaml);
            return new RealGateway(Gateway.start(ConfigFile.read(file), clock));
        } finally {
            Files.delete(file);
        }
    }

    @Override
    public InetSocketAddress front() {
        return gateway.address();
    }

    @Override
    public InetSocketAddress admin() {
        return gateway.adminAddress();
    }

    @Override
    public void close() {
        gateway.close();
    }
}
