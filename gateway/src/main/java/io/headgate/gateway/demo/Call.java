package io.headgate.gateway.demo;

import io.netty.util.concurrent.EventExecutor;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** One request on its way through the server, whatever its era. */
record Call(String method, ObjectNode params, CallingClient client, EventExecutor loop, Arguments raw) {
    /** The bytes of the arguments as they came; costs a scan of the message, so only the ledger asks. */
    interface Arguments {
        byte[] bytes();
    }

    JsonNode meta() {
        return params.path("_meta");
    }

    String name() {
        return requiredText(params, "name");
    }

    ObjectNode arguments() {
        JsonNode arguments = params.get("arguments");
        if (arguments == null) {
            return Json.object();
        }
        if (arguments instanceof ObjectNode object) {
            return object;
        }
        throw RpcFailure.invalidParams("arguments is not an object");
    }

    String text(String argument) {
        return requiredText(arguments(), argument);
    }

    String text(String argument, String otherwise) {
        return arguments().has(argument) ? text(argument) : otherwise;
    }

    int integer(String argument, int max) {
        JsonNode value = arguments().path(argument);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0 || value.intValue() > max) {
            throw RpcFailure.invalidParams(argument + ": " + shown(value) + " (expected: integer, 0.." + max + ")");
        }
        return value.intValue();
    }

    double fraction(String argument) {
        JsonNode value = arguments().path(argument);
        double fraction = value.isNumber() ? value.doubleValue() : -1;
        if (!(fraction >= 0 && fraction <= 1)) {
            throw RpcFailure.invalidParams(argument + ": " + shown(value) + " (expected: number, 0..1)");
        }
        return fraction;
    }

    /** A progress notification with the caller's own token, nothing if it gave none. */
    Flux<Frame> progress(int done, int total) {
        JsonNode token = meta().get("progressToken");
        if (token == null) {
            return Flux.empty();
        }
        ObjectNode params = Json.object();
        params.set("progressToken", token);
        params.put("progress", done).put("total", total).put("message", done + " of " + total);
        return Flux.just(new Frame.Notification("notifications/progress", params));
    }

    Flux<Frame> log(LogLevel level, String text) {
        if (!client.hears(level)) {
            return Flux.empty();
        }
        ObjectNode params = Json.object()
                .put("level", level.wireName())
                .put("logger", "demo")
                .put("data", text);
        return Flux.just(new Frame.Notification("notifications/message", params));
    }

    Flux<Frame> ask(String key, Question question, Function<JsonNode, Flux<Frame>> then) {
        return ask(Map.of(key, question), /* stateful= */ false, answers -> then.apply(answers.path(key)));
    }

    Flux<Frame> askStatefully(String key, Question question, Function<JsonNode, Flux<Frame>> then) {
        return ask(Map.of(key, question), /* stateful= */ true, answers -> then.apply(answers.path(key)));
    }

    Flux<Frame> ask(Map<String, Question> questions, boolean stateful, Function<ObjectNode, Flux<Frame>> then) {
        return client.ask(this, questions, stateful, then);
    }

    private static String requiredText(ObjectNode object, String property) {
        JsonNode value = object.path(property);
        if (!value.isString()) {
            throw RpcFailure.invalidParams(property + ": " + shown(value) + " (expected: string)");
        }
        return value.stringValue();
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() ? "missing" : value.toString();
    }
}
