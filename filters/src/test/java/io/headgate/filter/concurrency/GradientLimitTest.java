package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the limit comes to before simulated servers that get five times as many calls as they can do. */
class GradientLimitTest {
    private static final Bounds BOUNDS = new Bounds(1, 1000, 50);
    private static final int SEEDS = 5;
    private static final double WIDTH = 0.2;
    private static final double SWING = 0.3;

    /** Workers, and how long a call takes. */
    static Stream<Arguments> servers() {
        return Stream.of(1, 8, 64)
                .flatMap(workers -> Stream.of(
                        Arguments.of(workers, "fixed", (DoubleUnaryOperator) SimulatedServer::fixed),
                        Arguments.of(workers, "uniform", (DoubleUnaryOperator) SimulatedServer::uniform)));
    }

    @ParameterizedTest(name = "{0} workers, {1}")
    @MethodSource("servers")
    void settlesWithinTenSecondsAndStays(int workers, String name, DoubleUnaryOperator service) {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedServer server = server(workers, service, seed);
            server.run(10);
            assertNear(server, 20, workers);
        }
    }

    @ParameterizedTest(name = "{0} workers, {1}")
    @MethodSource("servers")
    void leavesNoWorkerIdle(int workers, String name, DoubleUnaryOperator service) {
        SimulatedServer server = server(workers, service, 1);
        server.run(10);
        long before = server.done;
        server.run(20);
        assertThat((server.done - before) / (20 * server.capacity())).isGreaterThan(0.93);
    }

    @ParameterizedTest(name = "{0} workers, {1}")
    @MethodSource("servers")
    void followsAStepInCapacityWithinThirtySeconds(int workers, String name, DoubleUnaryOperator service) {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedServer server = server(workers, service, seed);
            server.run(20);
            server.workers = workers == 8 ? 64 : 8;
            server.arrivalsPerSecond = 5 * server.capacity();
            server.run(30);
            assertNear(server, 10, server.workers);
        }
    }

    @ParameterizedTest(name = "{0} workers, {1}")
    @MethodSource("servers")
    void findsTheSameLimitWhenEveryCallTakesTenTimesAsLong(int workers, String name, DoubleUnaryOperator service) {
        SimulatedServer server = server(workers, service, 1);
        server.run(20);
        server.serviceNanos *= 10;
        server.arrivalsPerSecond /= 10;
        server.run(30);
        assertThat(averageOf(server, 20)).isCloseTo(workers, within(0.35 * workers));
    }

    /** A tenth of all such calls take more than twice the mean, so single windows say little. */
    @Test
    void staysNearOnAverageWhereCallsVaryMuch() {
        for (int workers : new int[] {8, 64}) {
            for (int seed = 0; seed < SEEDS; seed++) {
                SimulatedServer server = server(workers, SimulatedServer::exponential, seed);
                server.run(10);
                assertThat(averageOf(server, 30)).isCloseTo(workers, within(WIDTH * workers));
            }
        }
    }

    @Test
    void doesNotMoveWhileThereIsRoom() {
        SimulatedServer server = server(64, SimulatedServer::uniform, 1);
        server.arrivalsPerSecond = 0.2 * server.capacity();
        server.run(30);
        assertThat(server.limits()).containsOnly(50.0);
    }

    /** Nobody knows what a server can do that was never busy; but a few calls that queue there tell. */
    @Test
    void noticesSoonThatALimitThatWasNeverUsedUpIsFarTooHigh() {
        for (int seed = 0; seed < 4 * SEEDS; seed++) {
            SimulatedServer server =
                    new SimulatedServer(new GradientLimit(BOUNDS), 8, 20, SimulatedServer::uniform, seed);
            server.arrivalsPerSecond = 0.4 * server.capacity();
            server.run(20);
            server.arrivalsPerSecond = 5 * server.capacity();
            server.run(0.15);
            assertThat(server.limit().value()).isBetween(6.0, 12.0);
        }
    }

    /** What a call takes alone was never seen, and the guess is far beyond all that comes. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8, 64})
    void noticesSoonThatTooMuchComesFromTheBeginning(int workers) {
        for (int seed = 0; seed < 4 * SEEDS; seed++) {
            SimulatedServer server = new SimulatedServer(
                    new GradientLimit(new Bounds(1, 10_000, 1_600)), workers, 20, SimulatedServer::uniform, seed);
            server.arrivalsPerSecond = 3 * server.capacity();
            server.patienceNanos = 3e9;
            server.run(2);
            assertThat(server.limit().value()).isLessThan(2 * workers + 5);
            server.run(8);
            long before = server.done;
            assertThat(averageOf(server, 10)).isCloseTo(workers, within(WIDTH * workers + 0.1));
            assertThat((server.done - before) / (10 * server.capacity())).isGreaterThan(0.85);
        }
    }

    /** What looks like room may be a pause of a busy server, and each call of a crowd would double the limit then. */
    @Test
    void growsByWindowsAndNotWithEachCallWhereItWasProvenLately() {
        SimulatedServer server = server(8, SimulatedServer::uniform, 1);
        server.run(20);
        server.workers = 100_000;
        server.arrivalsPerSecond = 20_000;
        for (int i = 0; i < 50; i++) {
            server.run(0.1);
            assertThat(server.grow()).isFalse();
        }
        assertThat(server.limit().isProven()).isFalse();
        assertThat(server.limit().value()).isGreaterThan(100);
        server.run(11);
        assertThat(server.grow()).isTrue();
    }

    /** All calls are given up before the server gets to them, so that hardly one tells how long it takes. */
    @Test
    void findsItsWayOutOfALineThatNobodyLivesToSeeTheEndOf() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedServer server = new SimulatedServer(
                    new GradientLimit(new Bounds(1, 10_000, 1_600)), 1, 10, SimulatedServer::uniform, seed);
            server.arrivalsPerSecond = 0.5 * server.capacity();
            server.run(10);
            server.serviceNanos *= 100;
            server.run(20);
            server.serviceNanos /= 100;
            server.arrivalsPerSecond = 3 * server.capacity();
            server.patienceNanos = 3e9;
            server.run(30);
            long before = server.done;
            server.run(10);
            assertThat((server.done - before) / (10 * server.capacity())).isGreaterThan(0.9);
        }
    }

    @Test
    void keepsItsValueWhileOnlyMomentsUseItUp() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedServer server =
                    new SimulatedServer(new GradientLimit(BOUNDS), 8, 20, SimulatedServer::fixed, seed);
            server.run(10);
            server.arrivalsPerSecond = 0.6 * server.capacity();
            server.run(120);
            assertThat(server.limits()).allSatisfy(limit -> assertThat(limit).isGreaterThan(7));
        }
    }

    /** It takes long for each call, however many there are, so fewer of them would not help. */
    @Test
    void doesNotTakeAServerForAQueueThatIsSlowByItself() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedServer server =
                    new SimulatedServer(new GradientLimit(BOUNDS), 1000, 20, SimulatedServer::uniform, seed);
            server.arrivalsPerSecond = 200;
            server.run(10);
            server.serviceNanos *= 5;
            server.run(10);
            assertThat(server.limits()).containsOnly(50.0);
        }
    }

    @Test
    void ignoresWindowsOfFewSamples() {
        GradientLimit limit = new GradientLimit(BOUNDS);
        assertThat(limit.after(new Window(9, 1e9, 50, 50, 9, 1, 0, 0, 0, 0, 0)).value())
                .isEqualTo(50);
    }

    @Test
    void goesDownByDropsWithoutAnyLatency() {
        Limit limit = new GradientLimit(BOUNDS);
        for (int i = 0; i < 100; i++) {
            limit = limit.after(new Window(0, 0, 0, 50, 0, 0, 0, 0, 10, 0, 0));
        }
        assertThat(limit.value()).isEqualTo(BOUNDS.min());
    }

    @Test
    void growsWithStreamsUntilSomethingSaysThatItIsTooMuch() {
        Limit limit = new GradientLimit(BOUNDS);
        limit = limit.after(new Window(0, 0, 0, 57, 0, 0, 0, 10, 0, 0, 0));
        assertThat(limit.value()).isBetween(57.0, 58.0);
        assertThat(limit.after(new Window(0, 0, 0, 57, 0, 0, 0, 10, 0, 0, 0)).value())
                .isEqualTo(limit.value());
        assertThat(limit.after(new Window(0, 0, 0, 65, 0, 0, 0, 10, 1, 0, 0)).value())
                .isLessThan(limit.value());
    }

    @Test
    void givesUpAProbeThatNothingCanBeLearnedFrom() {
        Estimator estimator = new Estimator(new GradientLimit(BOUNDS), 0);
        long now = 0;
        while (!estimator.limit().isProbing()) {
            now += 10_000_000;
            int inFlight = estimator.limit().permits();
            var unused = estimator.sample(now, 1_000_000L * inFlight, inFlight);
        }
        for (int i = 0; i < 250; i++) {
            now += 10_000_000;
            var unused = estimator.stream(now, 7);
        }
        assertThat(estimator.limit().isProbing()).isFalse();
    }

    @Test
    void letsNoMoreThroughThanTheFileSays() {
        SimulatedServer server =
                new SimulatedServer(new GradientLimit(new Bounds(1, 16, 16)), 64, 10, SimulatedServer::fixed, 1);
        server.run(10);
        assertThat(server.limit().permits()).isLessThanOrEqualTo(16);
        assertThat(server.limit().value()).isGreaterThan(11);
    }

    private static SimulatedServer server(int workers, DoubleUnaryOperator service, int seed) {
        return new SimulatedServer(new GradientLimit(BOUNDS), workers, 10, service, seed);
    }

    private static void assertNear(SimulatedServer server, int seconds, int workers) {
        server.run(seconds);
        List<Double> limits = server.limits();
        double mean = average(limits);
        double low = limits.stream().mapToDouble(each -> each).min().orElse(0);
        double high = limits.stream().mapToDouble(each -> each).max().orElse(0);
        assertThat(mean).isCloseTo(workers, within(WIDTH * workers));
        assertThat(high - low).isLessThanOrEqualTo(SWING * mean);
    }

    private static double averageOf(SimulatedServer server, int seconds) {
        server.run(seconds);
        return average(server.limits());
    }

    private static double average(List<Double> limits) {
        return limits.stream().mapToDouble(each -> each).average().orElse(0);
    }
}
