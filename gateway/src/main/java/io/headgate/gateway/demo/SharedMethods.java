package io.headgate.gateway.demo;

import java.util.List;
import java.util.Set;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The methods that mean the same in both eras. */
final class SharedMethods {
    static final Set<String> NAMES = Set.of(
            "tools/list",
            "tools/call",
            "prompts/list",
            "prompts/get",
            "resources/list",
            "resources/templates/list",
            "resources/read",
            "completion/complete");

    private static final List<String> CITIES = List.of("paris", "park", "party", "test", "testing");

    private final Tools tools;
    private final Prompts prompts;
    private final Resources resources;
    private final Pages pages;

    SharedMethods(Tools tools, Prompts prompts, Resources resources, Pages pages) {
        this.tools = tools;
        this.prompts = prompts;
        this.resources = resources;
        this.pages = pages;
    }

    Tools tools() {
        return tools;
    }

    Resources resources() {
        return resources;
    }

    static ObjectNode capabilities() {
        return Json.object("""
            {"tools": {"listChanged": true}, "prompts": {"listChanged": true},
             "resources": {"subscribe": true, "listChanged": true}, "logging": {}, "completions": {}}\
            """);
    }

    /** What the method says, failures included: nothing is thrown. */
    Flux<Frame> handle(Call call) {
        return Flux.defer(() -> dispatch(call));
    }

    private Flux<Frame> dispatch(Call call) {
        return switch (call.method()) {
            case "tools/list" -> result(pages.page("tools", tools.definitions(), call.params()));
            case "tools/call" -> tools.call(call);
            case "prompts/list" -> result(pages.page("prompts", prompts.definitions(), call.params()));
            case "prompts/get" -> prompts.get(call);
            case "resources/list" -> result(pages.page("resources", resources.definitions(), call.params()));
            case "resources/templates/list" ->
                result(pages.page("resourceTemplates", resources.templates(), call.params()));
            case "resources/read" -> resources.read(call);
            case "completion/complete" -> complete(call.params());
            default -> throw new RpcFailure(404, RpcFailure.METHOD_NOT_FOUND, "Method not found: " + call.method());
        };
    }

    private static Flux<Frame> complete(ObjectNode params) {
        JsonNode value = params.path("argument").path("value");
        if (!params.path("ref").isObject() || !value.isString()) {
            throw RpcFailure.invalidParams("ref and argument.value are required");
        }
        ObjectNode result = Json.object();
        ObjectNode completion = result.putObject("completion");
        ArrayNode values = completion.putArray("values");
        CITIES.stream().filter(city -> city.startsWith(value.stringValue())).forEach(values::add);
        completion.put("total", values.size()).put("hasMore", false);
        return result(result);
    }

    private static Flux<Frame> result(ObjectNode result) {
        return Flux.just(new Frame.Result(result));
    }
}
