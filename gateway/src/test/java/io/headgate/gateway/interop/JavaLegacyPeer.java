package io.headgate.gateway.interop;

import static io.headgate.gateway.interop.JavaPeer.wire;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageRequest;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageResult;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.Root;
import io.modelcontextprotocol.spec.McpSchema.SubscribeRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The client of the Java SDK for the older revisions, with sessions. */
// The newest revision deprecates sampling, roots and log levels; clients still use them.
@SuppressWarnings("deprecation")
final class JavaLegacyPeer implements JavaPeer {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Notes notes = new Notes();
    private final McpSyncClient client;

    JavaLegacyPeer(URI endpoint) {
        client = McpClient.sync(HttpClientStreamableHttpTransport.builder(
                                endpoint.resolve("/").toString())
                        .endpoint(endpoint.getPath())
                        .build())
                .clientInfo(
                        Implementation.builder("headgate-interop-java", "1.0.0").build())
                .capabilities(ClientCapabilities.builder()
                        .sampling()
                        .elicitation(true, true)
                        .roots(true)
                        .build())
                .roots(Root.builder("file:///srv/data").name("data").build())
                .requestTimeout(LIMIT)
                .initializationTimeout(LIMIT)
                .elicitation(request -> {
                    notes.asked.add(request.message());
                    return answer(JavaChecks.filled(notes, request.requestedSchema()));
                })
                .urlElicitation(request -> {
                    notes.asked.add(request.url());
                    return answer(null);
                })
                .sampling(this::sampled)
                .progressConsumer(notification -> notes.progress.add(notification.progress()))
                .loggingConsumer(notification -> notes.logged.add(notification.data()))
                .toolsChangeConsumer(tools -> notes.changed.add("tools"))
                .resourcesUpdateConsumer(contents -> contents.forEach(content -> notes.changed.add(content.uri())))
                .build();
        client.initialize();
    }

    private ElicitResult answer(@Nullable Map<String, Object> content) {
        if (!notes.accepts) {
            return ElicitResult.builder(ElicitResult.Action.DECLINE).build();
        }
        ElicitResult.Builder accepted = ElicitResult.builder(ElicitResult.Action.ACCEPT);
        return content == null ? accepted.build() : accepted.content(content).build();
    }

    private CreateMessageResult sampled(CreateMessageRequest request) {
        Object content = request.messages().get(0).content();
        Object first = content instanceof List<?> list ? list.get(0) : content;
        notes.asked.add(((TextContent) first).text());
        return CreateMessageResult.builder(Role.ASSISTANT, "Paris, said Ada", "none")
                .build();
    }

    @Override
    public Notes notes() {
        return notes;
    }

    @Override
    public JsonNode capabilities() {
        return wire(client.getServerCapabilities());
    }

    @Override
    public void ping() {
        Object unused = client.ping();
    }

    @Override
    public JsonNode call(String tool, Map<String, Object> arguments) {
        return wire(client.callTool(CallToolRequest.builder(tool)
                .arguments(arguments)
                .progressToken("java-1")
                .build()));
    }

    @Override
    public JsonNode callWithLog(String tool) {
        client.setLoggingLevel(LoggingLevel.INFO);
        return call(tool, Map.of());
    }

    @Override
    public void giveUp(String tool, Map<String, Object> arguments) {
        throw new UnsupportedOperationException("this client cannot cancel a call");
    }

    @Override
    public JsonNode list(String kind) {
        return wire(
                switch (kind) {
                    case "tools" -> client.listTools().tools();
                    case "prompts" -> client.listPrompts().prompts();
                    case "resources" -> client.listResources().resources();
                    case "resourceTemplates" -> client.listResourceTemplates().resourceTemplates();
                    default -> throw new IllegalArgumentException(kind);
                });
    }

    @Override
    public JsonNode prompt(String name, Map<String, String> arguments) {
        return wire(client.getPrompt(
                GetPromptRequest.builder(name).arguments(Map.copyOf(arguments)).build()));
    }

    @Override
    public List<String> complete(String prompt, String argument, String value) {
        return client.completeCompletion(CompleteRequest.builder(
                                PromptReference.builder(prompt).build(),
                                new CompleteRequest.CompleteArgument(argument, value))
                        .build())
                .completion()
                .values();
    }

    @Override
    public JsonNode read(String uri) {
        return wire(client.readResource(ReadResourceRequest.builder(uri).build()));
    }

    @Override
    public void listen(@Nullable String resource) {
        if (resource != null) {
            client.subscribeResource(SubscribeRequest.builder(resource).build());
        }
    }

    @Override
    public int code(RuntimeException error) {
        return error instanceof McpError protocol ? protocol.getJsonRpcError().code() : 0;
    }

    @Override
    public void close() {
        if (!client.closeGracefully()) {
            throw new AssertionError("the session does not close");
        }
    }
}
