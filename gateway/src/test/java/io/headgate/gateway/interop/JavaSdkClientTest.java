package io.headgate.gateway.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageResult;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The Java SDK's client, which speaks the legacy era only, against servers of both. */
@ParameterizedClass
@EnumSource(Era.class)
@Timeout(value = 1, unit = TimeUnit.MINUTES)
// The newest revision deprecates sampling and log levels; clients still use them.
@SuppressWarnings("deprecation")
class JavaSdkClientTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static final Deque<AutoCloseable> RUNNING = new ArrayDeque<>();
    private static URI endpoint = URI.create("");

    private final Era era;
    private final BlockingQueue<String> questions = new LinkedBlockingQueue<>();
    private final BlockingQueue<Double> progress = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> logged = new LinkedBlockingQueue<>();
    private McpSyncClient client;

    JavaSdkClientTest(Era era) {
        this.era = era;
    }

    @BeforeAll
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    static void install() {
        InteropTools.install();
    }

    @BeforeParameterizedClassInvocation
    static void start(Era era) {
        PeerProcess server = PeerProcess.node("server-v2.mjs", "--era", era.option());
        RUNNING.push(server);
        Upstream upstream = Upstream.of("fixture", Upstream.Wire.HTTP, era, server.uri("/mcp"));
        Front headgate = HeadgateFixture.before(Era.LEGACY, upstream);
        RUNNING.push(headgate);
        endpoint = headgate.mcp();
    }

    @AfterParameterizedClassInvocation
    static void stop() throws Exception {
        while (!RUNNING.isEmpty()) {
            RUNNING.pop().close();
        }
    }

    @BeforeEach
    void connect() {
        client = McpClient.sync(HttpClientStreamableHttpTransport.builder(
                                endpoint.resolve("/").toString())
                        .endpoint(endpoint.getPath())
                        .build())
                .clientInfo(
                        Implementation.builder("headgate-interop-java", "1.0.0").build())
                .capabilities(
                        ClientCapabilities.builder().sampling().elicitation().build())
                .requestTimeout(LIMIT)
                .initializationTimeout(LIMIT)
                .elicitation(request -> {
                    questions.add(request.message());
                    return ElicitResult.builder(ElicitResult.Action.ACCEPT)
                            .content(Map.of("name", "Ada", "username", "Ada", "email", "ada@example.com"))
                            .build();
                })
                .sampling(request -> {
                    questions.add(text(request.messages().get(0).content()));
                    return CreateMessageResult.builder(Role.ASSISTANT, "Paris", "none")
                            .build();
                })
                .progressConsumer(notification -> progress.add(notification.progress()))
                .loggingConsumer(notification -> logged.add(notification.data()))
                .build();
        client.initialize();
    }

    @AfterEach
    void disconnect() {
        assertThat(client.closeGracefully()).isTrue();
    }

    @Test
    void learnsWhatTheServerCan() {
        assertThat(client.getServerInfo().name()).isNotEmpty();
        assertThat(client.getServerCapabilities().tools()).isNotNull();
        assertThat(client.getServerCapabilities().prompts()).isNotNull();
        assertThat(client.getServerCapabilities().resources()).isNotNull();
        assertThat(client.getServerCapabilities().completions()).isNotNull();
    }

    @Test
    void listsTools() {
        assertThat(client.listTools().tools())
                .extracting(Tool::name)
                .contains("echo", "test_simple_text", "test_tool_with_progress")
                .doesNotHaveDuplicates();
    }

    @Test
    void callsATool() {
        assertThat(call("test_simple_text", Map.of())).isEqualTo("This is a simple text response for testing.");
        assertThat(call("echo", Map.of("message", "\u00fc \u4f60 \"quoted\""))).isEqualTo("\u00fc \u4f60 \"quoted\"");
    }

    @Test
    void seesTheErrorOfATool() {
        CallToolResult result = client.callTool(CallToolRequest.builder("test_error_handling")
                .arguments(Map.of())
                .build());

        assertThat(result.isError()).isTrue();
    }

    @Test
    void isRefusedAnUnknownResource() {
        ReadResourceRequest request =
                ReadResourceRequest.builder("test://no-such-resource").build();

        assertThatExceptionOfType(McpError.class)
                .isThrownBy(() -> client.readResource(request))
                .satisfies(error -> assertThat(error.getJsonRpcError().code()).isIn(-32602, -32002));
    }

    @Test
    void seesProgress() throws InterruptedException {
        client.callTool(CallToolRequest.builder("test_tool_with_progress")
                .arguments(Map.of())
                .progressToken("java-1")
                .build());

        // This client hands each one to a thread of its own, so their order is lost here; the other clients see it.
        assertThat(List.of(next(progress), next(progress), next(progress))).containsExactlyInAnyOrder(0.0, 50.0, 100.0);
    }

    @Test
    void readsResources() {
        assertThat(client.listResources().resources())
                .extracting(Resource::uri)
                .contains("test://static-text", "test://static-binary");
        assertThat(client.listResourceTemplates().resourceTemplates())
                .extracting(ResourceTemplate::uriTemplate)
                .contains("test://template/{id}/data");
        assertThat(read("test://static-text")).isEqualTo("This is the content of the static text resource.");
        assertThat(read("test://template/42/data")).contains("42");
    }

    @Test
    void getsPrompts() {
        assertThat(client.listPrompts().prompts())
                .extracting(Prompt::name)
                .contains("test_simple_prompt", "test_prompt_with_arguments");
        GetPromptRequest request = GetPromptRequest.builder("test_prompt_with_arguments")
                .arguments(Map.of("arg1", "first", "arg2", "second"))
                .build();

        assertThat(text(client.getPrompt(request).messages().get(0).content()))
                .isEqualTo("Prompt with arguments: arg1='first', arg2='second'");
    }

    @Test
    void completesAnArgument() {
        CompleteRequest request = CompleteRequest.builder(
                        PromptReference.builder("test_prompt_with_arguments").build(),
                        new CompleteRequest.CompleteArgument("arg1", "par"))
                .build();

        assertThat(client.completeCompletion(request).completion().values()).containsExactly("paris", "park", "party");
    }

    @Test
    void answersAnElicitation() throws InterruptedException {
        if (era == Era.MODERN) {
            assertThat(call("test_input_required_result_elicitation", Map.of())).isEqualTo("Hello, Ada!");
            assertThat(next(questions)).isEqualTo("What is your name?");
        } else {
            assertThat(call("test_elicitation", Map.of("message", "Who are you?")))
                    .contains("action=accept", "Ada");
            assertThat(next(questions)).isEqualTo("Who are you?");
        }
        assertThat(questions).isEmpty();
    }

    @Test
    void answersASampling() throws InterruptedException {
        if (era == Era.MODERN) {
            assertThat(call("test_input_required_result_sampling", Map.of())).isEqualTo("Paris");
            assertThat(next(questions)).isEqualTo("What is the capital of France?");
        } else {
            assertThat(call("test_sampling", Map.of("prompt", "Which capital?")))
                    .isEqualTo("LLM response: Paris");
            assertThat(next(questions)).isEqualTo("Which capital?");
        }
        assertThat(questions).isEmpty();
    }

    @Test
    void seesLogMessages() throws InterruptedException {
        client.setLoggingLevel(LoggingLevel.INFO);
        call("test_tool_with_logging", Map.of());

        assertThat(next(logged)).isEqualTo("Tool execution started");
        assertThat(next(logged)).isEqualTo("Tool processing data");
        assertThat(next(logged)).isEqualTo("Tool execution completed");
    }

    private String call(String tool, Map<String, Object> arguments) {
        CallToolResult result = client.callTool(
                CallToolRequest.builder(tool).arguments(arguments).build());
        assertThat(result.isError()).isNotEqualTo(true);
        return text(result.content().get(0));
    }

    private String read(String uri) {
        return client.readResource(ReadResourceRequest.builder(uri).build()).contents().stream()
                .map(contents -> ((TextResourceContents) contents).text())
                .findFirst()
                .orElseThrow();
    }

    private static String text(Object content) {
        Object first = content instanceof List<?> list ? list.get(0) : content;
        return ((TextContent) first).text();
    }

    private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        T value = queue.poll(5, TimeUnit.SECONDS);
        assertThat(value).isNotNull();
        return value;
    }
}
