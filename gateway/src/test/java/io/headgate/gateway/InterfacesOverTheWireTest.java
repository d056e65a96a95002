package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** MCP Apps of a server with sessions, through a whole gateway, to clients of both eras. */
class InterfacesOverTheWireTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String SHOWS =
            "{\"extensions\":{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[\"text/html;profile=mcp-app\"]}}}";
    private static final String PROTECTS =
            "\"_meta\":{\"ui\":{\"csp\":{\"connectDomains\":[ \"https:\\/\\/a.example\" ]},"
                    + "\"permissions\":{\"camera\":{}}}}";

    private final Queue<String> received = new ConcurrentLinkedQueue<>();
    private final HttpServer server = server();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Gateway gateway = Gateway.start(Config.of(
            new Address("127.0.0.1", 0),
            new Address("127.0.0.1", 0),
            List.of(new UpstreamConfig(
                    "u1",
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/mcp"),
                    UpstreamTransport.HTTP,
                    "u1__",
                    Map.of(),
                    /* isStateless= */ false,
                    /* http2PriorKnowledge= */ false,
                    /* trustFile= */ null,
                    UpstreamLimits.DEFAULT))));

    @BeforeEach
    void waitUntilReady() {
        Await.until("the gateway is ready", gateway::isReady);
    }

    @AfterEach
    void stop() {
        gateway.stop();
        server.stop(0);
    }

    @Test
    void clientsOfBothErasSeeWhatTheyCanShow() {
        String with = "\"_meta\":{\"ui\":{\"resourceUri\":\"ui://u1+v/t\",\"visibility\":[\"model\"]},"
                + "\"ui/resourceUri\":\"ui://u1+v/t\"}";
        String session = session(SHOWS);
        assertThat(modern("tools/list", null, "", SHOWS)).contains("u1__t", "u1__app", with);
        assertThat(inSession(session, "tools/list", "{}")).contains("u1__t", "u1__app", with);
        String blind = session("{}");
        assertThat(modern("tools/list", null, "", "{}"))
                .contains("u1__t")
                .doesNotContain("u1__app")
                .doesNotContain("ui://");
        assertThat(inSession(blind, "tools/list", "{}"))
                .contains("u1__t")
                .doesNotContain("u1__app")
                .doesNotContain("ui://");
        String uri = "\"uri\":\"ui://u1+v/t\"";
        assertThat(modern("resources/read", "ui://u1+v/t", uri + ",", SHOWS)).contains(uri, PROTECTS);
        assertThat(inSession(session, "resources/read", "{" + uri + "}")).contains(uri, PROTECTS);
        assertThat(received)
                .anyMatch(message -> message.contains("resources/read") && message.contains("\"ui://v/t\""))
                .noneMatch(message -> message.contains("ui://u1+"));
    }

    @Test
    void theExtensionPassesBetweenClientAndServer() {
        assertThat(modern("server/discover", null, "", "{}")).contains("{\"io.modelcontextprotocol/ui\":{ }}");
        assertThat(received)
                .filteredOn(message -> message.contains("\"initialize\""))
                .allMatch(message -> message.contains("\"io.modelcontextprotocol/ui\""));
        String session = session(SHOWS.replace("profile=mcp-app", "profile=mine"));
        assertThat(inSession(session, "tools/call", "{\"name\":\"u1__t\"}")).contains("done");
        assertThat(received)
                .anyMatch(message -> message.contains("\"initialize\"") && message.contains("profile=mine"));
    }

    @Test
    void nobodyIsLedToBeginATaskOfASession() {
        String session = session("{\"tasks\":{\"list\":{}}}");
        String call = "{\"task\":{\"ttl\":1},\"name\":\"u1__t\"}";
        assertThat(inSession(session, "tools/call", call)).contains("done");
        assertThat(modern("tools/call", "u1__t", "\"name\":\"u1__t\",\"task\":{},", "{}"))
                .contains("done");
        assertThat(received)
                .filteredOn(message -> message.contains("tools/call"))
                .hasSize(2);
        assertThat(received).noneMatch(message -> message.contains("\"task"));
    }

    private HttpServer server() {
        try {
            HttpServer made = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            made.createContext("/mcp", this::answer);
            made.start();
            return made;
        } catch (IOException notStarted) {
            throw new AssertionError(notStarted);
        }
    }

    private void answer(HttpExchange call) throws IOException {
        String message = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        received.add(message);
        String result = result(message);
        if (!call.getRequestMethod().equals("POST") || message.contains("notifications/")) {
            call.sendResponseHeaders(call.getRequestMethod().equals("GET") ? 405 : 202, -1);
            call.close();
            return;
        }
        String id = message.replaceFirst("(?s).*?\"id\":(\\d+).*", "$1");
        String answer = result == null
                ? "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}"
                : "\"result\":" + result;
        byte[] body = ("{\"jsonrpc\":\"2.0\",\"id\":" + id + "," + answer + "}").getBytes(StandardCharsets.UTF_8);
        call.getResponseHeaders().set("Content-Type", "application/json");
        if (message.contains("\"initialize\"")) {
            call.getResponseHeaders().set("Mcp-Session-Id", "s" + received.size());
        }
        call.sendResponseHeaders(200, body.length);
        call.getResponseBody().write(body);
        call.close();
    }

    private static @Nullable String result(String message) {
        String method = message.replaceFirst("(?s).*?\"method\":\"([^\"]*)\".*", "$1");
        return switch (method) {
            case "initialize" ->
                "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{},\"resources\":{},"
                        + "\"extensions\":{\"io.modelcontextprotocol/ui\":{ }}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}";
            case "tools/list" ->
                "{\"tools\":[{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\"},\"_meta\":{\"ui\":{\"resourceUri\":\"ui://v/t\","
                        + "\"visibility\":[\"model\"]},\"ui/resourceUri\":\"ui://v/t\"}},{\"name\":\"app\","
                        + "\"inputSchema\":{\"type\":\"object\"},\"_meta\":{\"ui\":{\"visibility\":[\"app\"]}}}]}";
            case "tools/call" -> "{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}";
            case "resources/list" -> "{\"resources\":[]}";
            case "resources/templates/list" -> "{\"resourceTemplates\":[]}";
            case "resources/read" ->
                "{\"contents\":[{\"uri\":\"ui://v/t\",\"mimeType\":\"text/html;profile=mcp-app\",\"text\":\"<p>\","
                        + PROTECTS + "}]}";
            default -> null;
        };
    }

    private String modern(String method, @Nullable String name, String members, String capabilities) {
        HttpRequest.Builder request =
                plain().header("MCP-Protocol-Version", "2026-07-28").header("Mcp-Method", method);
        if (name != null) {
            request.header("Mcp-Name", name);
        }
        return post(
                        request,
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":{" + members
                                + "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                                + "\"io.modelcontextprotocol/clientCapabilities\":" + capabilities + "}}}")
                .body();
    }

    private String session(String capabilities) {
        HttpResponse<String> opened = post(
                plain(),
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\","
                        + "\"capabilities\":" + capabilities + ",\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}");
        assertThat(opened.body()).contains("\"extensions\":{\"io.modelcontextprotocol/ui\":{ }}");
        return opened.headers().firstValue("mcp-session-id").orElseThrow();
    }

    private String inSession(String session, String method, String params) {
        return post(
                        plain().header("Mcp-Session-Id", session),
                        "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"" + method + "\",\"params\":" + params + "}")
                .body();
    }

    private HttpRequest.Builder plain() {
        return HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.address().getPort() + "/mcp"))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream");
    }

    private HttpResponse<String> post(HttpRequest.Builder request, String body) {
        try {
            return http.send(
                    request.POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException failed) {
            throw new AssertionError(failed);
        }
    }
}
