package io.headgate.filter.timeout;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContract;
import io.headgate.filter.NamePattern;
import io.headgate.filter.Refusal;
import io.headgate.filter.Route;
import io.headgate.filter.Routed;
import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.mcp.JsonRpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class TimeoutFilterTest extends FilterContract {
    private final TestPublisher<JsonRpc> upstream = TestPublisher.create();
    private final Recorder client = new Recorder();

    @Override
    protected Filter filter() {
        return new TimeoutFilter(TimeoutConfig.of(seconds(60), seconds(300)), context());
    }

    @Test
    void givesUpOnAQuietUpstreamAndCancelsIt() {
        call();
        timer.advanceBy(Duration.ofMillis(59_999));
        assertThat(client.error).isNull();
        upstream.assertNotCancelled();

        timer.advanceBy(Duration.ofMillis(1));
        assertRefused(silent("60s"));
        upstream.assertCancelled();
        assertThat(count("idle")).isEqualTo(1);
        assertThat(count("cap")).isZero();
    }

    @Test
    void everyMessageStartsTheWaitAnew() {
        call();
        for (int i = 0; i < 3; i++) {
            timer.advanceBy(seconds(59));
            upstream.next(Exchanges.progress(i));
        }
        timer.advanceBy(Duration.ofMillis(59_999));
        assertThat(client.messages).hasSize(3);
        assertThat(client.error).isNull();

        timer.advanceBy(Duration.ofMillis(1));
        assertRefused(silent("60s"));
    }

    @Test
    void endsATalkativeUpstreamAtTheCap() {
        call();
        for (int i = 0; i < 299; i++) {
            timer.advanceBy(seconds(1));
            upstream.next(Exchanges.progress(i));
        }
        assertThat(client.error).isNull();
        timer.advanceBy(seconds(1));
        assertRefused(unfinished("300s"));
        upstream.assertCancelled();
        assertThat(count("cap")).isEqualTo(1);
        assertThat(count("idle")).isZero();
    }

    @Test
    void waitsWhileAPersonThinks() {
        call();
        timer.advanceBy(seconds(30));
        upstream.next(question());
        timer.advanceBy(seconds(200));
        assertThat(client.error).isNull();

        client.question().answer().accept(JsonRpc.Success.of("{}"));
        timer.advanceBy(Duration.ofMillis(59_999));
        assertThat(client.error).isNull();
        timer.advanceBy(Duration.ofMillis(1));
        assertRefused(silent("60s"));
    }

    @Test
    void waitsUntilTheLastOfTwoQuestionsIsAnswered() {
        call();
        upstream.next(question());
        JsonRpc.Question first = client.question();
        upstream.next(question());
        JsonRpc.Question second = client.question();
        first.answer().accept(JsonRpc.Success.of("{}"));
        first.answer().accept(JsonRpc.Success.of("{}"));
        timer.advanceBy(seconds(100));
        assertThat(client.error).isNull();

        second.answer().accept(JsonRpc.Success.of("{}"));
        timer.advanceBy(seconds(60));
        assertRefused(silent("60s"));
    }

    @Test
    void doesNotCountThePersonsTimeForTheCap() {
        call();
        for (int i = 0; i < 3; i++) {
            timer.advanceBy(seconds(50));
            upstream.next(question());
            timer.advanceBy(seconds(1_000));
            assertThat(client.error).isNull();
            client.question().answer().accept(JsonRpc.Success.of("{}"));
        }
        for (int i = 0; i < 149; i++) {
            timer.advanceBy(seconds(1));
            upstream.next(Exchanges.progress(i));
        }
        assertThat(client.error).isNull();
        timer.advanceBy(seconds(1));
        assertRefused(unfinished("300s"));
    }

    @Test
    void sleepsWhileAPersonThinksWithLittleTimeLeft() {
        call();
        for (int i = 0; i < 5; i++) {
            timer.advanceBy(Duration.ofMillis(59_999));
            upstream.next(Exchanges.progress(i));
        }
        int before = timer.scheduled();
        upstream.next(question());
        timer.advanceBy(seconds(600));
        assertThat(timer.scheduled() - before).isLessThan(700);
        client.question().answer().accept(JsonRpc.Success.of("{}"));
        timer.advanceBy(seconds(1));
        assertRefused(unfinished("300s"));
    }

    @Test
    void neverEndsASubscription() {
        Exchange listen = Exchanges.request("subscriptions/listen", "{\"notifications\":{}}");
        Flux<JsonRpc> answer = Flux.never();
        assertThat(filter().filter(listen, ignored -> answer)).isSameAs(answer);
    }

    @Test
    void leavesNotificationsAlone() {
        Exchange cancelled = Exchanges.notification("notifications/initialized");
        Flux<JsonRpc> answer = Flux.empty();
        assertThat(filter().filter(cancelled, ignored -> answer)).isSameAs(answer);
    }

    @Test
    void keepsOneTaskHoweverManyMessages() {
        call();
        for (int i = 0; i < 1_000; i++) {
            upstream.next(Exchanges.progress(i));
            assertThat(timer.waiting()).isEqualTo(1);
        }
        assertThat(timer.scheduled()).isEqualTo(1);
        upstream.complete();
        assertThat(timer.waiting()).isZero();
    }

    @Test
    void schedulesNothingForAnAnswerThatIsThereAtOnce() {
        filter().filter(exchange(), ignored -> Flux.just(Exchanges.success("done")))
                .subscribe(client);
        assertThat(client.completed).isTrue();
        assertThat(timer.scheduled()).isZero();
    }

    @Test
    void doesNotFireAfterTheEnd() {
        call();
        upstream.next(Exchanges.success("done"));
        upstream.complete();
        timer.advanceBy(seconds(1_000));
        assertThat(client.error).isNull();
        assertThat(client.completed).isTrue();
        assertThat(count("idle") + count("cap")).isZero();
    }

    @Test
    void dropsWhatComesTooLate() {
        DeafUpstream deaf = new DeafUpstream();
        filter().filter(exchange(), ignored -> deaf).subscribe(client);
        timer.advanceBy(seconds(60));
        assertRefused(silent("60s"));

        deaf.speak(Exchanges.success("done"));
        assertThat(client.messages).isEmpty();
        assertThat(client.ends).isEqualTo(1);
    }

    @Test
    void dropsALateRefusal() {
        DeafUpstream deaf = new DeafUpstream();
        filter().filter(exchange(), ignored -> deaf).subscribe(client);
        timer.advanceBy(seconds(60));

        deaf.fail(new Refusal(Refusal.Reason.UPSTREAM_PROTOCOL, "late"));
        assertRefused(silent("60s"));
    }

    @Test
    void leavesTheRefusalToTheThreadThatBringsAMessage() {
        call();
        client.onMessage = () -> timer.advanceBy(seconds(60));
        upstream.next(Exchanges.progress(1));
        assertThat(client.errorWhileSpeaking).isFalse();
        assertRefused(silent("60s"));
        assertThat(client.messages).hasSize(1);
    }

    @Test
    void aCompletionInTheMiddleOfAMessageIsTheEnd() {
        Sinks.Many<JsonRpc> sink = Sinks.many().unicast().onBackpressureBuffer();
        filter().filter(exchange(), ignored -> sink.asFlux()).subscribe(client);
        client.onMessage = () -> sink.emitComplete(Sinks.EmitFailureHandler.FAIL_FAST);
        sink.emitNext(Exchanges.success("done"), Sinks.EmitFailureHandler.FAIL_FAST);
        timer.advanceBy(seconds(1_000));
        assertThat(client.completed).isTrue();
        assertThat(client.error).isNull();
    }

    @Test
    void refusesWhenTheTimerIsStopped() {
        timer.dispose();
        call();
        assertThat(client.error)
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.Reason.INTERNAL));
        upstream.assertCancelled();
    }

    @Test
    void takesTheTimesOfTheFirstRuleThatFitsTheTool() {
        TimeoutConfig config = TimeoutConfig.of(
                seconds(60),
                seconds(300),
                List.of(
                        new ToolTimeout(NamePattern.of("other"), seconds(1), null),
                        new ToolTimeout(NamePattern.of("ec*"), seconds(2), null),
                        new ToolTimeout(NamePattern.of("echo"), seconds(3), null)));
        Filter filter = new TimeoutFilter(config, context());
        filter.filter(exchange(), ignored -> upstream.flux()).subscribe(client);
        timer.advanceBy(Duration.ofMillis(1_999));
        assertThat(client.error).isNull();
        timer.advanceBy(Duration.ofMillis(1));
        assertRefused(silent("2s"));

        // A prompt may have a tool's name.
        Recorder reader = new Recorder();
        filter.filter(Exchanges.request("prompts/get", "{}", Target.Kind.PROMPT, "echo"), ignored -> Flux.never())
                .subscribe(reader);
        timer.advanceBy(seconds(59));
        assertThat(reader.error).isNull();
        reader.cancel();
    }

    @Test
    void aRuleMayEndEarlierOrLaterThanTheOthers() {
        TimeoutConfig others = TimeoutConfig.of(seconds(60), seconds(300));
        assertThat(new ToolTimeout(NamePattern.of("*"), seconds(600), null).over(others))
                .isEqualTo(TimeoutConfig.of(seconds(600), seconds(600)));
        assertThat(new ToolTimeout(NamePattern.of("*"), null, seconds(5)).over(others))
                .isEqualTo(TimeoutConfig.of(seconds(5), seconds(5)));
        assertThat(new ToolTimeout(NamePattern.of("*"), null, seconds(900)).over(others))
                .isEqualTo(TimeoutConfig.of(seconds(60), seconds(900)));
    }

    @Test
    void tellsWhatFollowsWhenTheTimeIsOverUnlessThatIsSooner() {
        timer.advanceBy(seconds(7));
        List<Exchange> passed = new ArrayList<>();
        for (Exchange exchange : List.of(
                exchange(),
                exchange().withDeadline(seconds(100).toNanos()),
                exchange().withDeadline(seconds(1_000).toNanos()),
                Exchanges.request("subscriptions/listen", "{}"))) {
            var unused = filter().filter(exchange, next -> {
                passed.add(next);
                return Flux.never();
            });
        }
        assertThat(passed.get(0).deadline()).isEqualTo(seconds(307).toNanos());
        assertThat(passed.get(0).endsWithin(seconds(300).toNanos(), seconds(7).toNanos()))
                .isTrue();
        assertThat(passed.get(0).endsWithin(seconds(299).toNanos(), seconds(7).toNanos()))
                .isFalse();
        assertThat(passed.get(1).deadline()).isEqualTo(seconds(100).toNanos());
        assertThat(passed.get(2).deadline()).isEqualTo(seconds(307).toNanos());
        assertThat(passed.get(3).hasDeadline()).isFalse();
        assertThat(passed.get(0).withoutDeadline().hasDeadline()).isFalse();
    }

    @Test
    void countsFromTheSubscription() {
        Flux<JsonRpc> answer = filter().filter(exchange(), ignored -> upstream.flux());
        timer.advanceBy(seconds(600));
        StepVerifier.create(answer)
                .then(() -> timer.advanceBy(seconds(59)))
                .then(() -> upstream.next(Exchanges.success("done")))
                .expectNextCount(1)
                .then(upstream::complete)
                .expectComplete()
                .verify(seconds(2));
    }

    @Test
    void namesWhatTookTooLongAndTheServer() {
        Filter filter = new Routed(
                exchange -> {
                    String tool = exchange.route().tool();
                    return new Route.Known("crm", tool.isEmpty() ? "" : "crm__" + tool, tool, ToolHints.NONE, null);
                },
                new TimeoutFilter(TimeoutConfig.of(seconds(60), seconds(300)), context()));
        filter.filter(exchange(), ignored -> Flux.never()).subscribe(client);
        Recorder reader = new Recorder();
        filter.filter(Exchanges.request("prompts/get", "{}", Target.Kind.PROMPT, "hello"), ignored -> Flux.never())
                .subscribe(reader);
        timer.advanceBy(seconds(60));
        assertRefused(
                "the tool \"echo\" of the server \"crm\" said nothing for 60s; if it needs longer, raise it in the"
                        + " timeout filter: tools: [{match: \"crm__echo\", idle: ...}]");
        assertThat(reader.error)
                .hasMessage("the prompt \"hello\" of the server \"crm\" said nothing for 60s; raise idle of the timeout"
                        + " filter if it needs longer");
    }

    private static String silent(String time) {
        return "the tool \"echo\" said nothing for " + time
                + "; if it needs longer, raise it in the timeout filter: tools: [{match: \"echo\", idle: ...}]";
    }

    private static String unfinished(String time) {
        return "the tool \"echo\" was not done after " + time
                + "; if it needs longer, raise it in the timeout filter: tools: [{match: \"echo\", cap: ...}]";
    }

    private void call() {
        filter().filter(exchange(), ignored -> upstream.flux()).subscribe(client);
    }

    private void assertRefused(String text) {
        assertThat(client.error).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.reason()).isEqualTo(Refusal.Reason.UPSTREAM_TIMEOUT);
            assertThat(refusal.text()).isEqualTo(text);
            assertThat(Objects.requireNonNull(refusal.data()).getString("delivery"))
                    .isEqualTo("unknown");
        });
        assertThat(client.ends).isEqualTo(1);
        assertThat(timer.waiting()).isZero();
    }

    private double count(String kind) {
        return meters.get("headgate.timeouts").tag("kind", kind).counter().count();
    }

    private static JsonRpc.Question question() {
        return new JsonRpc.Question("elicitation/create", null, answer -> {});
    }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    /** A client that remembers what it was told. */
    private static final class Recorder extends BaseSubscriber<JsonRpc> {
        final List<JsonRpc> messages = new ArrayList<>();
        Runnable onMessage = () -> {};

        @Nullable
        Throwable error;

        boolean completed;
        boolean errorWhileSpeaking;
        int ends;
        private boolean speaking;

        JsonRpc.Question question() {
            return (JsonRpc.Question) messages.get(messages.size() - 1);
        }

        @Override
        protected void hookOnNext(JsonRpc message) {
            messages.add(message);
            speaking = true;
            onMessage.run();
            speaking = false;
        }

        @Override
        protected void hookOnComplete() {
            completed = true;
            ends++;
        }

        @Override
        protected void hookOnError(Throwable cause) {
            error = cause;
            errorWhileSpeaking = speaking;
            ends++;
        }
    }

    /** An upstream that does not hear that it was cancelled. */
    private static final class DeafUpstream extends Flux<JsonRpc> implements Subscription {
        private @Nullable CoreSubscriber<? super JsonRpc> client;

        @Override
        public void subscribe(CoreSubscriber<? super JsonRpc> subscriber) {
            client = subscriber;
            subscriber.onSubscribe(this);
        }

        void speak(JsonRpc message) {
            Objects.requireNonNull(client).onNext(message);
            Objects.requireNonNull(client).onComplete();
        }

        void fail(Throwable cause) {
            Objects.requireNonNull(client).onError(cause);
        }

        @Override
        public void request(long count) {
            // Speaks when it likes.
        }

        @Override
        public void cancel() {
            // Deaf.
        }
    }
}
