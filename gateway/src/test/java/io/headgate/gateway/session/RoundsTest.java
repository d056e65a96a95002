package io.headgate.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.headgate.mcp.RpcCodes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

class RoundsTest {
    private static final Duration BOUND = Duration.ofSeconds(5);
    private static final String ALL =
            "{\"elicitation\":{\"form\":{},\"url\":{}},\"sampling\":{},\"roots\":{\"listChanged\":true}}";
    private static final String NAME = "\"n\":{\"method\":\"elicitation/create\",\"params\":{\"message\":\"Name?\"}}";
    private static final String ROOTS = "\"r\":{\"method\":\"roots/list\"}";
    private static final String CALL = "{\"name\":\"ask\",\"arguments\":{\"x\":1}}";

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Deque<Flux<JsonRpc>> replies = new ArrayDeque<>();
    private final List<String> seen = new ArrayList<>();
    private final List<JsonRpc.Question> questions = new ArrayList<>();
    private final Map<String, JsonRpc> results = new HashMap<>();
    private final AtomicInteger relearned = new AtomicInteger();

    private final Handler rounds = new Rounds(
                    exchange -> Mono.fromCallable(() -> {
                        relearned.incrementAndGet();
                        return exchange;
                    }),
                    SessionConfig.DEFAULT,
                    meters,
                    time)
            .before(exchange -> {
                seen.add(String.valueOf(exchange.message().envelope().params()));
                return replies.remove();
            });

    @Test
    void passesWhatAsksForNothing() {
        then(done("a"));
        StepVerifier.create(rounds.handle(call(ALL))).expectNext(done("a")).verifyComplete();
        assertThat(seen).containsExactly(CALL);
    }

    @Test
    void leavesAClientThatIsAskedByResultAlone() {
        JsonRpc asking = asks("{" + NAME + "}", "s");
        then(asking);
        StepVerifier.create(rounds.handle(exchange("2026-07-28", Methods.TOOLS_CALL, ALL)))
                .expectNext(asking)
                .verifyComplete();
    }

    @Test
    void asksSeveralThingsAndSendsTheCallAgainWithTheAnswers() {
        then(asks("{" + NAME + "," + ROOTS + "}", "s1"));
        then(done("hello"));
        StepVerifier.create(rounds.handle(call(ALL)))
                .assertNext(
                        message -> assertThat(asked(message)).isEqualTo("elicitation/create {\"message\":\"Name?\"}"))
                .assertNext(message -> assertThat(asked(message)).isEqualTo("roots/list null"))
                .then(() -> answer(1, "{\"roots\":[]}"))
                .then(() -> assertThat(seen).hasSize(1))
                .then(() -> answer(0, "{\"action\":\"accept\"}"))
                .expectNext(done("hello"))
                .expectComplete()
                .verify(BOUND);
        assertThat(seen.get(1))
                .isEqualTo("{\"inputResponses\":{\"n\":{\"action\":\"accept\"},\"r\":{\"roots\":[]}},"
                        + "\"requestState\":\"s1\",\"name\":\"ask\",\"arguments\":{\"x\":1}}");
        assertThat(count("answered")).isEqualTo(1);
    }

    @Test
    void sendsOnlyTheAnswersAndTheStateOfTheLastRound() {
        then(asks("{" + NAME + "}", "s1"));
        then(asks("{" + ROOTS + "}", null));
        then(done("end"));
        StepVerifier.create(rounds.handle(call(ALL)))
                .assertNext(this::asked)
                .then(() -> answer(0, "{\"action\":\"decline\"}"))
                .assertNext(this::asked)
                .then(() -> answer(1, "{\"roots\":[]}"))
                .expectNext(done("end"))
                .expectComplete()
                .verify(BOUND);
        assertThat(seen.get(1)).contains("{\"n\":{\"action\":\"decline\"}}").contains("\"requestState\":\"s1\"");
        assertThat(seen.get(2))
                .isEqualTo("{\"inputResponses\":{\"r\":{\"roots\":[]}},\"name\":\"ask\",\"arguments\":{\"x\":1}}");
    }

    @Test
    void sendsQuestionsNoFasterThanTheyAreWanted() {
        then(asks("{" + NAME + "," + ROOTS + "}", "s"));
        then(done("end"));
        StepVerifier.create(rounds.handle(call(ALL)), 1)
                .assertNext(this::asked)
                .then(() -> answer(0, "{}"))
                .then(() -> assertThat(questions).hasSize(1))
                .thenRequest(1)
                .assertNext(this::asked)
                .then(() -> answer(1, "{}"))
                .thenRequest(1)
                .expectNext(done("end"))
                .expectComplete()
                .verify(BOUND);
    }

