package io.headgate.gateway.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The prompts of the conformance suite. */
final class Prompts {
    private record Prompt(ObjectNode definition, Function<Call, Flux<Frame>> body) {}

    private final Map<String, Prompt> prompts = new LinkedHashMap<>();

    Prompts() {
        add("""
                {"name": "test_simple_prompt", "description": "A prompt without arguments"}""", call -> messages(Samples.text("This is a simple prompt for testing.")));
        add(
                """
                {"name": "test_prompt_with_arguments", "description": "A prompt with two arguments", "arguments": [
                   {"name": "arg1", "description": "First test argument", "required": true},
                   {"name": "arg2", "description": "Second test argument", "required": true}]}""",
                call -> messages(Samples.text(
                        "Prompt with arguments: arg1='" + call.text("arg1") + "', arg2='" + call.text("arg2") + "'")));
        add(
                """
                {"name": "test_prompt_with_embedded_resource", "description": "A prompt with a resource",
                 "arguments": [{"name": "resourceUri", "description": "The resource to embed", "required": true}]}""",
                call -> messages(
                        Samples.resource(
                                call.text("resourceUri"), "text/plain", "Embedded resource content for testing."),
                        Samples.text("Please process the embedded resource above.")));
        add("""
                {"name": "test_prompt_with_image", "description": "A prompt with an image"}""", call -> messages(Samples.image(), Samples.text("Please analyze the image above.")));
        add("""
                {"name": "test_input_required_result_prompt", "description": "A prompt that asks for its context"}""", Prompts::withContext);
    }

    List<ObjectNode> definitions() {
        List<ObjectNode> definitions = new ArrayList<>();
        prompts.values().forEach(prompt -> definitions.add(prompt.definition()));
        return definitions;
    }

    Flux<Frame> get(Call call) {
        Prompt prompt = prompts.get(call.name());
        if (prompt == null) {
            throw RpcFailure.invalidParams("Unknown prompt: " + call.name());
        }
        return prompt.body().apply(call);
    }

    private void add(String definition, Function<Call, Flux<Frame>> body) {
        Prompt prompt = new Prompt(Json.object(definition), body);
        prompts.put(prompt.definition().path("name").stringValue(), prompt);
    }

    private static Flux<Frame> withContext(Call call) {
        Question question = Question.elicitation("What context should the prompt use?", """
                {"type": "object", "properties": {"context": {"type": "string"}}, "required": ["context"]}""");
        return call.ask(
                "user_context",
                question,
                answer -> messages(Samples.text("Use this context: "
                        + answer.path("content").path("context").asString("none"))));
    }

    private static Flux<Frame> messages(ObjectNode... contents) {
        ObjectNode result = Json.object();
        ArrayNode messages = result.putArray("messages");
        for (ObjectNode content : contents) {
            messages.addObject().put("role", "user").set("content", content);
        }
        return Flux.just(new Frame.Result(result));
    }
}
