package io.headgate.gateway.interop;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The Java SDK's clients, of the older revisions and of 2026-07-28, against servers of both. */
// The peers are processes of other languages, which are slow where the machine is busy.
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class JavaSdkClientTest {
    private static final List<AutoCloseable> RUNNING = new ArrayList<>();
    private static final Map<Era, Front> GATEWAYS = new EnumMap<>(Era.class);

    @BeforeAll
    // The first run installs packages.
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void start() {
        for (Era era : Era.values()) {
            PeerProcess server = PeerProcess.node("server-v2.mjs", "--era", era.option());
            RUNNING.add(0, server);
            Upstream upstream = Upstream.of("fixture", Upstream.Wire.HTTP, era, server.uri("/mcp"));
            Front headgate = HeadgateFixture.before(era, upstream);
            RUNNING.add(0, headgate);
            GATEWAYS.put(era, headgate);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        for (AutoCloseable one : RUNNING) {
            one.close();
        }
    }

    @TestFactory
    Stream<DynamicTest> legacyClientAndLegacyServer() {
        return checks(TableClient.JAVA, TableServer.TYPESCRIPT_2);
    }

    @TestFactory
    Stream<DynamicTest> legacyClientAndModernServer() {
        return checks(TableClient.JAVA, TableServer.TYPESCRIPT_2_MODERN);
    }

    @TestFactory
    Stream<DynamicTest> modernClientAndLegacyServer() {
        return checks(TableClient.JAVA_MODERN, TableServer.TYPESCRIPT_2);
    }

    @TestFactory
    Stream<DynamicTest> modernClientAndModernServer() {
        return checks(TableClient.JAVA_MODERN, TableServer.TYPESCRIPT_2_MODERN);
    }

    private static Stream<DynamicTest> checks(TableClient client, TableServer server) {
        Era era = server.speaks() == TableServer.Speaks.OLDER ? Era.LEGACY : Era.MODERN;
        JavaChecks checks = new JavaChecks(
                client.era(), Objects.requireNonNull(GATEWAYS.get(era)).mcp());
        return InteropTable.possible(client, server)
                .filter(check -> !InteropTable.EXCEPTIONS.excuses(client, server, check))
                .map(check -> dynamicTest(check, () -> checks.check(check)));
    }
}