    @Test
    void ignoresASecondAnswer() {
        then(asks("{" + NAME + "," + ROOTS + "}", "s"));
        then(done("end"));
        StepVerifier.create(rounds.handle(call(ALL)))
                .assertNext(this::asked)
                .assertNext(this::asked)
                .then(() -> answer(0, "{\"a\":1}"))
                .then(() -> answer(0, "{\"a\":2}"))
                .then(() -> assertThat(seen).hasSize(1))
                .then(() -> answer(1, "{}"))
                .expectNext(done("end"))
                .expectComplete()
                .verify(BOUND);
        assertThat(seen.get(1)).contains("{\"a\":1}").doesNotContain("{\"a\":2}");
    }

    @Test
    void waitsBeforeARoundThatHasOnlyAState() {
        then(asks(null, "s1"));
        then(done("end"));
        StepVerifier.create(rounds.handle(call(ALL)))
                .expectSubscription()
                .then(() -> time.advanceTimeBy(Rounds.PAUSE.minusMillis(1)))
                .then(() -> assertThat(seen).hasSize(1))
                .then(() -> time.advanceTimeBy(Duration.ofMillis(1)))
                .expectNext(done("end"))
                .expectComplete()
                .verify(BOUND);
        assertThat(seen.get(1)).isEqualTo("{\"requestState\":\"s1\",\"name\":\"ask\",\"arguments\":{\"x\":1}}");
        assertThat(count("paused")).isEqualTo(1);
    }

    @Test
    void failsWhenTheClientAnswersWithAnError() {
        then(asks("{" + NAME + "," + ROOTS + "}", "s"));
        StepVerifier.create(rounds.handle(call(ALL)))
                .assertNext(this::asked)
                .assertNext(this::asked)
                .then(() -> questions.get(1).answer().accept(new JsonRpc.Failure(-1, "user rejected", null)))
                .assertNext(last ->
                        assertThat(result(last)).contains("\"isError\":true").contains("roots/list: user rejected"))
                .expectComplete()
                .verify(BOUND);
        assertThat(count("failed")).isEqualTo(1);
    }

    @Test
    void failsWhenTheClientDoesNotAnswer() {
        then(asks("{" + NAME + "}", "s"));
        StepVerifier.create(rounds.handle(call(ALL)))
                .assertNext(this::asked)
                .then(() -> time.advanceTimeBy(Duration.ofMinutes(10)))
                .assertNext(last ->
                        assertThat(result(last)).contains("\"isError\":true").contains("in time"))
                .expectComplete()
                .verify(BOUND);
    }

    @Test
    void doesNotAskWhatTheClientCannotAnswer() {
        assertThat(refused(Methods.TOOLS_CALL, "2025-11-25", "{\"roots\":{}}", "{" + NAME + "," + ROOTS + "}"))
                .contains("\"isError\":true")
                .contains("elicitation/create, which the client does not offer");
        String url = "{\"u\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"url\":\"https://a\"}}}";
        assertThat(refused(Methods.TOOLS_CALL, "2025-11-25", "{\"elicitation\":{}}", url))
                .contains("by URL");
        assertThat(refused(Methods.TOOLS_CALL, "2025-06-18", ALL, url)).contains("by URL");
        assertThat(refused(Methods.TOOLS_CALL, "2025-03-26", ALL, "{" + NAME + "}"))
                .contains("does not offer");
        assertThat(refused(Methods.TOOLS_CALL, "2025-11-25", ALL, "{\"p\":{\"method\":\"ping\"}}"))
                .contains("\"isError\":true");
        assertThat(questions).isEmpty();
    }

    @Test
    void failsAPromptWithAnError() {
        assertThat(refused(Methods.PROMPTS_GET, "2025-11-25", "{}", "{" + NAME + "}"))
                .startsWith(RpcCodes.INTERNAL_ERROR + " The server asks for elicitation/create");
    }

    @Test
    void asksInTheWordsOfTheClient() {
        then(asks(
                "{\"u\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"url\":\"https://a\"}}}",
                "s"));
        StepVerifier.create(rounds.handle(call(ALL)))
                .assertNext(message -> assertThat(asked(message))
                        .matches("elicitation/create \\{\"elicitationId\":\"[\\w-]{22}\",\"mode\":\"url\",.*"))
                .thenCancel()
                .verify(BOUND);
        then(asks("{\"f\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"form\",\"message\":\"m\"}}}", "s"));
        StepVerifier.create(rounds.handle(exchange("2025-06-18", Methods.TOOLS_CALL, ALL)))
                .assertNext(message -> assertThat(asked(message)).isEqualTo("elicitation/create {\"message\":\"m\"}"))
                .thenCancel()
                .verify(BOUND);
    }

