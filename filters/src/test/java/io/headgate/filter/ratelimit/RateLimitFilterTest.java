package io.headgate.filter.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.local.LocalBucket;
import io.headgate.filter.Caller;
import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContract;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Routed;
import io.headgate.filter.Succession;
import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.mcp.JsonRpc;
import io.headgate.testkit.Await;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class RateLimitFilterTest extends FilterContract {
    private static final Caller ALICE = new Caller("alice", "acme");
    private static final Caller BOB = new Caller("bob", "acme");
    private static final Caller EVE = new Caller("eve", "other");

    /** The contract passes some thousands; what it must not take is what nobody asks for. */
    @Override
    protected Filter filter() {
        return filter(Limits.per(Per.Part.CALLER, "1/h", 4_100));
    }

    private RateLimitFilter filter(LimitConfig... limits) {
        return new RateLimitFilter(Limits.of(limits), context());
    }

    @Test
    void refusesBeyondTheBurstAndSaysHowLong() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.CALLER, "10/s", 3));
        for (int i = 0; i < 3; i++) {
            assertPasses(filter, exchange());
        }
        Refusal refusal = refusal(filter, exchange());
        assertThat(refusal.reason()).isEqualTo(Refusal.Reason.RATE_LIMITED);
        assertThat(refusal.text()).isEqualTo("too many requests (limit: caller)");
        assertThat(refusal.retryAfter()).isEqualTo(Duration.ofMillis(100));
        assertThat(refusal.getStackTrace()).isEmpty();
        timer.advanceBy(Duration.ofMillis(99));
        assertThat(refusal(filter, exchange()).retryAfter()).isEqualTo(Duration.ofMillis(1));
        timer.advanceBy(Duration.ofMillis(1));
        assertPasses(filter, exchange());
        assertRefused(filter, exchange());
        assertThat(meters.counter("headgate.rate.limited", "limit", "caller").count())
                .isEqualTo(3);
        assertThat(meters.counter("headgate.ratelimit.decisions", "source", "local")
                        .count())
                .isEqualTo(7);
    }

    @Test
    void keepsCallersApart() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.CALLER, "1/m", 1));
        assertPasses(filter, exchange().withCaller(ALICE));
        assertRefused(filter, exchange().withCaller(ALICE));
        assertPasses(filter, exchange().withCaller(BOB));
    }

    @Test
    void countsATenantTogether() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.TENANT, "1/m", 1));
        assertPasses(filter, exchange().withCaller(ALICE));
        assertRefused(filter, exchange().withCaller(BOB));
        assertPasses(filter, exchange().withCaller(EVE));
    }

    @Test
    void countsPairs() {
        RateLimitFilter filter = filter(Limits.per(List.of(Per.Part.CALLER, Per.Part.TOOL), "1/m", 1));
        assertPasses(filter, call("a").withCaller(ALICE));
        assertPasses(filter, call("b").withCaller(ALICE));
        assertPasses(filter, call("a").withCaller(BOB));
        assertRefused(filter, call("a").withCaller(ALICE));
    }

    @Test
    void countsAllTogether() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.ALL, "1/m", 1));
        assertPasses(filter, exchange().withCaller(ALICE));
        assertRefused(filter, list().withCaller(BOB));
    }

    @Test
    void countsAddresses() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.ADDRESS, "1/m", 1));
        assertPasses(filter, from("192.0.2.1"));
        assertRefused(filter, from("192.0.2.1"));
        assertPasses(filter, from("192.0.2.2"));
        assertPasses(filter, from("2001:db8::1"));
        assertRefused(filter, from("2001:db8::2"));
    }

    @Test
    void takesFromAllLimitsOrFromNone() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.CALLER, "1/h", 2), Limits.per(Per.Part.TOOL, "1/h", 1));
        assertPasses(filter, call("a").withCaller(ALICE));
        for (int i = 0; i < 10; i++) {
            assertThat(refusal(filter, call("a").withCaller(ALICE)).text()).contains("tool");
        }
        assertPasses(filter, call("b").withCaller(ALICE));
        assertThat(refusal(filter, call("c").withCaller(ALICE)).text()).contains("caller");
        // The refusals of the first limit took nothing from the second.
        assertPasses(filter, call("c").withCaller(BOB));
    }

    @Test
    void weighsTools() {
        LimitConfig limit = Limits.per(Per.Part.CALLER, "1/h", 10);
        RateLimitFilter filter = filter(Limits.on(limit, List.of(), Map.of("crm__export", 7, "free*", 0)));
        assertPasses(filter, call("crm__export"));
        assertThat(refusal(filter, call("crm__export")).retryAfter()).isEqualTo(Duration.ofHours(4));
        for (int i = 0; i < 3; i++) {
            assertPasses(filter, call("crm__read"));
        }
        assertRefused(filter, call("crm__read"));
        assertPasses(filter, call("free_tool"));
    }

    @Test
    void countsOnlyTheToolsThatItIsFor() {
        RateLimitFilter filter =
                filter(Limits.on(Limits.per(Per.Part.CALLER, "1/h", 1), List.of("crm__*", "x"), Map.of()));
        assertPasses(filter, call("crm__a"));
        assertRefused(filter, call("crm__b"));
        assertRefused(filter, call("x"));
        assertPasses(filter, call("weather"));
        assertPasses(filter, list());
    }

    @Test
    void knowsAToolBehindEachDoor() {
        // At the door of one server its tools have other names.
        LimitConfig limit = Limits.on(Limits.per(Per.Part.TOOL, "1/h", 1), List.of("crm__*"), Map.of());
        Filter filter = new Routed(
                exchange -> {
                    String name = exchange.target().name();
                    String tool = name.equals("unknown") ? "" : name.startsWith("crm__") ? name : "crm__" + name;
                    return new Route.Known("crm", tool, name, ToolHints.NONE, null);
                },
                new RateLimitFilter(Limits.of(limit), context()));
        assertPasses(filter, call("crm__export"));
        assertRefused(filter, call("export"));
        // It will not be called, so there is nothing to hold back.
        assertPasses(filter, call("unknown"));
    }

    @Test
    void keepsServersApart() {
        Filter filter = new Routed(
                exchange -> Route.Known.to(exchange.target().name().split("__", -1)[0]),
                new RateLimitFilter(Limits.of(Limits.per(Per.Part.UPSTREAM, "1/h", 1)), context()));
        assertPasses(filter, call("crm__a"));
        assertRefused(filter, call("crm__b"));
        assertPasses(filter, call("weather__a"));
        // A list of the whole fleet goes to no server in particular.
        assertPasses(filter, list());
        assertPasses(filter, list());
    }

    @Test
    void countsRequestsOfClientsOnly() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.ALL, "1/h", 1));
        assertPasses(filter, exchange());
        assertPasses(filter, Exchanges.notification("notifications/progress"));
        Exchange listen = Exchanges.request("subscriptions/listen", "{}");
        assertPasses(
                filter,
                new Exchange(listen.message(), listen.target(), listen.route(), ALICE, listen.client(), SESSION, NONE));
        assertRefused(filter, listen);
    }

    @Test
    void boundsItsKeys() {
        RateLimitFilter filter = new RateLimitFilter(
                RateLimitConfig.of(List.of(Limits.per(Per.Part.CALLER, "1/h", 1)), 1_000, null, null, null), context());
        Exchange exchange = exchange();
        for (int i = 0; i < 1_000_000; i++) {
            assertThat(filter.decide(exchange.withCaller(new Caller("caller " + i))))
                    .isNull();
        }
        assertThat(meters.get("headgate.ratelimit.keys").gauge().value()).isBetween(900.0, 1_000.0);
        assertThat(meters.counter("headgate.ratelimit.evictions", "limit", "caller")
                        .count())
                .isBetween(999_000.0, 999_100.0);
    }

    @Test
    void forgetsWhatIsFullAgain() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.CALLER, "10/s", 100));
        for (int i = 0; i < 100; i++) {
            assertPasses(filter, exchange().withCaller(new Caller("caller " + i)));
        }
        timer.advanceBy(Duration.ofSeconds(12));
        for (int i = 0; i < 100; i++) {
            assertPasses(filter, exchange().withCaller(ALICE));
        }
        assertThat(filter.state().toString()).contains("keys=1,");
        assertThat(meters.counter("headgate.ratelimit.evictions", "limit", "caller")
                        .count())
                .isZero();
    }

    @Test
    void showsItsState() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.CALLER, "1/m", 1));
        assertPasses(filter, exchange());
        assertRefused(filter, exchange());
        assertThat(filter.state())
                .isEqualTo(Map.of(
                        "limits",
                        List.of(Map.of(
                                "name", "caller", "per", "caller", "rate", "1/m", "burst", 1, "keys", 1L, "refused",
                                1L))));
    }

    @Test
    void aChangedLimitTakesTheLevelsOverInProportion() {
        RateLimitFilter former = filter(Limits.per(Per.Part.CALLER, "1/h", 10));
        take(former, 6, ALICE);
        take(former, 10, BOB);
        RateLimitFilter larger = replacing(former, () -> filter(Limits.per(Per.Part.CALLER, "2/h", 20)));
        // Of ten there were four left, so of twenty there are eight.
        take(larger, 8, ALICE);
        assertRefused(larger, exchange().withCaller(ALICE));
        assertRefused(larger, exchange().withCaller(BOB));
        take(larger, 20, EVE);
        RateLimitFilter smaller = replacing(larger, () -> filter(Limits.per(Per.Part.CALLER, "1/h", 5)));
        former.close();
        assertRefused(smaller, exchange().withCaller(ALICE));
        assertRefused(smaller, exchange().withCaller(EVE));
        take(smaller, 5, new Caller("new"));
        larger.close();
        assertThat(meters.get("headgate.ratelimit.keys").gauge().value()).isEqualTo(4);
    }

    @Test
    void noBucketFillsByChangesThatFollowOneAnother() {
        RateLimitFilter filter = filter(Limits.per(Per.Part.CALLER, "1/h", 100));
        take(filter, 100, ALICE);
        for (int i = 0; i < 100; i++) {
            int burst = 10 + i % 7 * 30;
            RateLimitFilter next = replacing(filter, () -> filter(Limits.per(Per.Part.CALLER, "1/h", burst)));
            assertRefused(next, exchange().withCaller(ALICE));
            filter.close();
            filter = next;
        }
    }

    @Test
    void aBucketThatNobodyAsksForFillsAtItsNewRate() {
        Buckets.Numbers slower = numbers(Duration.ofHours(1));
        Buckets buckets = new Buckets("caller", numbers(Duration.ofSeconds(1)), context());
        LocalBucket bucket = (LocalBucket) buckets.bucket("alice");
        assertThat(bucket.tryConsume(10)).isTrue();
        Succession<Buckets.Numbers>.Turn next = buckets.owners().next(slower);
        // In place, and so kept by the new numbers, when the last call of the former is done.
        assertThat(buckets.owners().first().end()).isFalse();
        Await.until("it has had its turn", () -> bucket.getConfiguration().equals(slower.configuration()));
        timer.advanceBy(Duration.ofMinutes(5));
        assertThat(buckets.bucket("alice").tryConsume(1)).isFalse();
        timer.advanceBy(Duration.ofMinutes(1));
        assertThat(buckets.bucket("alice").tryConsume(1)).isTrue();
        assertThat(next.end()).isTrue();
    }

    private static Buckets.Numbers numbers(Duration tenIn) {
        Bandwidth ten = Bandwidth.builder().capacity(10).refillGreedy(10, tenIn).build();
        return Buckets.Numbers.of(ten, 100, tenIn.plusSeconds(1));
    }

    @Test
    void aLimitForOtherKeysBeginsAnew() {
        RateLimitFilter former = filter(Limits.per(Per.Part.CALLER, "1/h", 1));
        take(former, 1, ALICE);
        LimitConfig byTenant = LimitConfig.of("caller", Per.of(Per.Part.TENANT), Rate.of("1/h"), 1, null, null);
        RateLimitFilter changed = replacing(former, () -> filter(byTenant));
        take(changed, 1, ALICE);
        assertRefused(changed, exchange().withCaller(BOB));
    }

    @Test
    void aChangeThatIsNeverUsedChangesNoBucket() {
        RateLimitFilter former = filter(Limits.per(Per.Part.CALLER, "1/h", 10));
        take(former, 5, ALICE);
        replacing(former, () -> filter(Limits.per(Per.Part.CALLER, "1/h", 2))).close();
        take(former, 5, ALICE);
        assertRefused(former, exchange().withCaller(ALICE));
    }

    @Test
    void fewerKeysAreKeptAfterAChangeThatAllowsFewer() {
        RateLimitFilter former = filter(Limits.per(Per.Part.CALLER, "1/h", 10));
        for (int i = 0; i < 1_000; i++) {
            take(former, 1, new Caller("c" + i));
        }
        RateLimitFilter changed = replacing(former, () -> keeping(100, Limits.per(Per.Part.CALLER, "1/h", 10)));
        AtomicInteger later = new AtomicInteger();
        // One key that comes while the others go may stay until the next call.
        Await.until("those that are too many are gone", () -> {
            take(changed, 1, new Caller("d" + later.getAndIncrement()));
            return meters.get("headgate.ratelimit.keys").gauge().value() <= 100;
        });
    }

    private RateLimitFilter keeping(int keys, LimitConfig limit) {
        return new RateLimitFilter(RateLimitConfig.of(List.of(limit), keys, null, null, null), context());
    }

    private void take(Filter filter, int calls, Caller caller) {
        for (int i = 0; i < calls; i++) {
            assertPasses(filter, exchange().withCaller(caller));
        }
    }

    private static Exchange call(String tool) {
        return Exchanges.request("tools/call", "{\"name\":\"" + tool + "\"}", Target.Kind.TOOL, tool);
    }

    private static Exchange list() {
        return Exchanges.request("tools/list", "{}");
    }

    private static Exchange from(String address) {
        Exchange call = call("a");
        return new Exchange(
                call.message(),
                call.target(),
                call.route(),
                ALICE,
                call.client(),
                null,
                ClientAddressTest.from(address));
    }

    private static void assertPasses(Filter filter, Exchange exchange) {
        assertThat(filter.filter(exchange, next -> Flux.just(Exchanges.success("done")))
                        .blockLast())
                .isInstanceOf(JsonRpc.Success.class);
    }

    private static void assertRefused(Filter filter, Exchange exchange) {
        assertThat(refusal(filter, exchange).reason()).isEqualTo(Refusal.Reason.RATE_LIMITED);
    }

    private static Refusal refusal(Filter filter, Exchange exchange) {
        Refusal[] refusal = new Refusal[1];
        var unused = filter.filter(exchange, next -> Flux.error(new AssertionError("it passed")))
                .subscribe(ignored -> {}, error -> refusal[0] = (Refusal) error);
        assertThat(refusal[0]).isNotNull();
        return refusal[0];
    }

    private static final RequestHeaders NONE = RequestHeaders.NONE;

    private static final ClientSession SESSION = new ClientSession() {
        @Override
        public String id() {
            return "s";
        }

        @Override
        public void onEnd(Runnable action) {}
    };
}
