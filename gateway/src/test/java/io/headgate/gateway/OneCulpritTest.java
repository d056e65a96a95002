package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ModernClient.Answer;
import io.headgate.testkit.RawHttp1;
import io.headgate.testkit.SessionClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.NettyOutbound;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What one caller or one server does by itself, and what the others notice of it: nothing. */
class OneCulpritTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String EVE = "key-of-eve-0f9d";
    private static final String ANN = "key-of-ann-77c1";
    private static final String CHANGED =
            "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n";

    private static final String FILTERS = """
            filters:
              - identity: {apiKeys: keys.yaml}
              - concurrency: {}
              - breaker: {}
              - retry: {}
              - timeout: 30s
            """;

    @TempDir
    private Path directory;

    private final DemoServer demo = DemoServer.start(DemoServerOptions.builder().build());
    private final AtomicInteger resumptions = new AtomicInteger();
    private volatile boolean floods;
    private @Nullable DisposableServer server;
    private @Nullable Gateway gateway;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle(this::handle)
                .bindNow();
        Files.writeString(directory.resolve("keys.yaml"), """
                keys:
                  - {caller: eve, key: "%s"}
                  - {caller: ann, key: "%s"}
                """.formatted(hash(EVE), hash(ANN)));
    }

    private Gateway gateway() throws Exception {
        return gateway(FILTERS);
    }

    private Gateway gateway(String more) throws Exception {
        Path file = directory.resolve("headgate.yaml");
        Files.writeString(file, """
                listen: 127.0.0.1:0
                admin: 127.0.0.1:0
                shutdown: {grace: 1s}
                mcpServers:
                  odd: {url: "http://127.0.0.1:%d/mcp", limits: {messageBytes: 64KiB}}
                  demo: {url: "%s"}
                %s
                """.formatted(Objects.requireNonNull(server).port(), demo.url(), more));
        Gateway started = Gateway.start(ConfigFile.read(file));
        gateway = started;
        Await.until("the gateway is ready", started::isReady);
        ModernClient client = new ModernClient(started.address(), "Authorization", "Bearer " + ANN);
        Await.until(
                "both servers answer",
                () -> client.call("odd__well", "{}").text().equals("well"));
        return started;
    }

    @AfterEach
    void stop() {
        if (gateway != null) {
            gateway.stop();
        }
        demo.stop();
        if (server != null) {
            server.disposeNow();
        }
    }

    private static String hash(String key) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
        return "sha256:" + HexFormat.of().formatHex(hash);
    }

    private NettyOutbound handle(HttpServerRequest request, HttpServerResponse response) {
        if (request.method().name().equals("GET")) {
            return stream(request, response);
        }
        return response.sendByteArray(request.receive()
                .aggregate()
                .asString()
                .defaultIfEmpty("{}")
                .map(MAPPER::readTree)
                .map(message -> answer(message, response)));
    }

    private NettyOutbound stream(HttpServerRequest request, HttpServerResponse response) {
        response.header("content-type", "text/event-stream");
        if (request.requestHeaders().contains("last-event-id")) {
            int number = resumptions.incrementAndGet();
            boolean isStuck = "stuck".equals(request.requestHeaders().get("last-event-id"));
            String id = isStuck ? "stuck" : "e" + number;
            return response.sendString(Mono.just("retry: 0\nid: " + id + "\ndata\n\n"));
        }
        if (!floods) {
            return response.sendString(Flux.concat(Mono.just(": hello\n\n"), Mono.never()));
        }
        return response.sendString(Flux.<String>generate(sink -> sink.next(CHANGED.repeat(100))));
    }

    private static byte[] answer(JsonNode message, HttpServerResponse response) {
        String id = message.path("id").toString();
        response.header("content-type", "application/json");
        String tool = message.at("/params/name").asString("");
        String result = switch (message.path("method").asString("")) {
            case "initialize" -> {
                response.header("mcp-session-id", "s" + System.nanoTime());
                yield "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{\"listChanged\":true}},"
                        + "\"serverInfo\":{\"name\":\"odd\",\"version\":\"1\"}}";
            }
            case "tools/list" ->
                "{\"tools\":[" + tool("well") + "," + tool("large") + "," + tool("crash") + "," + tool("error") + ","
                        + tool("polled") + "," + tool("stuck") + "]}";
            case "tools/call" -> called(tool, response);
            default -> "{}";
        };
        String body = result.startsWith("\"")
                ? "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"error\":{\"code\":-32603,\"message\":" + result + "}}"
                : "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":" + result + "}";
        String empty = "retry: 0\nid: " + tool + "\ndata\n\n";
        return (tool.equals("polled") || tool.equals("stuck") ? empty : body).getBytes(StandardCharsets.UTF_8);
    }

    private static String called(String tool, HttpServerResponse response) {
        if (tool.equals("crash")) {
            response.status(500).header("content-type", "text/plain");
        } else if (tool.equals("polled") || tool.equals("stuck")) {
            response.header("content-type", "text/event-stream");
        } else if (tool.equals("error")) {
            return "\"these arguments are too much for it\"";
        }
        String text = tool.equals("large") ? "x".repeat(100_000) : tool;
        return "{\"content\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}";
    }

    private static String tool(String name) {
        return "{\"name\":\"" + name + "\",\"inputSchema\":{\"type\":\"object\"}}";
    }

    @Test
    void answersThatAreTooLargeOpenNoBreaker() throws Exception {
        Gateway started = gateway();
        ModernClient eve = new ModernClient(started.address(), "Authorization", "Bearer " + EVE);
        ModernClient ann = new ModernClient(started.address(), "Authorization", "Bearer " + ANN);
        for (int i = 0; i < 30; i++) {
            Answer answer = eve.call("odd__large", "{}");
            assertThat(answer.last().at("/error/message").asString()).contains("too large");
        }
        assertThat(ann.call("odd__well", "{}").text()).isEqualTo("well");
        assertThat(eve.call("odd__well", "{}").text()).isEqualTo("well");
        assertThat(state(started)).contains("\"failed\":0").contains("\"onlyFor\":[]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"crash", "error"})
    void callsThatFailByTheirArgumentsRefuseTheirCallerOnly(String tool) throws Exception {
        Gateway started = gateway();
        ModernClient eve = new ModernClient(started.address(), "Authorization", "Bearer " + EVE);
        ModernClient ann = new ModernClient(started.address(), "Authorization", "Bearer " + ANN);
        int refused = 0;
        for (int i = 0; i < 50; i++) {
            Answer answer = eve.call("odd__" + tool, "{}");
            refused += answer.last().at("/error/code").asInt() == 1503 ? 1 : 0;
            assertThat(ann.call("odd__well", "{}").text()).isEqualTo("well");
        }
        // Beside the good calls of the other one no breaker opens, and without them only its own.
        for (int i = 0; i < 50; i++) {
            Answer answer = eve.call("odd__" + tool, "{}");
            refused += answer.last().at("/error/code").asInt() == 1503 ? 1 : 0;
        }
        assertThat(refused).isPositive();
        assertThat(ann.call("odd__well", "{}").text()).isEqualTo("well");
        assertThat(state(started)).contains("\"onlyFor\":[\"eve\"]");
    }

    @Test
    void aFloodOfChangesIsNotReadAsFastAsItComes() throws Exception {
        floods = true;
        Gateway started = gateway();
        GatewayMetrics metrics = new GatewayMetrics(started);
        Await.until("the flood is seen", () -> metrics.faults("flood") > 10);
        ModernClient ann = new ModernClient(started.address(), "Authorization", "Bearer " + ANN);
        for (int i = 0; i < 50; i++) {
            assertThat(ann.call("demo__echo", "{\"message\":\"hi\"}").text()).contains("hi");
        }
        assertThat(ann.call("odd__well", "{}").text()).isEqualTo("well");
    }

    /** It has an id, a pause of nothing, and never an answer. */
    @Test
    // Most of it is waiting, so the others run meanwhile.
    @Execution(ExecutionMode.CONCURRENT)
    void aServerThatWantsToBePolledAtOnceIsAskedLessAndLessOften() throws Exception {
        Gateway started = gateway();
        ModernClient ann = new ModernClient(started.address(), "Authorization", "Bearer " + ANN);
        var call = ann.send("tools/call", "odd__polled", "\"name\":\"odd__polled\",\"arguments\":{}", "");
        Long unused = Mono.delay(Duration.ofSeconds(5)).block();
        assertThat(resumptions.get()).isBetween(3, 40);
        call.cancel(true);
    }

    /** The same id again says that nothing came through since. */
    @Test
    void aServerThatGetsNoFurtherIsGivenUp() throws Exception {
        Gateway started = gateway();
        ModernClient ann = new ModernClient(started.address(), "Authorization", "Bearer " + ANN);
        Answer answer = ann.call("odd__stuck", "{}");
        assertThat(answer.last().has("error")).isTrue();
        assertThat(resumptions.get()).isEqualTo(5);
    }

    /** Two networks: one opens sessions as fast as it can, and the other one finds room for the few that it uses. */
    @Test
    void oneNetworkDoesNotFillTheTableOfSessions() throws Exception {
        Gateway started = gateway("sessions: {max: 50}");
        String others = "127.1.0.1";
        for (int i = 0; i < 200; i++) {
            assertThat(initialize(started, "127.0.0.1")).startsWith("HTTP/1.1 200 ");
        }
        String honest = initialize(started, others);
        assertThat(honest).startsWith("HTTP/1.1 200 ");
        String session = honest.lines()
                .filter(line -> line.startsWith("Mcp-Session-Id: "))
                .findFirst()
                .orElseThrow();
        String ping = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}";
        for (int i = 0; i < 200; i++) {
            assertThat(initialize(started, "127.0.0.1")).startsWith("HTTP/1.1 200 ");
            assertThat(post(started, others, ping, session)).startsWith("HTTP/1.1 200 ");
        }
        GatewayMetrics metrics = new GatewayMetrics(started);
        assertThat(metrics.get("headgate_sessions_active")).isEqualTo(50);
        assertThat(metrics.get("headgate_sessions_displaced_total")).isGreaterThan(300);
    }

    private static String initialize(Gateway gateway, String from) throws IOException {
        return post(gateway, from, SessionClient.initialize("2025-11-25", "{}"), "X: y");
    }

    private static String post(Gateway gateway, String from, String body, String field) throws IOException {
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(from, 0));
            socket.connect(gateway.address());
            String host = "127.0.0.1:" + gateway.address().getPort();
            return new RawHttp1(socket)
                    .send(RawHttp1.postTo(host, "/mcp", body, field, "Connection: close"))
                    .rest();
        }
    }

    private static String state(Gateway gateway) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + "/state");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body()
                .replaceAll("\\s", "");
    }
}
