package io.headgate.filter.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Events;
import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterContract;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Secrets;
import io.headgate.filter.Target;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class IdentityFilterTest extends FilterContract {
    private final List<String> told = new ArrayList<>();
    private final List<Caller> callers = new ArrayList<>();

    @Override
    protected Filter filter() {
        return new IdentityFilter(new IdentityConfig(Keys.ALICE_AND_BOB), told());
    }

    private FilterContext told() {
        FilterContext plain = context();
        Events events = new Events();
        events.listen(new Events.Listener() {
            @Override
            public void happened(String name, Map<String, String> facts) {}

            @Override
            public void refused(String name, @Nullable InetAddress from) {
                told.add(name + " " + (from == null ? "" : from.getHostAddress()));
            }
        });
        return new FilterContext(
                plain.place(),
                meters,
                plain.gauges(),
                plain.clock(),
                timer,
                data,
                events,
                plain.secrets(),
                plain.former());
    }

    @Override
    protected Exchange exchange() {
        return with("Authorization", "Bearer alice-1");
    }

    private static Exchange with(String... fields) {
        return with(new Fields(fields));
    }

    private static Exchange with(RequestHeaders headers) {
        Exchange call = Exchanges.toolCall();
        return new Exchange(
                call.message(), call.target(), call.route(), call.caller(), call.client(), call.session(), headers);
    }

    static Stream<Arguments> known() {
        return Stream.of(
                known("alice", "acme", "Authorization", "Bearer alice-1"),
                known("alice", "acme", "authorization", "bearer alice-2"),
                known("alice", "acme", "X-API-Key", "alice-1"),
                known("bob", "", "x-api-key", "bob-1"),
                known("bob", "", "Accept", "x", "AUTHORIZATION", "BEARER bob-1"));
    }

    private static Arguments known(String caller, String tenant, String... fields) {
        return Arguments.of(new Caller(caller, tenant), fields);
    }

    @ParameterizedTest
    @MethodSource("known")
    void tellsWhoCalls(Caller caller, String[] fields) {
        Filter filter = filter();
        assertThat(filter.refuses(new Head(new Fields(fields)))).isNull();
        StepVerifier.create(filter.filter(with(fields), exchange -> {
                    callers.add(exchange.caller());
                    return Flux.just(Exchanges.success("done"));
                }))
                .expectNextCount(1)
                .verifyComplete();
        assertThat(callers).containsExactly(caller);
        assertThat(told).isEmpty();
        assertThat(rejected("missing") + rejected("malformed") + rejected("unknown"))
                .isZero();
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("missing", new String[] {}),
                Arguments.of(
                        "missing", new String[] {"Cookie", "key=alice-1", "Proxy-Authorization", "Bearer alice-1"}),
                Arguments.of("unknown", new String[] {"Authorization", "Bearer alice-3"}),
                Arguments.of("unknown", new String[] {"Authorization", "Bearer ALICE-1"}),
                Arguments.of("unknown", new String[] {"X-API-Key", Keys.hash("alice-1")}),
                Arguments.of("unknown", new String[] {"X-API-Key", "x".repeat(512)}),
                Arguments.of("malformed", new String[] {"X-API-Key", "x".repeat(513)}),
                Arguments.of("malformed", new String[] {"X-API-Key", ""}),
                Arguments.of("malformed", new String[] {"X-API-Key", "Bearer alice-1"}),
                Arguments.of("malformed", new String[] {"X-API-Key", "alice-1\u00e9"}),
                Arguments.of("malformed", new String[] {"Authorization", ""}),
                Arguments.of("malformed", new String[] {"Authorization", "alice-1"}),
                Arguments.of("malformed", new String[] {"Authorization", "Bearer"}),
                Arguments.of("malformed", new String[] {"Authorization", "Bearer "}),
                Arguments.of("malformed", new String[] {"Authorization", "Bearer  alice-1"}),
                Arguments.of("malformed", new String[] {"Authorization", "Bearer alice-1 "}),
                Arguments.of("malformed", new String[] {"Authorization", "Bearer\talice-1"}),
                Arguments.of("malformed", new String[] {"Authorization", "Basic YWxpY2U6YWxpY2UtMQ=="}),
                Arguments.of("malformed", new String[] {"Authorization", "Bearer alice-1, Bearer bob-1"}),
                // Two of one kind, one of each, and the same one twice.
                Arguments.of("malformed", twice("Authorization", "Bearer alice-1", "Authorization", "Bearer bob-1")),
                Arguments.of("malformed", twice("X-API-Key", "alice-1", "X-API-Key", "alice-1")),
                Arguments.of("malformed", twice("Authorization", "Bearer alice-1", "X-API-Key", "bob-1")),
                Arguments.of("malformed", twice("Authorization", "Bearer alice-1", "X-API-Key", "alice-1")),
                // Nothing is tried after something that is wrong.
                Arguments.of("malformed", twice("Authorization", "Basic x", "X-API-Key", "alice-1")),
                Arguments.of("malformed", twice("Authorization", "Bearer wrong", "Authorization", "Bearer alice-1")));
    }

    private static String[] twice(String... fields) {
        return fields;
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesWhoeverShowsNoKnownKey(String reason, String[] fields) {
        Filter filter = filter();
        boolean isMissing = reason.equals("missing");
        Flux<?> answer = filter.filter(with(fields), exchange -> Flux.error(new AssertionError("let in")));
        assertThat(told).as("before subscription").isEmpty();
        StepVerifier.create(answer).verifyErrorSatisfies(error -> assertRefusal(error, isMissing));
        assertRefusal(filter.refuses(new Head(new Fields(fields))), isMissing);
        assertThat(told)
                .containsExactly(
                        "authn_token_rejected:" + reason + " 127.0.0.1",
                        "authn_token_rejected:" + reason + " 127.0.0.1");
        assertThat(rejected(reason)).isEqualTo(2);
        assertThat(rejected("missing") + rejected("malformed") + rejected("unknown"))
                .isEqualTo(2);
    }

    private static void assertRefusal(@Nullable Throwable error, boolean isMissing) {
        assertThat(error).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.reason())
                    .isEqualTo(isMissing ? Refusal.Reason.CREDENTIAL_MISSING : Refusal.Reason.CREDENTIAL_INVALID);
            assertThat(refusal.text())
                    .isEqualTo(
                            isMissing
                                    ? "a key is needed: Authorization: Bearer KEY, or X-API-Key: KEY"
                                    : "the key is not valid");
        });
    }

    @Test
    void aChangeGivesAnAddressNoNewTries() {
        Filter former = inOneMinute(/* replaced= */ null);
        Head wrong = new Head(new Fields("X-API-Key", "wrong"));
        for (int i = 0; i < WrongKeys.A_MINUTE; i++) {
            assertRefusal(former.refuses(wrong), /* isMissing= */ false);
        }
        Filter changed = inOneMinute(former);
        former.close();
        assertThat(changed.refuses(wrong))
                .isNotNull()
                .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.Reason.RATE_LIMITED));
    }

    private Filter inOneMinute(@Nullable Filter replaced) {
        FilterContext plain = new FilterContext(
                "", meters, () -> Instant.ofEpochMilli(600_000), timer, data, new Events(), new Secrets());
        return new IdentityFilter(new IdentityConfig(Keys.ALICE_AND_BOB), plain.at("filters[0]", replaced));
    }

    @Test
    void tellsAnAddressThatShowsManyWrongKeysToWaitAndStillTakesTheRightOne() {
        AtomicLong millis = new AtomicLong(600_000);
        FilterContext plain = told();
        Filter filter = new IdentityFilter(
                new IdentityConfig(Keys.ALICE_AND_BOB),
                new FilterContext(
                        plain.place(),
                        meters,
                        () -> Instant.ofEpochMilli(millis.get()),
                        timer,
                        data,
                        plain.events(),
                        plain.secrets()));
        Head wrong = new Head(new Fields("X-API-Key", "wrong"));
        for (int i = 0; i < WrongKeys.A_MINUTE; i++) {
            assertRefusal(filter.refuses(wrong), /* isMissing= */ false);
        }
        millis.addAndGet(59_000);
        for (int i = 0; i < 10; i++) {
            assertThat(filter.refuses(wrong)).isNotNull().satisfies(refusal -> {
                assertThat(refusal.reason()).isEqualTo(Refusal.Reason.RATE_LIMITED);
                assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(1));
            });
        }
        StepVerifier.create(filter.filter(
                        with("Authorization", "Basic x"), exchange -> Flux.error(new AssertionError("let in"))))
                .verifyErrorSatisfies(
                        error -> assertThat(((Refusal) error).reason()).isEqualTo(Refusal.Reason.RATE_LIMITED));
        // Who is behind the same address and has a key does not notice, and who shows none is told what to show.
        assertThat(filter.refuses(new Head(new Fields("X-API-Key", "alice-1")))).isNull();
        assertRefusal(filter.refuses(new Head(new Fields("Accept", "x"))), /* isMissing= */ true);
        assertThat(rejected("throttled")).isEqualTo(11);
        assertThat(told).filteredOn(each -> each.contains("unknown")).hasSize(WrongKeys.A_MINUTE);
        millis.addAndGet(1_000);
        assertRefusal(filter.refuses(wrong), /* isMissing= */ false);
    }

    @Test
    void countsANetworkOfIpv6AsOneAndOthersApart() throws UnknownHostException {
        WrongKeys keys = new WrongKeys(() -> Instant.ofEpochMilli(600_000));
        for (int i = 0; i < WrongKeys.A_MINUTE; i++) {
            assertThat(keys.count(InetAddress.getByName("2001:db8::" + Integer.toHexString(i))))
                    .isZero();
        }
        assertThat(keys.count(InetAddress.getByName("2001:db8::ffff"))).isEqualTo(60_000);
        assertThat(keys.count(InetAddress.getByName("2001:db8:0:1::1"))).isZero();
        assertThat(keys.count(InetAddress.getByName("192.0.2.1"))).isZero();
    }

    @Test
    void letsNobodyInWhenSomethingThrows() {
        RequestHeaders broken = new RequestHeaders() {
            @Override
            public @Nullable String get(String name) {
                throw new IllegalStateException("alice-1");
            }

            @Override
            public void forEach(BiConsumer<String, String> visitor) {
                throw new IllegalStateException("alice-1");
            }
        };
        Filter filter = filter();
        StepVerifier.create(filter.filter(with(broken), exchange -> Flux.error(new AssertionError("let in"))))
                .verifyErrorSatisfies(error -> assertRefusal(error, /* isMissing= */ false));
        assertRefusal(filter.refuses(new Head(broken)), /* isMissing= */ false);
        assertThat(rejected("unknown")).isEqualTo(2);
    }

    @Test
    void identifiesWhatIsNoRequestToo() {
        Exchange note = Exchanges.notification("notifications/roots/list_changed");
        StepVerifier.create(filter().filter(note, exchange -> Flux.error(new AssertionError("let in"))))
                .verifyErrorSatisfies(error -> assertRefusal(error, /* isMissing= */ true));
    }

    @Test
    void believesNoEarlierCaller() {
        Exchange claimed = Exchanges.toolCall().withCaller(new Caller("bob"));
        StepVerifier.create(filter().filter(claimed, exchange -> Flux.error(new AssertionError("let in"))))
                .verifyErrorSatisfies(error -> assertRefusal(error, /* isMissing= */ true));
    }

    @Test
    void showsHowManyThereAre() {
        assertThat(filter().state()).isEqualTo(Map.of("callers", 2, "keys", 3));
    }

    private double rejected(String reason) {
        return meters.counter("headgate.auth.rejected", "reason", reason).count();
    }

    private record Head(RequestHeaders headers) implements RequestHead {
        @Override
        public Route route() {
            return Route.NONE;
        }

        @Override
        public String method() {
            return "";
        }

        @Override
        public Target target() {
            return new Target("");
        }
    }

    /** Fields in their order: name, value, name, value. */
    private static final class Fields implements RequestHeaders {
        private final String[] fields;

        Fields(String... fields) {
            this.fields = fields;
        }

        @Override
        public @Nullable String get(String name) {
            List<String> all = all(name);
            return all.isEmpty() ? null : all.get(0);
        }

        @Override
        public void forEach(BiConsumer<String, String> visitor) {
            for (int i = 0; i < fields.length; i += 2) {
                visitor.accept(fields[i], fields[i + 1]);
            }
        }

        @Override
        public InetAddress peer() {
            return InetAddress.getLoopbackAddress();
        }
    }
}
