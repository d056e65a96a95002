package io.headgate.gateway.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.telemetry.MeterNames;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
    private static final long MIB = 1024 * 1024;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final MemoryBudget budget = MemoryBudget.of(MemoryConfig.of(100 * MIB), meters);
    private final List<String> ended = new ArrayList<>();

    @Test
    void countsWhatIsHeldUntilItIsClosed() {
        Hold hold = budget.hold(Held.REQUEST, "anna", "crm", null);
        hold.set(3 * MIB);
        hold.add(MIB);
        assertThat(held()).isEqualTo(4 * MIB);
        hold.close();
        hold.close();
        hold.add(MIB);
        hold.set(9 * MIB);
        assertThat(held()).isZero();
    }

    @Test
    void takesNoNewWorkFrom85Percent() {
        Hold hold = budget.hold(Held.REQUEST, "anna", null, null);
        hold.set(84 * MIB);
        assertThat(budget.isScarce()).isFalse();
        hold.set(85 * MIB);
        assertThat(budget.isScarce()).isTrue();
        assertThat(budget.isSpent()).isFalse();
        hold.set(95 * MIB);
        assertThat(budget.isSpent()).isTrue();
        hold.close();
        assertThat(budget.isScarce()).isFalse();
    }

    @Test
    void leavesAnAccountAloneWhileThereIsEnough() {
        endable("anna", null, 60 * MIB);
        assertThat(ended).isEmpty();
    }

    @Test
    void endsTheLargestOfAnAccountBeyondItsShareAndNoMoreThanNeeded() {
        endable("anna", null, 10 * MIB);
        endable("anna", null, 30 * MIB);
        endable("anna", null, 20 * MIB);
        endable("ben", null, 9 * MIB);
        assertThat(ended).isEmpty();
        endable("ben", null, 2 * MIB);
        assertThat(ended).containsExactly("anna 30");
        assertThat(held()).isEqualTo(41 * MIB);
    }

    @Test
    void endsOfAServersAccountToo() {
        endable("anna", "crm", 20 * MIB);
        endable("ben", "crm", 19 * MIB);
        endable("cleo", "files", 20 * MIB);
        endable("dora", "files", 12 * MIB);
        assertThat(ended).containsExactly("anna 20");
    }

    @Test
    void sparesAccountsWithinTheirShareUntil95PercentAndThenTakesFromTheOneWithTheMost() {
        endable("anna", null, 24 * MIB);
        endable("ben", null, 23 * MIB);
        endable("cleo", null, 22 * MIB);
        endable("dora", null, 21 * MIB);
        assertThat(ended).isEmpty();
        endable("emil", null, 6 * MIB);
        assertThat(ended).containsExactly("anna 24");
    }

    @Test
    void makesRoomForNewWorkWhereTheMostIsHeld() {
        endable("anna", null, 24 * MIB);
        endable("ben", null, 23 * MIB);
        endable("cleo", null, 22 * MIB);
        assertThat(budget.takesNewWork()).isTrue();
        endable("dora", null, 17 * MIB);
        assertThat(ended).isEmpty();
        assertThat(budget.isScarce()).isTrue();
        assertThat(budget.takesNewWork()).isTrue();
        assertThat(ended).containsExactly("anna 24");
    }

    @Test
    void takesNoNewWorkThatNobodyCanMakeRoomFor() {
        endable("anna", null, 2 * MIB);
        budget.hold(Held.RESULT, "ben", null, null).set(86 * MIB);
        assertThat(budget.takesNewWork()).isFalse();
        assertThat(ended).containsExactly("anna 2");
    }

    @Test
    void endsAHoldOnceWhileItsEndIsUnderWay() {
        AtomicInteger ends = new AtomicInteger();
        Hold slow = budget.hold(Held.RESULT, "anna", null, ends::incrementAndGet);
        slow.set(80 * MIB);
        slow.add(MIB);
        slow.add(MIB);
        assertThat(ends).hasValue(1);
        slow.set(0);
        assertThat(held()).isZero();
        // It can be ended again.
        slow.set(80 * MIB);
        assertThat(ends).hasValue(2);
        assertThat(meters.counter(MeterNames.MEMORY_ENDED, "kind", "result").count())
                .isEqualTo(2);
    }

    @Test
    void movesToTheAccountOfACallerWhoIsKnownLater() {
        Hold hold = budget.hold(Held.REQUEST, "", null, null);
        hold.set(MIB);
        assertThat(shares()).containsExactly("caller (anonymous) 1");
        hold.of("anna");
        assertThat(shares()).containsExactly("caller anna 1");
        hold.close();
        assertThat(shares()).isEmpty();
    }

    @Test
    void showsThoseWithTheMostFirst() {
        for (int i = 1; i <= 9; i++) {
            budget.hold(Held.REPLAY, "c" + i, "s", null).set(i * MIB);
        }
        assertThat(shares()).containsExactly("server s 45", "caller c9 9", "caller c8 8", "caller c7 7", "caller c6 6");
        assertThat(budget.state().heldBytes()).isEqualTo(45 * MIB);
        assertThat(budget.state().budgetBytes()).isEqualTo(100 * MIB);
    }

    @Test
    void forgetsAccountsThatHoldNothing() {
        for (int i = 0; i < 1_000; i++) {
            Hold hold = budget.hold(Held.REQUEST, "c" + i, "s" + i, () -> {});
            hold.set(MIB);
            hold.of("d" + i);
            hold.close();
        }
        assertThat(shares()).isEmpty();
        assertThat(budget.caller("c1").users).isOne();
    }

    @Test
    void tellsOfSmallThingsNowAndThenAndLosesNone() {
        Tally tally = budget.tally();
        for (int i = 0; i < 100; i++) {
            tally.add(1_000);
            tally.add(-1_000);
        }
        assertThat(held()).isZero();
        for (int i = 0; i < 1_000; i++) {
            tally.add(1_000);
        }
        assertThat(held()).isBetween(1_000_000L - 65_536, 1_000_000L);
        for (int i = 0; i < 1_000; i++) {
            tally.add(-1_000);
        }
        assertThat(held()).isBetween(-65_536L, 65_536L);
    }

    @Test
    void losesNoByteBetweenThreads() throws InterruptedException {
        int threads = 4;
        CountDownLatch done = new CountDownLatch(threads);
        for (int i = 0; i < threads; i++) {
            String name = "c" + i % 2;
            new Thread(() -> {
                        for (int j = 0; j < 20_000; j++) {
                            Hold hold = budget.hold(Held.REQUEST, "", "s", null);
                            hold.set(10);
                            hold.of(name);
                            hold.add(j % 100);
                            hold.close();
                        }
                        done.countDown();
                    })
                    .start();
        }
        done.await();
        assertThat(held()).isZero();
        assertThat(shares()).isEmpty();
    }

    private void endable(String caller, @Nullable String server, long size) {
        Hold[] self = new Hold[1];
        Hold hold = budget.hold(Held.REQUEST, caller, server, () -> {
            ended.add(caller + " " + size / MIB);
            self[0].close();
        });
        self[0] = hold;
        hold.set(size);
    }

    private long held() {
        return budget.state().heldBytes();
    }

    private List<String> shares() {
        return budget.state().largest().stream()
                .map(share -> share.kind() + " " + share.name() + " " + share.bytes() / MIB)
                .toList();
    }
}
