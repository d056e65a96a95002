package io.headgate.gateway.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/** The tools of the conformance suite that ask the client something before they answer. */
final class AskingTools {
    private static final String NAME_SCHEMA = """
            {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}""";
    private static final String CONFIRM_SCHEMA = """
            {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}""";

    private AskingTools() {}

    static List<Tool> all() {
        return List.of(
                Tool.talkative(SAMPLING, AskingTools::sampling),
                Tool.talkative(ELICITATION, AskingTools::elicitation),
                asking("test_elicitation_sep1034_defaults", "Asks with defaults", call -> outcome(call, DEFAULTS)),
                asking("test_elicitation_sep1330_enums", "Asks with choices", call -> outcome(call, CHOICES)),
                asking("test_streaming_elicitation", "Reports progress, then asks", AskingTools::streaming),
                asking("test_input_required_result_elicitation", "Asks for a name", AskingTools::name),
                asking("test_input_required_result_sampling", "Asks a model", AskingTools::capital),
                asking("test_input_required_result_list_roots", "Asks for the roots", AskingTools::roots),
                asking("test_input_required_result_request_state", "Asks with a state", AskingTools::confirmed),
                asking("test_input_required_result_tampered_state", "Asks with a state", AskingTools::confirmed),
                asking("test_input_required_result_multiple_inputs", "Asks three things", AskingTools::three),
                asking("test_input_required_result_multi_round", "Asks twice", AskingTools::rounds),
                asking("test_input_required_result_capabilities", "Asks what it may", AskingTools::allowed));
    }

    private static Tool asking(String name, String description, Function<Call, Flux<Frame>> body) {
        return Tool.talkative(FixtureTools.definition(name, description), body);
    }

    private static Flux<Frame> sampling(Call call) {
        return call.ask(
                "sample", Question.sampling(call.text("prompt"), 100), answer -> text("LLM response: " + said(answer)));
    }

    private static Flux<Frame> elicitation(Call call) {
        Question question = Question.elicitation(call.text("message"), """
                {"type": "object", "properties": {
                   "username": {"type": "string", "description": "User's response"},
                   "email": {"type": "string", "description": "User's email address"}},
                 "required": ["username", "email"]}""");
        return call.ask("user", question, answer -> text("User response: " + chosen(answer)));
    }

    private static Flux<Frame> outcome(Call call, String schema) {
        Question question = Question.elicitation("Please review the form", schema);
        return call.ask("form", question, answer -> text("Elicitation completed: " + chosen(answer)));
    }

    private static Flux<Frame> streaming(Call call) {
        Question question = Question.elicitation("Please confirm", CONFIRM_SCHEMA);
        return call.progress(1, 2).concatWith(call.ask("confirm", question, answer -> text(chosen(answer))));
    }

    private static Flux<Frame> name(Call call) {
        return call.ask(
                "user_name",
                Question.elicitation("What is your name?", NAME_SCHEMA),
                answer -> text("Hello, " + field(answer, "name") + "!"));
    }

    private static Flux<Frame> capital(Call call) {
        return call.ask(
                "capital_question",
                Question.sampling("What is the capital of France?", 100),
                answer -> text(said(answer)));
    }

    private static Flux<Frame> roots(Call call) {
        return call.ask("client_roots", Question.roots(), answer -> text("Roots: " + answer.path("roots")));
    }

    private static Flux<Frame> confirmed(Call call) {
        return call.askStatefully(
                "confirm",
                Question.elicitation("Please confirm", CONFIRM_SCHEMA),
                answer -> text("state-ok, confirmed: " + field(answer, "ok")));
    }

    private static Flux<Frame> three(Call call) {
        Map<String, Question> questions = new LinkedHashMap<>();
        questions.put("user_name", Question.elicitation("What is your name?", NAME_SCHEMA));
        questions.put("greeting", Question.sampling("Generate a greeting", 50));
        questions.put("client_roots", Question.roots());
        return call.ask(
                questions,
                /* stateful= */ true,
                answers -> text(said(answers.path("greeting")) + " " + field(answers.path("user_name"), "name")
                        + ", roots: " + answers.path("client_roots").path("roots")));
    }

    private static Flux<Frame> rounds(Call call) {
        String color = """
                {"type": "object", "properties": {"color": {"type": "string"}}, "required": ["color"]}""";
        return call.askStatefully(
                "step1",
                Question.elicitation("Step 1: What is your name?", NAME_SCHEMA),
                first -> call.askStatefully(
                        "step2",
                        Question.elicitation("Step 2: What is your favorite color?", color),
                        second -> text(field(first, "name") + " likes " + field(second, "color"))));
    }

    private static Flux<Frame> allowed(Call call) {
        Map<String, Question> questions = new LinkedHashMap<>();
        questions.put("user_name", Question.elicitation("What is your name?", NAME_SCHEMA));
        questions.put("greeting", Question.sampling("Generate a greeting", 50));
        questions.put("client_roots", Question.roots());
        questions.values().removeIf(question -> !call.client().capabilities().has(question.capability()));
        return questions.isEmpty()
                ? text("The client can be asked nothing")
                : call.ask(questions, /* stateful= */ false, answers -> text("Answers: " + answers.propertyNames()));
    }

    private static Flux<Frame> text(String text) {
        return Flux.just(Frame.text(text));
    }

    private static String said(JsonNode answer) {
        JsonNode content = answer.path("content");
        return (content.isArray() ? content.path(0) : content).path("text").asString("No text");
    }

    private static String chosen(JsonNode answer) {
        return "action=" + answer.path("action").asString("") + ", content=" + answer.path("content");
    }

    private static String field(JsonNode answer, String name) {
        return answer.path("content").path(name).asString("nobody");
    }

    private static final String SAMPLING = """
            {"name": "test_sampling", "description": "Asks the client's model",
             "inputSchema": {"type": "object",
               "properties": {"prompt": {"type": "string", "description": "The prompt to send to the model"}},
               "required": ["prompt"]}}""";

    private static final String ELICITATION = """
            {"name": "test_elicitation", "description": "Asks the client's user",
             "inputSchema": {"type": "object",
               "properties": {"message": {"type": "string", "description": "The message to show the user"}},
               "required": ["message"]}}""";

    private static final String DEFAULTS = """
            {"type": "object", "properties": {
               "name": {"type": "string", "description": "User name", "default": "John Doe"},
               "age": {"type": "integer", "description": "User age", "default": 30},
               "score": {"type": "number", "description": "User score", "default": 95.5},
               "status": {"type": "string", "description": "User status",
                 "enum": ["active", "inactive", "pending"], "default": "active"},
               "verified": {"type": "boolean", "description": "Verification status", "default": true}},
             "required": []}""";

    private static final String CHOICES = """
            {"type": "object", "properties": {
               "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
               "titledSingle": {"type": "string", "oneOf": [
                 {"const": "value1", "title": "First Option"}, {"const": "value2", "title": "Second Option"},
                 {"const": "value3", "title": "Third Option"}]},
               "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"],
                 "enumNames": ["Option One", "Option Two", "Option Three"]},
               "untitledMulti": {"type": "array",
                 "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
               "titledMulti": {"type": "array", "items": {"anyOf": [
                 {"const": "value1", "title": "First Choice"}, {"const": "value2", "title": "Second Choice"},
                 {"const": "value3", "title": "Third Choice"}]}}},
             "required": []}""";
}
