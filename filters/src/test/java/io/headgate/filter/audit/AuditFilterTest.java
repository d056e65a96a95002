package io.headgate.filter.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterContract;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.Route;
import io.headgate.filter.Routed;
import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.filter.Trail;
import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.AuditTrouble;
import io.headgate.filter.audit.log.Durability;
import io.headgate.mcp.JsonRpc;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import tools.jackson.databind.JsonNode;

class AuditFilterTest extends FilterContract {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final FakeLog log = new FakeLog();
    /** Those that a test has let go it has closed too. */
    private final Set<AuditFilter> made = Collections.newSetFromMap(new WeakHashMap<>());

    private final List<Exchange> passed = new ArrayList<>();

    @Override
    protected Filter filter() {
        return audit(Durability.STRICT);
    }

    @AfterEach
    void close() {
        made.forEach(AuditFilter::close);
    }

    @Test
    void aCallIsMadeWhenItsIntentIsDurable() {
        log.hold();
        StepVerifier.create(filter().filter(exchange(), answering(Exchanges.success("done"))))
                .then(() -> assertThat(passed).isEmpty())
                .then(() -> assertThat(log.types()).containsExactly("intent"))
                .then(() -> log.commit(null))
                .then(() -> assertThat(passed).hasSize(1))
                .then(() -> log.commit(null))
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(log.lines()).allSatisfy(line -> assertThat(line.durability()).isEqualTo(Durability.STRICT));
    }

