package io.headgate.gateway.hostile;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Every case of the file, sent to a real gateway.
 *
 * <p>{@code -Dheadgate.hostile=FILE} reads another file of the same form, {@code -Dheadgate.hostile.tier=nightly} runs the
 * long cases together with the others, {@code -Dheadgate.hostile.only=REGEX} only the cases whose ids match;
 * {@code -Dheadgate.kills=1000} kills the gateway as often as the case of the long tier says.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileTest {
    private static final boolean WITH_NIGHTLY = "nightly".equals(System.getProperty("headgate.hostile.tier"));

    private final HostileFile file = HostileFile.load();
    private final HostileSuite suite = new HostileSuite(file, WaitingList.load(), RealGateway::start);

    @TestFactory
    Stream<DynamicContainer> everyCaseGetsTheAnswerItDeserves() {
        return suite.tests(file.layers(), hostile -> WITH_NIGHTLY || !hostile.isNightly());
    }

    @Tag("slow")
    @TestFactory
    Stream<DynamicContainer> everyNightlyCaseGetsTheAnswerItDeserves() {
        return suite.tests(file.layers(), HostileCase::isNightly);
    }

    @AfterAll
    void close() {
        suite.close();
    }
}
