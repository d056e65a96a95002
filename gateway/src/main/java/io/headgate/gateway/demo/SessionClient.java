package io.headgate.gateway.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A client with a session, which is asked by sending it requests on the stream of the call. */
final class SessionClient implements CallingClient {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final LegacySession session;
    private final Scheduler timer;

    SessionClient(LegacySession session, Scheduler timer) {
        this.session = session;
        this.timer = timer;
    }

    @Override
    public JsonNode capabilities() {
        return session.capabilities();
    }

    @Override
    public boolean hears(LogLevel level) {
        return level.compareTo(session.logLevel()) >= 0;
    }

    @Override
    public int resourceNotFound() {
        return RpcFailure.LEGACY_NOT_FOUND;
    }

    @Override
    public Flux<Frame> lacks(String capability) {
        return Flux.just(Frame.failed("The client does not support " + capability));
    }

    @Override
    public boolean takesTasks() {
        return false;
    }

    @Override
    public Flux<Frame> lacksTasks() {
        return Flux.just(Frame.failed("This needs a client of 2026-07-28 that takes tasks"));
    }

    @Override
    public Flux<Frame> ask(
            Call call, Map<String, Question> questions, boolean stateful, Function<ObjectNode, Flux<Frame>> then) {
        for (Question question : questions.values()) {
            if (!capabilities().has(question.capability())) {
                return lacks(question.capability());
            }
        }
        List<String> keys = List.copyOf(questions.keySet());
        List<String> ids = new ArrayList<>();
        List<Frame> asked = new ArrayList<>();
        List<Mono<JsonNode>> awaited = new ArrayList<>();
        questions.values().forEach(question -> {
            String id = session.newQuestion();
            ids.add(id);
            asked.add(new Frame.Question(id, question.method(), question.params()));
            awaited.add(session.answer(id));
        });
        Flux<Frame> rest = Flux.mergeSequential(awaited)
                .collectList()
                .map(answers -> named(keys, answers))
                .timeout(PATIENCE, timer)
                .flatMapMany(then)
                .onErrorResume(
                        LegacySession.ClientRefusal.class,
                        refusal -> Flux.just(Frame.failed("The client refused: " + refusal.getMessage())))
                .onErrorResume(TimeoutException.class, late -> Flux.just(Frame.failed("The client did not answer")));
        return Flux.fromIterable(asked).concatWith(rest).doFinally(end -> ids.forEach(session::forgetQuestion));
    }

    private static ObjectNode named(List<String> keys, List<JsonNode> answers) {
        ObjectNode named = Json.object();
        for (int i = 0; i < keys.size(); i++) {
            named.set(keys.get(i), answers.get(i));
        }
        return named;
    }
}
