package io.headgate.gateway.hostile;

import io.headgate.gateway.Gateway;
import io.headgate.gateway.config.ConfigFile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Every case of the file, sent to a real gateway.
 *
 * <p>{@code -Dheadgate.hostile=FILE} reads another file of the same form, {@code -Dheadgate.hostile.tier=nightly} runs
 * the long cases too, {@code -Dheadgate.hostile.upstreams=true} those of misbehaving upstreams;
 * {@code -Dheadgate.kills=20} kills the gateway fewer times than the case of the long tier says.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileTest {
    private final HostileSuite suite = new HostileSuite(HostileFile.load(), WaitingList.load(), HostileTest::start);

    @TestFactory
    Stream<DynamicContainer> everyCaseGetsTheAnswerItDeserves() {
        return suite.tests(HostileFile.LAYERS);
    }

    @TestFactory
    @EnabledIfSystemProperty(named = "headgate.hostile.upstreams", matches = "true")
    Stream<DynamicContainer> everyMisbehavingUpstreamIsContained() {
        return suite.tests(List.of("upstream"));
    }

    @AfterAll
    void close() {
        suite.close();
    }

    private static GatewayUnderTest start(String yaml, InstantSource clock) throws IOException {
        Path file = Files.createTempFile("hostile", ".yaml");
        try {
            Files.writeString(file, yaml);
            return new RealGateway(Gateway.start(ConfigFile.read(file), clock));
        } finally {
            Files.delete(file);
        }
    }

    /** The gateway itself, in this process. */
    private record RealGateway(Gateway gateway) implements GatewayUnderTest {
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
}
