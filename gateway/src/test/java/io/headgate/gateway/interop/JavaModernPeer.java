package io.headgate.gateway.interop;

import static io.headgate.gateway.interop.JavaPeer.wire;

import io.modelcontextprotocol.modern.McpException;
import io.modelcontextprotocol.modern.McpSchema.ElicitResult;
import io.modelcontextprotocol.modern.McpSchema.Implementation;
import io.modelcontextprotocol.modern.McpSchema.ListResourcesResult;
import io.modelcontextprotocol.modern.McpSchema.PromptReference;
import io.modelcontextprotocol.modern.McpSchema.Resource;
import io.modelcontextprotocol.modern.client.McpClient;
import io.modelcontextprotocol.modern.client.McpSyncClient;
import io.modelcontextprotocol.modern.client.McpTimeoutException;
import io.modelcontextprotocol.modern.client.SubscriptionEvent;
import io.modelcontextprotocol.modern.client.SubscriptionEvent.ResourceUpdated;
import io.modelcontextprotocol.modern.client.SubscriptionEvent.ToolsListChanged;
import io.modelcontextprotocol.modern.client.transport.HttpClientMcpTransport;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The client of the Java SDK for 2026-07-28. It answers elicitations only. */
final class JavaModernPeer implements JavaPeer {
    private final Notes notes = new Notes();
    private final List<McpSyncClient.Listening> listenings = new ArrayList<>();
    private final McpSyncClient client;

    JavaModernPeer(URI endpoint) {
        client = McpClient.sync(HttpClientMcpTransport.builder(endpoint).build())
                .clientInfo(
                        Implementation.builder("headgate-interop-java", "1.0.0").build())
                .callTimeout(Duration.ofSeconds(20))
                .formElicitation(request -> {
                    notes.asked.add(request.message());
                    return notes.accepts
                            ? ElicitResult.accept(JavaChecks.filled(notes, request.requestedSchema()))
                            : ElicitResult.decline();
                })
                .urlElicitation(request -> {
                    notes.asked.add(request.url());
                    return ElicitResult.builder(ElicitResult.Action.ACCEPT).build();
                })
                .progress(progress -> notes.progress.add(progress.progress()))
                .build();
    }

    @Override
    public Notes notes() {
        return notes;
    }

    @Override
    public JsonNode capabilities() {
        return wire(client.discover().capabilities());
    }

    @Override
    public void ping() {
        throw new UnsupportedOperationException("the newer revision has no ping");
    }

    @Override
    public JsonNode call(String tool, Map<String, Object> arguments) {
        return wire(client.tool(tool).arguments(arguments).call());
    }

    @Override
    public JsonNode callWithLog(String tool) {
        throw new UnsupportedOperationException("this client takes no log messages");
    }

    @Override
    public void giveUp(String tool, Map<String, Object> arguments) {
        try {
            throw new AssertionError("not cancelled: "
                    + client.tool(tool)
                            .arguments(arguments)
                            .callTimeout(Duration.ofMillis(500))
                            .call());
        } catch (McpTimeoutException expected) {
            // The client closes the stream of its request, which cancels it.
        }
    }

    @Override
    public JsonNode list(String kind) {
        return wire(
                switch (kind) {
                    case "tools" -> client.listTools().list().tools();
                    case "prompts" -> client.prompts().list().prompts();
                    case "resources" -> resources();
                    case "resourceTemplates" ->
                        client.resourceTemplates().list().resourceTemplates();
                    default -> throw new IllegalArgumentException(kind);
                });
    }

    private List<Resource> resources() {
        ListResourcesResult page = client.resources().list();
        List<Resource> all = new ArrayList<>(page.resources());
        while (page.nextCursor() != null) {
            page = client.resources().cursor(page.nextCursor()).list();
            all.addAll(page.resources());
        }
        return all;
    }

    @Override
    public JsonNode prompt(String name, Map<String, String> arguments) {
        return wire(client.prompt(name).arguments(arguments).get());
    }

    @Override
    public List<String> complete(String prompt, String argument, String value) {
        return client.completion(PromptReference.builder(prompt).build(), argument, value)
                .complete()
                .completion()
                .values();
    }

    @Override
    public JsonNode read(String uri) {
        return wire(client.resource(uri).read());
    }

    @Override
    public void listen(@Nullable String resource) {
        McpSyncClient.ListenSpec wanted = client.listen();
        listenings.add((resource == null ? wanted.toolsChanged() : wanted.resourceUpdates(resource)).open(this::heard));
    }

    private void heard(SubscriptionEvent event) {
        if (event instanceof ToolsListChanged) {
            notes.changed.add("tools");
        } else if (event instanceof ResourceUpdated updated) {
            notes.changed.add(updated.uri());
        }
    }

    @Override
    public int code(RuntimeException error) {
        return error instanceof McpException protocol ? protocol.error().code() : 0;
    }

    @Override
    public void close() {
        listenings.forEach(McpSyncClient.Listening::close);
    }
}
