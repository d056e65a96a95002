package io.headgate.gateway.demo;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A client that says all about itself in each request, and is asked by having the request sent again. */
final class StatelessClient implements CallingClient {
    static final String CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
    static final String LOG_LEVEL = "io.modelcontextprotocol/logLevel";

    private final RequestState states;
    private final ObjectNode params;
    private final JsonNode capabilities;
    private final @Nullable LogLevel threshold;
    private final ObjectNode answers = Json.object();
    private boolean resumed;

    StatelessClient(RequestState states, ObjectNode params) {
        this.states = states;
        this.params = params;
        JsonNode meta = params.path("_meta");
        this.capabilities = meta.path(CAPABILITIES);
        this.threshold = meta.has(LOG_LEVEL) ? LogLevel.of(meta.path(LOG_LEVEL).asString("")) : null;
    }

    @Override
    public JsonNode capabilities() {
        return capabilities;
    }

    @Override
    public boolean hears(LogLevel level) {
        return threshold != null && level.compareTo(threshold) >= 0;
    }

    @Override
    public int resourceNotFound() {
        return RpcFailure.INVALID_PARAMS;
    }

    @Override
    public Flux<Frame> lacks(String capability) {
        return Flux.error(RpcFailure.missingCapability(capability));
    }

    @Override
    public boolean takesTasks() {
        return TaskStore.isDeclaredIn(capabilities);
    }

    @Override
    public Flux<Frame> lacksTasks() {
        return Flux.error(RpcFailure.missingExtension(TaskStore.EXTENSION));
    }

    /** Takes up the answers of earlier rounds; a state that is not ours fails the request. */
    void resume(Call call) {
        JsonNode echoed = params.get("requestState");
        if (echoed != null) {
            answers.setAll(states.answers(call, echoed));
            resumed = true;
        }
    }

    @Override
    public Flux<Frame> ask(
            Call call, Map<String, Question> questions, boolean stateful, Function<ObjectNode, Flux<Frame>> then) {
        for (Question question : questions.values()) {
            if (!capabilities.has(question.capability())) {
                return lacks(question.capability());
            }
        }
        Map<String, Question> open = new LinkedHashMap<>();
        questions.forEach((key, question) -> {
            JsonNode answer = answers.has(key) ? null : answer(key, question);
            if (answer != null && (resumed || !stateful)) {
                answers.set(key, answer);
            }
            if (!answers.has(key)) {
                open.put(key, question);
            }
        });
        return open.isEmpty() ? then.apply(answers) : Flux.just(new Frame.Result(inputRequired(call, open, stateful)));
    }

    private @Nullable JsonNode answer(String key, Question question) {
        JsonNode responses = params.get("inputResponses");
        if (responses == null) {
            return null;
        }
        if (!responses.isObject()) {
            throw RpcFailure.invalidParams("inputResponses is not an object");
        }
        JsonNode response = responses.get(key);
        if (response != null && !question.isAnsweredBy(response)) {
            throw RpcFailure.invalidParams("inputResponses." + key + " does not answer " + question.method());
        }
        return response;
    }

    private ObjectNode inputRequired(Call call, Map<String, Question> open, boolean stateful) {
        ObjectNode result = Json.object().put("resultType", "input_required");
        ObjectNode requests = result.putObject("inputRequests");
        open.forEach((key, question) ->
                requests.putObject(key).put("method", question.method()).set("params", question.params()));
        if (stateful || !answers.isEmpty()) {
            result.put("requestState", states.of(call, answers));
        }
        return result;
    }
}
