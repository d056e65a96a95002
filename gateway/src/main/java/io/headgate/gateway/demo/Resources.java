package io.headgate.gateway.demo;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import tools.jackson.databind.node.ObjectNode;

/** The resources of the conformance suite, and the journal. */
final class Resources {
    static final String WATCHED = "test://watched-resource";

    private static final String TEXT = "test://static-text";
    private static final String BINARY = "test://static-binary";
    private static final String TEMPLATE = "test://template/{id}/data";
    private static final Pattern TEMPLATE_URI = Pattern.compile("test://template/([^/]+)/data");

    private final Journal journal;

    Resources(Journal journal) {
        this.journal = journal;
    }

    List<ObjectNode> definitions() {
        return List.of(
                definition(TEXT, "Static text", "A text that does not change", "text/plain"),
                definition(BINARY, "Static binary", "An image that does not change", "image/png"),
                definition(WATCHED, "Watched resource", "A resource to subscribe to", "text/plain"),
                definition(Journal.URI, "Journal", "What has been appended", "text/plain"));
    }

    List<ObjectNode> templates() {
        return List.of(Json.object()
                .put("uriTemplate", TEMPLATE)
                .put("name", "Template")
                .put("description", "A resource with a parameter")
                .put("mimeType", "application/json"));
    }

    boolean exists(String uri) {
        return contents(uri) != null;
    }

    Flux<Frame> read(Call call) {
        String uri = call.params().path("uri").asString("");
        ObjectNode contents = contents(uri);
        if (contents == null) {
            throw new RpcFailure(
                    200,
                    call.client().resourceNotFound(),
                    "Resource not found",
                    Json.object().put("uri", uri));
        }
        ObjectNode result = Json.object();
        result.putArray("contents").add(contents);
        return Flux.just(new Frame.Result(result));
    }

    private @Nullable ObjectNode contents(String uri) {
        return switch (uri) {
            case TEXT -> text(uri, "text/plain", "This is the content of the static text resource.");
            case BINARY ->
                Json.object().put("uri", uri).put("mimeType", "image/png").put("blob", Samples.PNG);
            case WATCHED -> text(uri, "text/plain", "Watched resource content");
            case Journal.URI -> text(uri, "text/plain", journal.text());
            default -> fromTemplate(uri);
        };
    }

    private static @Nullable ObjectNode fromTemplate(String uri) {
        Matcher matcher = TEMPLATE_URI.matcher(uri);
        if (!matcher.matches()) {
            return null;
        }
        String id = matcher.group(1);
        ObjectNode data = Json.object().put("id", id).put("templateTest", true).put("data", "Data for ID: " + id);
        return text(uri, "application/json", data.toString());
    }

    private static ObjectNode text(String uri, String mimeType, String text) {
        return Json.object().put("uri", uri).put("mimeType", mimeType).put("text", text);
    }

    private static ObjectNode definition(String uri, String name, String description, String mimeType) {
        return Json.object()
                .put("uri", uri)
                .put("name", name)
                .put("description", description)
                .put("mimeType", mimeType);
    }
}
