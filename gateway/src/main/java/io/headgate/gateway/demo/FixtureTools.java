package io.headgate.gateway.demo;

import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The tools of the conformance suite that ask the client nothing. */
final class FixtureTools {
    private static final String NO_ARGUMENTS = "\"inputSchema\": {\"type\": \"object\", \"properties\": {}}";

    private final Scheduler timer;

    FixtureTools(Scheduler timer) {
        this.timer = timer;
    }

    List<Tool> all() {
        return List.of(
                simple(
                        "test_simple_text",
                        "Returns one text",
                        Frame.text("This is a simple text response for testing.")),
                simple("test_image_content", "Returns one image", Samples.content(Samples.image())),
                simple("test_audio_content", "Returns one sound", Samples.content(Samples.audio())),
                simple(
                        "test_embedded_resource",
                        "Returns an embedded resource",
                        Samples.content(Samples.resource(
                                "test://embedded-resource", "text/plain", "This is an embedded resource content."))),
                simple(
                        "test_multiple_content_types",
                        "Returns a text, an image and a resource",
                        Samples.content(
                                Samples.text("Multiple content types test:"),
                                Samples.image(),
                                Samples.resource(
                                        "test://mixed-content-resource",
                                        "application/json",
                                        "{\"test\":\"data\",\"value\":123}"))),
                simple(
                        "test_error_handling",
                        "Fails as a tool does",
                        Frame.failed("This tool intentionally returns an error for testing")),
                Tool.talkative(definition("test_tool_with_logging", "Logs three times"), this::logs),
                Tool.talkative(definition("test_logging_tool", "Logs three times, if the client wants it"), this::logs),
                Tool.talkative(
                        definition("test_tool_with_progress", "Reports progress three times"), this::reportsProgress),
                Tool.talkative(
                        definition("test_reconnection", "Closes the stream before it answers"), this::disconnects),
                Tool.plain(
                        definition("test_missing_capability", "Needs a client that can sample"),
                        FixtureTools::needsSampling),
                Tool.plain(CUSTOM_HEADERS, call -> Flux.just(Frame.text("Called with " + call.arguments()))),
                Tool.plain(JSON_SCHEMA, call -> Flux.just(Frame.text("Called with " + call.arguments()))));
    }

    static String definition(String name, String description) {
        return "{\"name\": \"" + name + "\", \"description\": \"" + description + "\", " + NO_ARGUMENTS + "}";
    }

    private static Tool simple(String name, String description, Frame.Result result) {
        // A copy for each call: a dialect completes the result in place.
        return Tool.plain(
                definition(name, description),
                call -> Flux.just(new Frame.Result(result.value().deepCopy())));
    }

    private Flux<Frame> logs(Call call) {
        return Flux.concat(
                call.log(LogLevel.INFO, "Tool execution started"),
                pause(),
                call.log(LogLevel.INFO, "Tool processing data"),
                pause(),
                call.log(LogLevel.INFO, "Tool execution completed"),
                Flux.just(Frame.text("Tool with logging executed successfully")));
    }

    private Flux<Frame> reportsProgress(Call call) {
        return Flux.concat(
                call.progress(0, 100),
                pause(),
                call.progress(50, 100),
                pause(),
                call.progress(100, 100),
                Flux.just(Frame.text("Tool with progress executed successfully")));
    }

    private Flux<Frame> disconnects(Call call) {
        return Flux.concat(
                Flux.just(Frame.Detach.NOW),
                pause(),
                pause(),
                Flux.just(Frame.text("Reconnection test completed successfully")));
    }

    private static Flux<Frame> needsSampling(Call call) {
        return call.client().capabilities().has("sampling")
                ? Flux.just(Frame.text("The client can sample"))
                : call.client().lacks("sampling");
    }

    private Flux<Frame> pause() {
        return Mono.delay(Duration.ofMillis(50), timer).thenMany(Flux.empty());
    }

    private static final String CUSTOM_HEADERS = """
            {"name": "test_custom_headers", "description": "Takes arguments that are repeated in headers",
             "inputSchema": {"type": "object", "properties": {
               "region": {"type": "string", "x-mcp-header": "Region"},
               "priority": {"type": "integer", "x-mcp-header": "Priority"},
               "urgent": {"type": "boolean", "x-mcp-header": "Urgent"},
               "place": {"type": "object", "properties": {"zone": {"type": "string", "x-mcp-header": "Zone"}}},
               "query": {"type": "string"}}}}""";

    private static final String JSON_SCHEMA = """
            {"name": "json_schema_2020_12_tool", "description": "Tool with JSON Schema 2020-12 features",
             "inputSchema": {
               "$schema": "https://json-schema.org/draft/2020-12/schema",
               "type": "object",
               "$defs": {"address": {"$anchor": "addressDef", "type": "object",
                 "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
               "properties": {
                 "name": {"type": "string"},
                 "address": {"$ref": "#/$defs/address"},
                 "contactMethod": {"type": "string", "enum": ["phone", "email"]},
                 "phone": {"type": "string"},
                 "email": {"type": "string"}},
               "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
               "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
               "then": {"required": ["phone"]},
               "else": {"required": ["email"]},
               "additionalProperties": false}}""";
}
