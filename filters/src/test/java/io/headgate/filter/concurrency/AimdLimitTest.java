package io.headgate.filter.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the limit comes to before a server that throttles what it has no room for. */
class AimdLimitTest {
    private static final Bounds BOUNDS = new Bounds(1, 1000, 30);

    @ParameterizedTest
    @ValueSource(ints = {8, 64})
    void staysBelowWhatTheServerThrottles(int room) {
        SimulatedServer server = new SimulatedServer(new AimdLimit(BOUNDS), room, 10, SimulatedServer::uniform, 1);
        server.room = room;
        server.run(10);
        server.run(20);
        assertThat(server.limits()).allSatisfy(limit -> assertThat(limit).isBetween(0.8 * room, 1.2 * room));
    }

    @Test
    void growsOnlyWhileItIsUsed() {
        Limit limit = new AimdLimit(BOUNDS);
        assertThat(limit.after(new Window(10, 1, 5, 5, 0, 0, 0, 0, 0, 0, 0)).permits())
                .isEqualTo(30);
        assertThat(limit.after(new Window(10, 1, 30, 30, 0, 0, 0, 0, 0, 0, 0)).permits())
                .isEqualTo(31);
        assertThat(limit.after(new Window(10, 1, 30, 30, 0, 0, 0, 0, 1, 0, 0)).permits())
                .isEqualTo(27);
    }

    @Test
    void keepsToTheBounds() {
        Limit limit = new AimdLimit(new Bounds(4, 6, 5));
        for (int i = 0; i < 10; i++) {
            limit = limit.after(new Window(10, 1, 6, 6, 0, 0, 0, 0, 0, 0, 0));
        }
        assertThat(limit.permits()).isEqualTo(6);
        for (int i = 0; i < 10; i++) {
            limit = limit.after(new Window(10, 1, 6, 6, 0, 0, 0, 0, 1, 0, 0));
        }
        assertThat(limit.permits()).isEqualTo(4);
    }
}
