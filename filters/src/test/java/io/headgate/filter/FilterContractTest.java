package io.headgate.filter;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.mcp.JsonRpc;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** The contract catches a filter that breaks one of its rules, and lets good ones through. */
@Timeout(30)
class FilterContractTest {
    private static final List<Consumer<FilterContract>> RULES = List.of(
            FilterContract::passesTheWholeAnswerInOrder,
            FilterContract::passesAFailureOfTheUpstream,
            FilterContract::passesAnErrorOfTheUpstream,
            FilterContract::passesTheAnswerToAQuestion,
            FilterContract::passesACancelToTheUpstream,
            FilterContract::asksForNoMoreThanTheClientDoes,
            FilterContract::asksNothingBeforeSubscription,
            FilterContract::takesNothingForAnAnswerThatNobodySubscribesTo,
            FilterContract::holdsNothingAfterCompletion,
            FilterContract::holdsNothingAfterAnError,
            FilterContract::holdsNothingAfterACancel);

    @Test
    void lateMessagesBreakTheOrder() {
        assertCaught(
                () -> (exchange, next) -> next.handle(exchange)
                        .sort((a, b) -> Boolean.compare(a instanceof JsonRpc.Response, b instanceof JsonRpc.Response)),
                FilterContract::passesTheWholeAnswerInOrder);
    }

    @Test
    void lostMessagesAreMissed() {
        assertCaught(
                () -> (exchange, next) ->
                        next.handle(exchange).filter(message -> !(message instanceof JsonRpc.Notification)),
                FilterContract::passesTheWholeAnswerInOrder);
    }

    @Test
    void failuresMayNotBecomeErrors() {
        assertCaught(
                () -> (exchange, next) -> next.handle(exchange).doOnNext(message -> {
                    if (message instanceof JsonRpc.Failure) {
                        throw overloaded();
                    }
                }),
                FilterContract::passesAFailureOfTheUpstream);
    }

    @Test
    void errorsMayNotBecomeCompletion() {
        assertCaught(
                () -> (exchange, next) -> next.handle(exchange).onErrorResume(Refusal.class, error -> Flux.empty()),
                FilterContract::passesAnErrorOfTheUpstream);
    }

    @Test
    void answersToQuestionsMayNotBeSwallowed() {
        assertCaught(
                () -> (exchange, next) -> next.handle(exchange)
                        .map(message -> message instanceof JsonRpc.Question question
                                ? new JsonRpc.Question(question.method(), question.params(), answer -> {})
                                : message),
                FilterContract::passesTheAnswerToAQuestion);
    }

    @Test
    void cancelsMayNotBeSwallowed() {
        assertCaught(
                () -> (exchange, next) -> next.handle(exchange).publish().autoConnect(),
                FilterContract::passesACancelToTheUpstream);
    }

    @Test
    void demandMayNotGrow() {
        assertCaught(
                () -> (exchange, next) -> next.handle(exchange).onBackpressureBuffer(),
                FilterContract::asksForNoMoreThanTheClientDoes);
        assertCaught(
                () -> (exchange, next) -> next.handle(exchange).limitRate(8),
                FilterContract::asksForNoMoreThanTheClientDoes);
    }

    @Test
    void subscribingEarlyIsSeen() {
        assertCaught(
                () -> (exchange, next) -> {
                    Flux<JsonRpc> eager = next.handle(exchange).cache();
                    eager.subscribe(new BaseSubscriber<>() {});
                    return eager;
                },
                FilterContract::asksNothingBeforeSubscription);
    }

    @Test
    void subscribingTwiceIsSeen() {
        assertCaught(
                () -> (exchange, next) -> Flux.defer(() -> next.handle(exchange))
                        .ignoreElements()
                        .thenMany(Flux.defer(() -> next.handle(exchange))),
                FilterContract::asksNothingBeforeSubscription);
    }

    @Test
    void permitsTakenAtAssemblyLeak() {
        assertCaught(
                () -> {
                    Permits permits = new Permits();
                    return (exchange, next) ->
                            permits.take() ? next.handle(exchange).doFinally(end -> permits.release()) : refuse();
                },
                FilterContract::takesNothingForAnAnswerThatNobodySubscribesTo);
    }

    @Test
    void permitsLeakOnCompletion() {
        assertCaught(
                () -> limited((answer, permits) ->
                        answer.doOnError(end -> permits.release()).doOnCancel(permits::release)),
                FilterContract::holdsNothingAfterCompletion);
    }

    @Test
    void permitsLeakOnErrors() {
        assertCaught(
                () -> limited((answer, permits) ->
                        answer.doOnComplete(permits::release).doOnCancel(permits::release)),
                FilterContract::holdsNothingAfterAnError);
    }

    @Test
    void permitsLeakOnCancel() {
        assertCaught(
                () -> limited((answer, permits) -> answer.doOnTerminate(permits::release)),
                FilterContract::holdsNothingAfterACancel);
    }

    @Test
    void tasksLeftInTheTimerAreSeen() {
        assertCaught(
                context -> (exchange, next) -> next.handle(exchange)
                        .doOnSubscribe(
                                subscription -> context.timer().schedule(subscription::cancel, 60, TimeUnit.SECONDS)),
                FilterContract::holdsNothingAfterCompletion);
    }

    @Test
    void goodFiltersPass() {
        assertKept(context -> (exchange, next) -> next.handle(exchange));
        assertKept(context -> limited((answer, permits) -> answer.doFinally(end -> permits.release())));
    }

    private static void assertKept(Function<FilterContext, Filter> good) {
        for (Consumer<FilterContract> rule : RULES) {
            assertThatCode(() -> rule.accept(contractFor(good))).doesNotThrowAnyException();
        }
    }

    private static void assertCaught(Supplier<Filter> broken, Consumer<FilterContract> rule) {
        assertCaught(context -> broken.get(), rule);
    }

    private static void assertCaught(Function<FilterContext, Filter> broken, Consumer<FilterContract> rule) {
        assertThatThrownBy(() -> rule.accept(contractFor(broken))).isInstanceOf(AssertionError.class);
    }

    private static Refusal overloaded() {
        return new Refusal(Refusal.Reason.OVERLOADED, "full");
    }

    private static Flux<JsonRpc> refuse() {
        return Flux.error(FilterContractTest::overloaded);
    }

    private static Filter limited(BiFunction<Flux<JsonRpc>, Permits, Flux<JsonRpc>> release) {
        Permits permits = new Permits();
        return (exchange, next) ->
                Flux.defer(() -> permits.take() ? release.apply(next.handle(exchange), permits) : refuse());
    }

    private static final class Permits {
        private final AtomicInteger free = new AtomicInteger(10);

        boolean take() {
            return free.getAndUpdate(count -> Math.max(0, count - 1)) > 0;
        }

        void release() {
            free.incrementAndGet();
        }
    }

    /** The contract for one filter; anonymous, so that it is no test of its own. */
    private static FilterContract contractFor(Function<FilterContext, Filter> filter) {
        return new FilterContract() {
            @Override
            protected Filter filter() {
                return filter.apply(context());
            }
        };
    }
}