    @Test
    void givesUpAfterTooManyRounds() {
        for (int i = 0; i <= Rounds.MOST_ROUNDS; i++) {
            then(asks(null, "s" + i));
        }
        StepVerifier.create(rounds.handle(call(ALL)))
                .expectSubscription()
                .then(() -> time.advanceTimeBy(Duration.ofMinutes(1)))
                .assertNext(last -> assertThat(result(last)).contains("more than 8 times"))
                .expectComplete()
                .verify(BOUND);
        assertThat(seen).hasSize(1 + Rounds.MOST_ROUNDS);
    }

    @Test
    void cancelsTheRoundInFlight() {
        TestPublisher<JsonRpc> second = TestPublisher.create();
        then(asks("{" + NAME + "}", "s"));
        replies.add(second.flux());
        StepVerifier.create(rounds.handle(call(ALL)))
                .assertNext(this::asked)
                .then(() -> answer(0, "{}"))
                .then(second::assertWasSubscribed)
                .thenCancel()
                .verify(BOUND);
        second.assertCancelled();
    }

    @Test
    void sendsNothingAgainAfterACancel() {
        then(asks("{" + NAME + "}", "s"));
        StepVerifier.create(rounds.handle(call(ALL)))
                .assertNext(this::asked)
                .thenCancel()
                .verify(BOUND);
        answer(0, "{}");
        time.advanceTimeBy(Duration.ofHours(1));
        assertThat(seen).hasSize(1);
    }

    @Test
    void learnsTheFieldsOfAToolOnceWhenTheServerSaysThatTheyAreWrong() {
        JsonRpc.Failure mismatch = new JsonRpc.Failure(RpcCodes.HEADER_MISMATCH, "Header mismatch", null);
        then(mismatch);
        then(done("now"));
        StepVerifier.create(rounds.handle(call(ALL)))
                .expectNext(done("now"))
                .expectComplete()
                .verify(BOUND);
        assertThat(seen).containsExactly(CALL, CALL);
        then(mismatch);
        then(mismatch);
        StepVerifier.create(rounds.handle(call(ALL)))
                .expectNext(mismatch)
                .expectComplete()
                .verify(BOUND);
        assertThat(relearned).hasValue(2);
    }

    private String refused(String method, String version, String capabilities, String requests) {
        then(asks(requests, "s"));
        JsonRpc last = rounds.handle(exchange(version, method, capabilities)).blockLast(BOUND);
        return last instanceof JsonRpc.Failure failure ? failure.code() + " " + failure.message() : result(last);
    }

    private void then(JsonRpc response) {
        replies.add(Flux.just(response));
    }

    private static JsonRpc asks(@Nullable String requests, @Nullable String state) {
        return JsonRpc.Success.of("{\"resultType\":\"input_required\""
                + (requests == null ? "" : ",\"inputRequests\":" + requests)
                + (state == null ? "" : ",\"requestState\":\"" + state + "\"") + "}");
    }

    /** The same object each time, since envelopes have no equality. */
    private JsonRpc done(String text) {
        return results.computeIfAbsent(text, key -> JsonRpc.Success.of("{\"text\":\"" + key + "\"}"));
    }

    private String asked(JsonRpc message) {
        assertThat(message).isInstanceOf(JsonRpc.Question.class);
        JsonRpc.Question question = (JsonRpc.Question) message;
        questions.add(question);
        return question.method() + " " + question.params();
    }

    private void answer(int index, String result) {
        questions.get(index).answer().accept(JsonRpc.Success.of(result));
    }

    private static String result(@Nullable JsonRpc message) {
        return message instanceof JsonRpc.Success success ? success.result().toString() : "no success: " + message;
    }

    private double count(String outcome) {
        return meters.counter("headgate.bridge.rounds", "outcome", outcome).count();
    }

    private static Exchange call(String capabilities) {
        return exchange("2025-11-25", Methods.TOOLS_CALL, capabilities);
    }

    private static Exchange exchange(String version, String method, String capabilities) {
        return new Exchange(
                new JsonRpc.Request(RequestId.of(1), method, Envelope.ofRequest(method, RawJson.of(CALL))),
                new Target("", Target.Kind.TOOL, "ask"),
                Route.NONE,
                Caller.ANONYMOUS,
                new Client(version, RawJson.of(capabilities), null, null),
                null,
                RequestHeaders.NONE);
    }
}
