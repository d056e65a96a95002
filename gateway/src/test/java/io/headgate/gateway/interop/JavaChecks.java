package io.headgate.gateway.interop;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.interop.JavaPeer.Notes;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a client expects of the fixture, made with the Java SDK; the names are those of the other languages. */
final class JavaChecks {
    private static final String WATCHED = "test://watched-resource";

    private final Map<String, Check> checks = new LinkedHashMap<>();
    private final Era era;
    private final URI endpoint;

    JavaChecks(Era era, URI endpoint) {
        this.era = era;
        this.endpoint = endpoint;
        reads();
        calls();
        questions();
        changes();
    }

    /** One of them. */
    interface Check {
        void run(JavaPeer peer) throws Exception;
    }

    /** The names of all. */
    List<String> names() {
        return List.copyOf(checks.keySet());
    }

    /** Runs them, each with a connection of its own; the lines are those that a process would print. */
    List<JsonNode> run(List<String> wanted) {
        List<JsonNode> lines = new ArrayList<>();
        for (String name : wanted) {
            Map<String, Object> line = new LinkedHashMap<>(Map.of("check", name));
            try {
                check(name);
                line.put("ok", true);
            } catch (Throwable e) {
                line.put("ok", false);
                line.put("error", e.toString());
            }
            lines.add(JavaPeer.JSON.valueToTree(line));
        }
        return lines;
    }

    /** Runs one. */
    void check(String name) throws Exception {
        Check check = checks.get(name);
        if (check == null) {
            throw new AssertionError("no check named " + name);
        }
        try (JavaPeer peer = era == Era.MODERN ? new JavaModernPeer(endpoint) : new JavaLegacyPeer(endpoint)) {
            check.run(peer);
        }
    }

    /** The fields of a form, with what is to be said or a name. */
    static Map<String, Object> filled(Notes notes, Map<String, Object> schema) {
        Map<String, Object> content = new HashMap<>();
        if (schema.get("properties") instanceof Map<?, ?> properties) {
            properties
                    .keySet()
                    .forEach(field ->
                            content.put(String.valueOf(field), notes.form.getOrDefault(String.valueOf(field), "Ada")));
        }
        return content;
    }

    private void reads() {
        checks.put(
                "connect",
                peer -> assertThat(peer.capabilities().propertyNames())
                        .contains("tools", "prompts", "resources", "completions"));
        checks.put("ping", JavaPeer::ping);
        checks.put(
                "listTools",
                peer -> assertThat(members(peer.list("tools"), "name"))
                        .contains("echo", "test_simple_text", "test_tool_with_progress")
                        .doesNotHaveDuplicates());
        checks.put("prompts", peer -> {
            assertThat(members(peer.list("prompts"), "name"))
                    .contains("test_simple_prompt", "test_prompt_with_arguments");
            JsonNode prompt = peer.prompt("test_prompt_with_arguments", Map.of("arg1", "first", "arg2", "second"));
            assertThat(prompt.at("/messages/0/content/text").asString())
                    .isEqualTo("Prompt with arguments: arg1='first', arg2='second'");
        });
        checks.put(
                "completion",
                peer -> assertThat(peer.complete("test_prompt_with_arguments", "arg1", "par"))
                        .containsExactly("paris", "park", "party"));
        checks.put("resources", peer -> {
            assertThat(members(peer.list("resources"), "uri")).contains("test://static-text", "test://static-binary");
            assertReads(peer, "test://static-text", "This is the content of the static text resource.");
            String blob =
                    peer.read("test://static-binary").at("/contents/0/blob").asString();
            assertThat(new String(Base64.getDecoder().decode(blob), 1, 3, US_ASCII))
                    .isEqualTo("PNG");
        });
        checks.put("template", peer -> {
            assertThat(members(peer.list("resourceTemplates"), "uriTemplate")).contains("test://template/{id}/data");
            assertReads(peer, "test://template/42/data", "42");
        });
        checks.put(
                "pages",
                peer -> assertThat(members(peer.list("resources"), "uri"))
                        .doesNotHaveDuplicates()
                        .containsAll(IntStream.rangeClosed(1, 300)
                                .mapToObj(n -> "test://numbered/" + n)
                                .toList()));
        checks.put(
                "unknownResource",
                peer -> assertThat(code(peer, () -> peer.read("test://no-such-resource")))
                        .isIn(era == Era.MODERN ? List.of(-32602) : List.of(-32602, -32002)));
    }

