package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;
import static reactor.core.publisher.Sinks.EmitFailureHandler.FAIL_FAST;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.route.catalog.CatalogState;
import io.headgate.gateway.route.catalog.HeaderParam;
import io.headgate.gateway.route.catalog.ItemKind;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.Trouble;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class CatalogKeeperTest {
    private final Fleet fleet = new Fleet();

    @Test
    void aThousandListsAreOneListOfTheUpstream() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        Sinks.One<Listing> slow = Sinks.one();
        upstream.nextList = slow.asMono();
        fleet.start();
        List<String> seen = new ArrayList<>();
        Disposable.Composite waiting = Disposables.composite();
        for (int i = 0; i < 1_000; i++) {
            waiting.add(fleet.send(Methods.TOOLS_LIST, "{}")
                    .subscribe(answer -> seen.addAll(Fleet.keys(((JsonRpc.Success) answer).result(), ItemKind.TOOL))));
        }
        assertThat(seen).isEmpty();
        slow.emitValue(upstream.listing(), FAIL_FAST);
        assertThat(seen).hasSize(1_000).containsOnly("u1__echo");
        for (int i = 0; i < 1_000; i++) {
            fleet.tools();
        }
        assertThat(upstream.listCalls).hasValue(1);
    }

    @Test
    void readsToolsAgainOnceForAllWhoFoundThemWrong() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        upstream.tools.clear();
        upstream.tools.add("{\"name\":\"echo\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\":"
                + "{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}}");
        Exchange echo = fleet.keeper.again(Fleet.exchange("", Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}"));
        StepVerifier.create(Flux.merge(fleet.keeper.relearn(echo), fleet.keeper.relearn(echo))
                        .map(learnt -> ((Resolved) learnt.route()).headerParams()))
                .then(() -> assertThat(fleet.route(echo).headerParams()).isEmpty())
                .then(() -> fleet.pass(Duration.ofMillis(200)))
                .expectNext(List.of(new HeaderParam("Mcp-Param-A", List.of("a"))))
                .expectNext(List.of(new HeaderParam("Mcp-Param-A", List.of("a"))))
                .verifyComplete();
        assertThat(fleet.route(echo).headerParams())
                .extracting(HeaderParam::header)
                .containsExactly("Mcp-Param-A");
        assertThat(upstream.listCalls).hasValue(2);
        upstream.era = Era.LEGACY;
        StepVerifier.create(fleet.keeper.relearn(echo)).verifyError(Refusal.class);
    }

    @Test
    void aDeadServerHidesOnlyItsOwnAndAppearsWhenItComesUp() {
        FakeUpstream dead = fleet.add("u1").tool("late").dead();
        fleet.add("u2").tool("echo");
        fleet.start();
        RawJson list = fleet.ask(Methods.TOOLS_LIST, "{}");
        assertThat(Fleet.keys(list, ItemKind.TOOL)).containsExactly("u2__echo");
        assertThat(list.get("ttlMs")).hasToString("0");
        assertThat(list.get("cacheScope")).hasToString("\"private\"");
        dead.alive();
        fleet.pass(Duration.ofSeconds(2));
        assertThat(fleet.tools()).containsExactly("u1__late", "u2__echo");
    }

    @Test
    void aHangingServerDelaysTheFirstListsByTwoSecondsAtMost() {
        fleet.add("u1").tool("late").hanging();
        fleet.add("u2").tool("echo");
        fleet.start();
        StepVerifier.create(fleet.send(Methods.TOOLS_LIST, "{}"))
                .expectSubscription()
                .then(() -> assertThat(fleet.keeper.isSettled()).isFalse())
                .then(() -> fleet.pass(Duration.ofSeconds(2)))
                .assertNext(answer -> assertThat(Fleet.keys(((JsonRpc.Success) answer).result(), ItemKind.TOOL))
                        .containsExactly("u2__echo"))
                .expectComplete()
                .verify(Fleet.BOUND);
        assertThat(fleet.tools()).containsExactly("u2__echo");
    }

    @Test
    void aCallToAKnownToolDoesNotWaitForTheFirstRound() {
        fleet.add("u1").hanging();
        fleet.add("u2").tool("echo");
        fleet.start();
        fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"u2__echo\"}");
        assertThat(fleet.upstream("u2").calls).hasSize(1);
    }

    @Test
    void keepsTheLastListOfAServerThatWentDown() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        upstream.dead();
        fleet.pass(Duration.ofSeconds(31));
        RawJson list = fleet.ask(Methods.TOOLS_LIST, "{}");
        assertThat(Fleet.keys(list, ItemKind.TOOL)).containsExactly("u1__echo");
        assertThat(list.get("ttlMs")).hasToString("0");
        assertThat(list.get("cacheScope")).hasToString("\"private\"");
        CatalogState state = fleet.keeper.states().get(0);
        assertThat(state.isStale()).isTrue();
        assertThat(state.lastError()).extracting(Trouble::text).isEqualTo("connection refused");
        assertThat(state.pastError()).isNull();
        assertThat(state.tools()).isEqualTo(1);
        upstream.alive();
        fleet.pass(Duration.ofSeconds(61));
        CatalogState after = fleet.keeper.states().get(0);
        assertThat(after.isStale()).isFalse();
        assertThat(after.lastError()).isNull();
        assertThat(after.pastError()).isNotNull().extracting(Trouble::text).isEqualTo("connection refused");
        assertThat(fleet.ask(Methods.TOOLS_LIST, "{}").get("cacheScope")).hasToString("\"public\"");
    }

    @Test
    void retriesWithinASecondToAMinute() {
        FakeUpstream upstream = fleet.add("u1").dead();
        fleet.start();
        fleet.pass(Duration.ofMillis(999));
        assertThat(upstream.listCalls).hasValue(1);
        fleet.pass(Duration.ofMinutes(10));
        assertThat(upstream.listCalls.get()).isBetween(11, 100);
    }

    @Test
    void readsAgainShortlyBeforeTheTimeToLiveEnds() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        upstream.ttlMillis = 100_000;
        fleet.start();
        fleet.pass(Duration.ofMillis(89_999));
        assertThat(upstream.listCalls).hasValue(1);
        fleet.pass(Duration.ofMillis(10_001));
        assertThat(upstream.listCalls).hasValue(2);
    }

    @Test
    void readsALegacyServersListsOnceAMinute() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        upstream.ttlMillis = 0;
        fleet.start();
        fleet.pass(Duration.ofMillis(53_999));
        assertThat(upstream.listCalls).hasValue(1);
        fleet.pass(Duration.ofMillis(6_001));
        assertThat(upstream.listCalls).hasValue(2);
    }

    @Test
    void tellsListenersOfAChangeWithinThreeHundredMilliseconds() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
        List<String> heard = hear("");
        upstream.tool("second");
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofMillis(300));
        assertThat(heard).containsExactly(Methods.TOOLS_CHANGED);
        assertThat(fleet.tools()).containsExactly("u1__echo", "u1__second");
        fleet.pass(Duration.ofSeconds(20));
        assertThat(heard).hasSize(1);
    }

    @Test
    void tellsListenersOfASignalEvenIfTheListIsTheSame() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
        List<String> heard = hear("");
        upstream.signal(Methods.PROMPTS_CHANGED);
        fleet.pass(Duration.ofMillis(300));
        assertThat(heard).containsExactly(Methods.PROMPTS_CHANGED);
    }

    @Test
    void tellsListenersOfAChangeThatNobodySignalled() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
        List<String> heard = hear("");
        upstream.template("db://{x}");
        fleet.pass(Duration.ofSeconds(35));
        assertThat(heard).containsExactly(Methods.RESOURCES_CHANGED);
    }

    @Test
    void tellsListenersOfOneServerOnlyOfItsChanges() {
        FakeUpstream upstream = fleet.add("u1");
        fleet.add("u2");
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
        List<String> heardOfFirst = hear("u1");
        List<String> heardOfSecond = hear("u2");
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofMillis(300));
        assertThat(heardOfFirst).containsExactly(Methods.TOOLS_CHANGED);
        assertThat(heardOfSecond).isEmpty();
    }

    @Test
    void aServerThatSignalsWithoutEndIsAskedOnceInFiveSeconds() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        upstream.ttlMillis = 3_600_000;
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
        List<String> heard = hear("");
        for (int i = 0; i < 6_000; i++) {
            upstream.signal(Methods.TOOLS_CHANGED);
            fleet.pass(Duration.ofMillis(10));
        }
        // The first one, ten that were saved up, and one in each five seconds of the minute.
        assertThat(upstream.listCalls).hasValue(1 + 10 + 11);
        // Those that were saved up come in one second, and are told two at a time.
        assertThat(heard).hasSize(5 + 12);
        upstream.tool("last");
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofSeconds(6));
        assertThat(fleet.tools()).contains("u1__last");
    }

    @Test
    void aSignalDuringARefreshIsAnsweredByAnotherOne() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
        Sinks.One<Listing> slow = Sinks.one();
        Listing old = upstream.listing();
        upstream.nextList = slow.asMono();
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofMillis(100));
        upstream.tool("second").alive();
        upstream.signal(Methods.TOOLS_CHANGED);
        slow.emitValue(old, FAIL_FAST);
        assertThat(fleet.tools()).containsExactly("u1__echo");
        fleet.pass(Duration.ofMillis(600));
        assertThat(fleet.tools()).containsExactly("u1__echo", "u1__second");
    }

    @Test
    void aSignalOfAServerThatCannotBeReadIsOwedUntilItCan() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
        List<String> heard = hear("");
        upstream.dead().signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofMillis(500));
        assertThat(heard).isEmpty();
        upstream.alive();
        fleet.pass(Duration.ofSeconds(6));
        assertThat(heard).containsExactly(Methods.TOOLS_CHANGED);
    }

    /** A caller that asked while a list was being read made it the last one once. */
    @Test
    void goesOnReadingAfterItWasAskedInTheMiddle() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        fleet.pass(Duration.ofSeconds(1));
        Sinks.One<Listing> slow = Sinks.one();
        Listing old = upstream.listing();
        upstream.nextList = slow.asMono();
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofMillis(100));
        StepVerifier.create(fleet.keeper
                        .relearn(Fleet.exchange("", Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}"))
                        .then())
                .then(() -> fleet.pass(Duration.ofSeconds(1)))
                .then(() -> upstream.tool("second").alive())
                .then(() -> slow.emitValue(old, FAIL_FAST))
                .then(() -> fleet.pass(Duration.ofSeconds(1)))
                .verifyComplete();
        assertThat(fleet.tools()).containsExactly("u1__echo", "u1__second");
        int reads = upstream.listCalls.get();
        fleet.pass(Duration.ofMinutes(2));
        assertThat(upstream.listCalls.get()).isGreaterThan(reads + 2);
    }

    @Test
    void closingStopsAllRefreshes() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        fleet.keeper.close();
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofHours(1));
        assertThat(upstream.listCalls).hasValue(1);
        assertThat(upstream.changes.currentSubscriberCount()).isZero();
    }

    @Test
    void hearsChangesAgainAfterTheirStreamBroke() {
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        Sinks.Many<String> broken = upstream.changes;
        upstream.changes = Sinks.many().multicast().directBestEffort();
        broken.emitError(new IllegalStateException("broken"), FAIL_FAST);
        fleet.pass(Duration.ofSeconds(2));
        List<String> heard = hear("");
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofMillis(300));
        assertThat(heard).containsExactly(Methods.TOOLS_CHANGED);
    }

    private List<String> hear(String scope) {
        List<String> heard = new ArrayList<>();
        Disposable listening = fleet.keeper.changes().listen(scope, heard::addAll);
        assertThat(listening.isDisposed()).isFalse();
        return heard;
    }
}
