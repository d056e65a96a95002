package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ScriptedServer;
import io.headgate.testkit.ScriptedServer.Reply;
import io.headgate.testkit.ScriptedServer.Request;
import io.headgate.testkit.SessionClient;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** MCP Apps of a server with sessions, through a whole gateway, to clients of both eras. */
class InterfacesOverTheWireTest {
    private static final String SHOWS =
            "{\"extensions\":{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[\"text/html;profile=mcp-app\"]}}}";
    private static final String PROTECTS =
            "\"_meta\":{\"ui\":{\"csp\":{\"connectDomains\":[ \"https:\\/\\/a.example\" ]},"
                    + "\"permissions\":{\"camera\":{}}}}";

    private final ScriptedServer server = new ScriptedServer(this::answer);
    private final Gateway gateway = Gateway.start(Config.of(
            new Address("127.0.0.1", 0),
            new Address("127.0.0.1", 0),
            List.of(new UpstreamConfig(
                    "u1",
                    server.url(),
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
        server.close();
    }

    @Test
    void clientsOfBothErasSeeWhatTheyCanShow() {
        String with = "\"_meta\":{\"ui\":{\"resourceUri\":\"ui://u1+v/t\",\"visibility\":[\"model\"]},"
                + "\"ui/resourceUri\":\"ui://u1+v/t\"}";
        SessionClient session = session(SHOWS);
        assertThat(modern("tools/list", "", "", SHOWS)).contains("u1__t", "u1__app", with);
        assertThat(inSession(session, "tools/list", "{}")).contains("u1__t", "u1__app", with);
        SessionClient blind = session("{}");
        assertThat(modern("tools/list", "", "", "{}"))
                .contains("u1__t")
                .doesNotContain("u1__app")
                .doesNotContain("ui://");
        assertThat(inSession(blind, "tools/list", "{}"))
                .contains("u1__t")
                .doesNotContain("u1__app")
                .doesNotContain("ui://");
        String uri = "\"uri\":\"ui://u1+v/t\"";
        assertThat(modern("resources/read", "ui://u1+v/t", uri, SHOWS)).contains(uri, PROTECTS);
        assertThat(inSession(session, "resources/read", "{" + uri + "}")).contains(uri, PROTECTS);
        assertThat(received())
                .anyMatch(message -> message.contains("resources/read") && message.contains("\"ui://v/t\""))
                .noneMatch(message -> message.contains("ui://u1+"));
    }

    @Test
    void theExtensionPassesBetweenClientAndServer() {
        assertThat(modern("server/discover", "", "", "{}")).contains("{\"io.modelcontextprotocol/ui\":{ }}");
        assertThat(received())
                .filteredOn(message -> message.contains("\"initialize\""))
                .allMatch(message -> message.contains("\"io.modelcontextprotocol/ui\""));
        SessionClient session = session(SHOWS.replace("profile=mcp-app", "profile=mine"));
        assertThat(inSession(session, "tools/call", "{\"name\":\"u1__t\"}")).contains("done");
        assertThat(received())
                .anyMatch(message -> message.contains("\"initialize\"") && message.contains("profile=mine"));
    }

    @Test
    void nobodyIsLedToBeginATaskOfASession() {
        SessionClient session = session("{\"tasks\":{\"list\":{}}}");
        String call = "{\"task\":{\"ttl\":1},\"name\":\"u1__t\"}";
        assertThat(inSession(session, "tools/call", call)).contains("done");
        assertThat(modern("tools/call", "u1__t", "\"name\":\"u1__t\",\"task\":{}", "{}"))
                .contains("done");
        assertThat(received())
                .filteredOn(message -> message.contains("tools/call"))
                .hasSize(2);
        assertThat(received()).noneMatch(message -> message.contains("\"task"));
    }

    private List<String> received() {
        return server.requests().stream().map(Request::body).toList();
    }

    private Reply answer(Request request) {
        if (!request.httpMethod().equals("POST")) {
            return new Reply(405, Map.of(), "");
        }
        if (request.method().startsWith("notifications/")) {
            return Reply.ACCEPTED;
        }
        String result = result(request.method());
        Reply reply = result == null ? request.error(-32601, "Method not found") : request.result(result);
        return request.method().equals("initialize")
                ? reply.with("Mcp-Session-Id", "s" + server.requests().size())
                : reply;
    }

    private static @Nullable String result(String method) {
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

    private String modern(String method, String name, String members, String capabilities) {
        ModernClient client = ModernClient.declaring(
                URI.create("http://127.0.0.1:" + gateway.address().getPort() + "/mcp"), capabilities);
        return client.exchange(client.request(7, method, name, members, "").build())
                .body();
    }

    private SessionClient session(String capabilities) {
        SessionClient opened = SessionClient.of(gateway.address(), capabilities);
        assertThat(opened.welcome()).contains("\"extensions\":{\"io.modelcontextprotocol/ui\":{ }}");
        return opened;
    }

    private static String inSession(SessionClient session, String method, String params) {
        return session.exchange(session.request(8, method, params)).body();
    }
}