    @Test
    void anAnswerIsGivenWhenItsOutcomeIsDurable() {
        log.hold();
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        List<JsonRpc> seen = new ArrayList<>();
        StepVerifier.create(filter().filter(exchange(), to(upstream.flux())).doOnNext(seen::add))
                .then(() -> log.commit(null))
                .then(() -> upstream.next(Exchanges.progress(1)))
                .expectNext(Exchanges.progress(1))
                .then(() -> upstream.next(Exchanges.success("done")))
                .then(upstream::complete)
                .then(() -> assertThat(seen).hasSize(1))
                .then(() -> assertThat(log.types()).containsExactly("intent", "outcome"))
                .then(() -> log.commit(null))
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void anAnswerThatIsDurableEndsWithItsUpstream() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        List<String> ends = new ArrayList<>();
        StepVerifier.create(filter().filter(exchange(), to(upstream.flux())).doOnComplete(() -> ends.add("end")))
                .then(() -> upstream.next(Exchanges.success("done")))
                .expectNextCount(1)
                .then(() -> assertThat(ends).isEmpty())
                .then(upstream::complete)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void aCallThatCannotBeWrittenDownIsNotMade() {
        log.hold();
        StepVerifier.create(filter().filter(exchange(), answering(Exchanges.success("done"))))
                .then(() -> log.commit(AuditTrouble.FULL))
                .expectErrorSatisfies(AuditFilterTest::assertRefused)
                .verify(PATIENCE);
        assertThat(passed).isEmpty();
        assertThat(meters.counter("headgate.audit.calls.refused").count()).isEqualTo(1);
    }

    @Test
    void aCallIsNotEvenTriedWhileTheLogAcceptsNothing() {
        log.accepting(false);
        StepVerifier.create(filter().filter(exchange(), answering(Exchanges.success("done"))))
                .expectErrorSatisfies(AuditFilterTest::assertRefused)
                .verify(PATIENCE);
        assertThat(passed).isEmpty();
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void whatWasDoneIsToldEvenIfItsOutcomeCannotBeWritten() {
        log.hold();
        StepVerifier.create(filter().filter(exchange(), answering(Exchanges.success("done"))))
                .then(() -> log.commit(null))
                .then(() -> log.commit(AuditTrouble.FAILED))
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(meters.counter("headgate.audit.lost").count()).isEqualTo(1);
    }

    @Test
    void aClientThatGoesAwayBeforeTheIntentIsDurableIsNeverHeardOfUpstream() {
        log.hold();
        StepVerifier.create(filter().filter(exchange(), answering(Exchanges.success("done"))))
                .then(() -> assertThat(log.types()).containsExactly("intent"))
                .thenCancel()
                .verify(PATIENCE);
        log.commit(null);

        assertThat(passed).isEmpty();
        assertThat(outcome().path("transport").stringValue()).isEqualTo("cancelled");
        assertThat(outcome().path("attempts").intValue()).isZero();
    }

    @Test
    void aClientThatGoesAwayBeforeATroubleLeavesNothingBehind() {
        log.hold();
        StepVerifier.create(filter().filter(exchange(), answering(Exchanges.success("done"))))
                .then(() -> assertThat(log.types()).containsExactly("intent"))
                .thenCancel()
                .verify(PATIENCE);
        log.commit(AuditTrouble.FAILED);

        assertThat(log.types()).containsExactly("intent");
    }

    @Test
    void aClientThatGoesAwayDuringTheCallIsWrittenDown() {
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        StepVerifier.create(filter().filter(exchange(), to(upstream.flux())))
                .then(() -> assertThat(log.types()).containsExactly("intent"))
                .thenCancel()
                .verify(PATIENCE);

        upstream.assertCancelled();
        assertThat(log.types()).containsExactly("intent", "outcome");
        assertThat(outcome().path("transport").stringValue()).isEqualTo("cancelled");
        assertThat(outcome().path("delivered").booleanValue()).isFalse();
    }

    @Test
    void aClientThatGoesAwayDuringTheOutcomeHearsNothing() {
        log.hold();
        StepVerifier.create(filter().filter(exchange(), answering(Exchanges.success("done"))))
                .then(() -> log.commit(null))
                .thenCancel()
                .verify(PATIENCE);
        log.commit(null);

        assertThat(log.types()).containsExactly("intent", "outcome");
    }

    @Test
    void whatNeverBecomesDurableHoldsTheCall() {
        log.hold();
        StepVerifier.create(filter().filter(exchange(), answering(Exchanges.success("done"))))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(50))
                .thenCancel()
                .verify(PATIENCE);
        assertThat(passed).isEmpty();
    }

    @Test
    void aRefusalIsADecision() {
        Refusal limited = new Refusal(Refusal.Reason.RATE_LIMITED, "slow down");
        StepVerifier.create(filter().filter(exchange(), to(Flux.error(limited))))
                .expectErrorMatches(error -> error == limited)
                .verify(PATIENCE);

        JsonNode decision = log.last().path("decision");
        assertThat(decision.path("allow").booleanValue()).isFalse();
        assertThat(decision.path("rules").path(0).stringValue()).isEqualTo("rate_limited");
        assertThat(outcome().path("transport").stringValue()).isEqualTo("refused");
    }

    @Test
    void aFailureOnTheWayIsNone() {
        Refusal lost = new Refusal(Refusal.Reason.UPSTREAM_AMBIGUOUS, "lost");
        StepVerifier.create(filter().filter(exchange(), next -> {
                    trail(next).attempted();
                    trail(next).attempted();
                    return Flux.error(lost);
                }))
                .expectErrorMatches(error -> error == lost)
                .verify(PATIENCE);

        assertThat(log.last().path("decision").path("allow").booleanValue()).isTrue();
        assertThat(outcome().path("transport").stringValue()).isEqualTo("upstream_ambiguous");
        assertThat(outcome().path("attempts").intValue()).isEqualTo(2);
    }

    @Test
    void theThreeOutcomesAreApart() {
        Filter filter = filter();
        ends(filter, Flux.just(JsonRpc.Success.of("{\"content\":[],\"isError\":true}")));
        assertThat(outcome().path("transport").stringValue()).isEqualTo("ok");
        assertThat(outcome().path("rpc_code").isNull()).isTrue();
        assertThat(outcome().path("tool_error").booleanValue()).isTrue();
        assertThat(outcome().path("bytes").intValue()).isEqualTo(29);
        assertThat(outcome().path("resp_sha256").stringValue()).matches("[0-9a-f]{64}");

        ends(filter, Flux.just(new JsonRpc.Failure(-32602, "no such thing", null)));
        assertThat(outcome().path("transport").stringValue()).isEqualTo("ok");
        assertThat(outcome().path("rpc_code").intValue()).isEqualTo(-32602);
        assertThat(outcome().path("tool_error").booleanValue()).isFalse();

        ends(filter, Flux.empty());
        assertThat(outcome().path("transport").stringValue()).isEqualTo("incomplete");
    }

    @Test
    void aDefectNamesItsTrace() {
        IllegalStateException defect = new IllegalStateException("a defect");
        StepVerifier.create(filter().filter(exchange(), next -> {
                    throw defect;
                }))
                .expectErrorMatches(error -> error == defect)
                .verify(PATIENCE);

        String trace = log.last().path("trace_id").stringValue();
        assertThat(defect.getSuppressed()).hasSize(1);
        assertThat(defect.getSuppressed()[0]).hasMessage("trace " + trace);
        assertThat(outcome().path("transport").stringValue()).isEqualTo("internal");
    }

    @Test
    void balancedWaitsForTheIntentOnly() {
        log.hold();
        StepVerifier.create(audit(Durability.BALANCED).filter(exchange(), answering(Exchanges.success("done"))))
                .then(() -> assertThat(passed).isEmpty())
                .then(() -> log.commit(null))
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(log.lines())
                .extracting(FakeLog.Line::durability)
                .containsExactly(Durability.STRICT, Durability.BALANCED);
    }

    @Test
    void asyncWaitsForNothing() {
        log.hold();
        StepVerifier.create(audit(Durability.ASYNC).filter(exchange(), answering(Exchanges.success("done"))))
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(log.lines())
                .extracting(FakeLog.Line::durability)
                .containsExactly(Durability.ASYNC, Durability.ASYNC);
    }

    @Test
    void otherRequestsAreKeptByRule() {
        AuditConfig config = new AuditConfig(
                Durability.STRICT, Map.of("prompts/get", Durability.ASYNC), Map.of(), AuditLogConfig.DEFAULT, null);
        Filter filter = audit(config);
        Flux<JsonRpc> answer = Flux.just(Exchanges.success("done"));

        Exchange list = Exchanges.request("tools/list", "{}");
        assertThat(filter.filter(list, to(answer))).isSameAs(answer);
        assertThat(filter.filter(Exchanges.notification("notifications/x"), to(answer)))
                .isSameAs(answer);

        Exchange prompt = Exchanges.request("prompts/get", "{\"name\":\"p\"}", Target.Kind.PROMPT, "p");
        log.accepting(false);
        StepVerifier.create(filter.filter(prompt, to(answer)))
                .expectNextCount(1)
                .verifyComplete();
        assertThat(log.lines()).isEmpty();
        assertThat(meters.counter("headgate.audit.lost").count()).isEqualTo(1);

        log.accepting(true);
        StepVerifier.create(filter.filter(prompt, to(answer)))
                .expectNextCount(1)
                .verifyComplete();
        assertThat(log.lines().get(0).json().path("mcp").path("prompt").stringValue())
                .isEqualTo("p");
    }

    @Test
    void valuesAreKeptByTheFirstPatternThatFits() {
        Map<String, List<String>> values = new LinkedHashMap<>();
        values.put("crm__delete_*", List.of());
        values.put("crm__*", List.of("city"));
        Filter filter = audit(new AuditConfig(Durability.STRICT, Map.of(), values, AuditLogConfig.DEFAULT, null));

        assertThat(cityOf("crm__find", filter).asString()).isEqualTo("Bern");
        assertThat(cityOf("crm__delete_all", filter).isObject()).isTrue();
        assertThat(cityOf("erp__find", filter).isObject()).isTrue();
        assertThatThrownBy(() -> new AuditConfig(
                        Durability.STRICT, Map.of(), Map.of(" ", List.of()), AuditLogConfig.DEFAULT, null))
                .hasMessageStartingWith("values: ' ' (expected: a name");
    }

    @Test
    void valuesAreKeptByTheFleetsNameOfATool() {
        FilterContext context = new FilterContext("filters[0]", meters, InstantSource.system(), timer, data);
        Map<String, List<String>> values = new LinkedHashMap<>();
        values.put("find", List.of("city"));
        values.put("erp__look", List.of("city"));
        AuditFilter filter = AuditFilter.open(
                new AuditConfig(Durability.STRICT, Map.of(), values, AuditLogConfig.DEFAULT, null), context, () -> log);
        made.add(filter);
        // At the door of one server its tools have the names that other servers' tools have for the fleet.
        Filter routed = new Routed(
                exchange -> {
                    String name = exchange.target().name();
                    return new Route.Known("erp", "erp__" + name, name, ToolHints.NONE, null);
                },
                filter);
        assertThat(cityOf("find", routed).isObject()).isTrue();
        assertThat(cityOf("look", routed).asString()).isEqualTo("Bern");
    }

    private JsonNode cityOf(String tool, Filter filter) {
        int before = log.lines().size();
        Exchange call = Exchanges.request(
                "tools/call", "{\"name\":\"" + tool + "\",\"arguments\":{\"city\":\"Bern\"}}", Target.Kind.TOOL, tool);
        StepVerifier.create(filter.filter(call, answering(Exchanges.success("done"))))
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
        return log.lines().get(before).json().path("args").path("redacted").path("city");
    }

    @Test
    void theCallIsToldItsTrace() {
        ends(filter(), Flux.just(Exchanges.success("done")));
        assertThat(trail(passed.get(0)).trace().traceId())
                .isEqualTo(log.lines().get(0).json().path("trace_id").stringValue())
                .isEqualTo(log.last().path("trace_id").stringValue());
        assertThat(log.lines().get(0).json().path("call_id"))
                .isEqualTo(log.last().path("call_id"));
    }

    @Test
    void closesItsLog() {
        audit(Durability.STRICT).close();
        assertThat(log.isClosed()).isTrue();
    }

    @Test
    void thoseThatFollowOneAnotherWriteIntoOneLog() {
        AuditFilter former = audit(Durability.STRICT);
        TestPublisher<JsonRpc> upstream = TestPublisher.create();
        List<JsonRpc> answer = new ArrayList<>();
        var unused = former.filter(exchange(), ignored -> upstream.flux()).subscribe(answer::add);
        AuditFilter next = replacing(former, () -> audit(Durability.BALANCED));
        StepVerifier.create(next.filter(exchange(), answering(Exchanges.success("done"))))
                .expectNextCount(1)
                .verifyComplete();
        upstream.next(Exchanges.success("late")).complete();
        assertThat(answer).hasSize(1);
        former.close();
        assertThat(log.isClosed()).isFalse();
        assertThat(log.types()).containsExactly("intent", "intent", "outcome", "outcome");
        assertThat(log.lines().get(3).durability()).isEqualTo(Durability.STRICT);
        next.close();
        assertThat(log.isClosed()).isTrue();
    }

    @Test
    void theLogIsKeptByTheSettingsOfTheFilterInPlace() {
        AuditFilter former = audit(Durability.STRICT);
        AuditLogConfig log = AuditLogConfig.of(null, 65_536L, null, null, null, null, null, null, null, null);
        AuditFilter unused = replacing(former, () -> audit(keptBy(log)));
        unused.close();
        assertThat(this.log.followed()).isEmpty();
        AuditFilter next = replacing(former, () -> audit(keptBy(log)));
        former.close();
        assertThat(this.log.followed()).containsExactly(log);
        next.close();
    }

    @Test
    void theFeedStaysWhileWhereItGoesDoes() {
        ExportConfig here = export("http://127.0.0.1:1/here");
        AuditFilter former = audit(exporting(Durability.STRICT, here));
        AuditFilter same =
                replacing(former, () -> audit(exporting(Durability.ASYNC, export("http://127.0.0.1:1/here"))));
        assertThat(same.export()).isNotNull().isSameAs(former.export());
        AuditFilter other =
                replacing(same, () -> audit(exporting(Durability.ASYNC, export("http://127.0.0.1:1/there"))));
        assertThat(other.export()).isNotNull().isNotSameAs(former.export());
        assertThat(replacing(other, () -> audit(Durability.ASYNC)).export()).isNull();
    }

    private static AuditConfig keptBy(AuditLogConfig log) {
        return new AuditConfig(Durability.STRICT, Map.of(), Map.of(), log, null);
    }

    private static AuditConfig exporting(Durability durability, ExportConfig export) {
        return new AuditConfig(durability, Map.of(), Map.of(), AuditLogConfig.DEFAULT, export);
    }

    private static ExportConfig export(String url) {
        return ExportConfig.of(URI.create(url), null, null, null, null, null, null);
    }

    private AuditFilter audit(Durability durability) {
        return audit(new AuditConfig(durability, Map.of(), Map.of(), AuditLogConfig.DEFAULT, null));
    }

    private AuditFilter audit(AuditConfig config) {
        AuditFilter filter = AuditFilter.open(config, context(), () -> log);
        made.add(filter);
        return filter;
    }

    private void ends(Filter filter, Flux<JsonRpc> answer) {
        StepVerifier.create(filter.filter(exchange(), to(answer)))
                .thenConsumeWhile(message -> true)
                .verifyComplete();
    }

    private Handler answering(JsonRpc response) {
        return to(Flux.just(response));
    }

    private Handler to(Flux<JsonRpc> answer) {
        return exchange -> {
            passed.add(exchange);
            return answer;
        };
    }

    private JsonNode outcome() {
        return log.last().path("outcome");
    }

    private static Trail trail(Exchange exchange) {
        return Objects.requireNonNull(exchange.trail());
    }

    private static void assertRefused(Throwable error) {
        assertThat(error).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.reason()).isEqualTo(Refusal.Reason.OVERLOADED);
            assertThat(refusal.retryAfter()).isNotNull();
        });
    }
}
