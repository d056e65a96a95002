package io.headgate.filter.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What goes from a loop to the log and back; a turn of the loop is one task of a thread here. */
class LandingTest {
    private final FakeLog log = new FakeLog();
    private final Scheduler loop = Schedulers.newSingle("loop");
    private final Landing landing = new Landing(loop, log);

    @AfterEach
    void stop() {
        loop.dispose();
    }

    /** Runs a task as one turn, and waits for the end of the turns that it asked for. */
    private void turn(Runnable task) throws Exception {
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        loop.schedule(() -> {
            task.run();
            loop.schedule(() -> over.complete(true));
        });
        assertThat(over.get(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void takesAllOfATurnToTheLogAtItsEnd() throws Exception {
        List<Integer> within = new ArrayList<>();
        turn(() -> {
            for (int i = 0; i < 10; i++) {
                landing.depart();
                within.add(log.flushes());
            }
        });
        assertThat(within).containsOnly(0).hasSize(10);
        assertThat(log.flushes()).isEqualTo(1);
        turn(landing::depart);
        assertThat(log.flushes()).isEqualTo(2);
    }

    @Test
    void letsTheDiskWorkBeforeTheCallsGoOn() throws Exception {
        List<Integer> before = new ArrayList<>();
        turn(() -> {
            landing.land(() -> before.add(log.flushes()));
            landing.land(() -> before.add(log.flushes()));
            landing.depart();
        });
        assertThat(before).containsExactly(1, 1);
        assertThat(log.flushes()).isEqualTo(1);
    }

    @Test
    void tellsTheLogEvenWhenTheLoopHasEnded() {
        loop.dispose();
        landing.depart();
        assertThat(log.flushes()).isEqualTo(1);
    }
}