    private void calls() {
        checks.put("call", peer -> {
            assertThat(text(peer.call("test_simple_text", Map.of())))
                    .isEqualTo("This is a simple text response for testing.");
            String message = "\u00fc \u4f60 \"quoted\"";
            assertThat(text(peer.call("echo", Map.of("message", message)))).isEqualTo(message);
        });
        checks.put(
                "callsSideBySide",
                peer -> assertThat(IntStream.range(0, 20)
                                .parallel()
                                .mapToObj(n -> text(peer.call("echo", Map.of("message", "side " + n + " by side"))))
                                .toList())
                        .isEqualTo(IntStream.range(0, 20)
                                .mapToObj(n -> "side " + n + " by side")
                                .toList()));
        checks.put("structured", peer -> {
            JsonNode found = peer.call("structured", Map.of()).get("structuredContent");
            assertThat(found.path("degrees").asDouble()).isEqualTo(21.5);
            assertThat(found.path("unit").asString()).isEqualTo("C");
        });
        checks.put(
                "toolError",
                peer -> assertThat(peer.call("test_error_handling", Map.of())
                                .path("isError")
                                .asBoolean())
                        .isTrue());
        // Some servers answer an unknown tool with a result that says isError, others with a JSON-RPC error.
        checks.put("unknownTool", peer -> {
            try {
                assertThat(peer.call("no_such_tool", Map.of()).path("isError").asBoolean())
                        .isTrue();
            } catch (RuntimeException e) {
                assertThat(peer.code(e)).as(e.toString()).isEqualTo(-32602);
            }
        });
        // The client of the older revisions hands each notification to a thread of its own, so their order is lost
        // there.
        checks.put("progress", peer -> {
            JsonNode unused = peer.call("test_tool_with_progress", Map.of());
            Notes notes = peer.notes();
            assertThat(List.of(Notes.next(notes.progress), Notes.next(notes.progress), Notes.next(notes.progress)))
                    .containsExactlyInAnyOrder(0.0, 50.0, 100.0);
        });
        checks.put("logging", peer -> {
            JsonNode unused = peer.callWithLog("test_tool_with_logging");
            Notes notes = peer.notes();
            assertThat(List.of(Notes.next(notes.logged), Notes.next(notes.logged), Notes.next(notes.logged)))
                    .anyMatch(line -> line.contains("Tool execution started"))
                    .anyMatch(line -> line.contains("Tool processing data"))
                    .anyMatch(line -> line.contains("Tool execution completed"));
        });
        checks.put("cancel", peer -> {
            peer.giveUp("sleep", Map.of("ms", 30_000));
            assertThat(text(peer.call("echo", Map.of("message", "still here")))).isEqualTo("still here");
        });
        checks.put(
                "resumption",
                peer -> assertThat(text(peer.call("test_reconnection", Map.of())))
                        .isEqualTo("Reconnected"));
        checks.put("resourceLink", peer -> {
            JsonNode link = peer.call("link", Map.of()).at("/content/0");
            assertThat(link.path("type").asString()).isEqualTo("resource_link");
            assertReads(peer, link.path("uri").asString(), "static text resource");
        });
        checks.put(
                "embeddedResource",
                peer -> assertThat(peer.call("test_embedded_resource", Map.of())
                                .at("/content/0/resource/uri")
                                .asString())
                        .isEqualTo("test://embedded-resource"));
    }

    private void questions() {
        checks.put(
                "elicitation",
                peer -> asks(
                        peer,
                        "test_elicitation",
                        Map.of("message", "Who are you?"),
                        Map.of("email", "a@b.example"),
                        "Ada",
                        "Who are you?"));
        checks.put(
                "declinedElicitation",
                peer -> asks(
                        peer, "test_elicitation", Map.of("message", "Who are you?"), null, "decline", "Who are you?"));
        checks.put(
                "elicitationByUrl",
                peer -> asks(peer, "ask_by_url", Map.of(), Map.of(), "accept", "https://pages.example/sign?for=Ada"));
        checks.put(
                "sampling",
                peer -> asks(
                        peer,
                        "test_sampling",
                        Map.of("prompt", "Which capital?"),
                        Map.of(),
                        "Paris, said Ada",
                        "Which capital?"));
        checks.put("roots", peer -> asks(peer, "test_roots", Map.of(), Map.of(), "file:///srv/data"));
        checks.put(
                "rounds",
                peer -> asks(
                        peer,
                        "ask_twice",
                        Map.of(),
                        Map.of("colour", "green"),
                        "Ada likes green",
                        "Which name?",
                        "Which colour?"));
        checks.put("askedOutside", peer -> asks(peer, "ask_outside", Map.of(), Map.of(), "Ada", "Outside?"));
    }

    private void changes() {
        checks.put("listChanged", peer -> {
            peer.listen(null);
            assertHears(peer, "test_trigger_tool_change", "tools");
        });
        checks.put("resourceUpdated", peer -> {
            peer.listen(WATCHED);
            assertHears(peer, "test_trigger_resource_update", WATCHED);
        });
    }

    /**
     * The client does not say when its stream is open, so the change is made again until it is heard; for twelve seconds, because
     * lists that change often are read every five.
     */
    private static void assertHears(JavaPeer peer, String tool, String change) {
        List<String> heard = new ArrayList<>();
        for (int i = 0; i < 12 && !heard.contains(change); i++) {
            JsonNode unused = peer.call(tool, Map.of());
            String next = Notes.next(peer.notes().changed, 1_000);
            while (next != null && !next.equals(change)) {
                heard.add(next);
                next = Notes.next(peer.notes().changed, 1_000);
            }
            if (next != null) {
                heard.add(next);
            }
        }
        assertThat(heard).contains(change);
    }

    private static void asks(
            JavaPeer peer,
            String tool,
            Map<String, Object> arguments,
            @Nullable Map<String, Object> accepted,
            String answer,
            String... questions) {
        peer.notes().accepts = accepted != null;
        peer.notes().form = accepted == null ? Map.of() : accepted;
        assertThat(text(peer.call(tool, arguments))).contains(answer);
        assertThat(peer.notes().asked).containsExactly(questions);
    }

    private static void assertReads(JavaPeer peer, String uri, String text) {
        JsonNode content = peer.read(uri).at("/contents/0");
        assertThat(content.path("uri").asString()).isEqualTo(uri);
        assertThat(content.path("text").asString()).contains(text);
    }

    private static int code(JavaPeer peer, Supplier<JsonNode> request) {
        try {
            JsonNode unused = request.get();
            return 0;
        } catch (RuntimeException e) {
            return peer.code(e);
        }
    }

    private static String text(JsonNode result) {
        return result.at("/content/0/text").asString();
    }

    private static Stream<String> members(JsonNode list, String name) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(one -> one.path(name).asString());
    }
}
