package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.gateway.CommandLine.UsageException;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ModernClient.Answer;
import io.headgate.testkit.ScriptedServer;
import io.headgate.testkit.ScriptedServer.Reply;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Servers that answer and are of no use: behind credentials, a redirect, a page for people, or not there at all. */
class UnusableServerTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final List<String> READS =
            List.of("tools/list", "prompts/list", "resources/list", "resources/templates/list", "server/discover");

    /** The answer of a server that has nothing, to all that it is asked. */
    private static final String EMPTY = "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],"
            + "\"capabilities\":{\"tools\":{}},\"tools\":[],\"ttlMs\":0,\"cacheScope\":\"private\"}";

    /** What clients are told: the code, its status in the newer era, and words of the reason. */
    private record Told(int code, int status, String words) {}

    private static final Map<String, Told> TOLD = new LinkedHashMap<>();

    static {
        TOLD.put("closed", new Told(1511, 502, "the upstream wants other credentials (status 401)"));
        TOLD.put("moved", new Told(1502, 502, "a redirect to https://elsewhere.example.com (status 302)"));
        TOLD.put("page", new Told(1502, 502, "text/html (expected: application/json or text/event-stream)"));
        TOLD.put("gone", new Told(1514, 503, "the upstream cannot be reached"));
    }

    @TempDir
    private Path directory;

    private final DemoServer live = DemoServer.start(DemoServerOptions.builder().build());
    private final AtomicBoolean isOpen = new AtomicBoolean();
    private final ScriptedServer closed = new ScriptedServer(
            request -> isOpen.get() ? request.result(EMPTY) : Reply.of(401, "application/json", "{}"));
    private final ScriptedServer moved = ScriptedServer.always(
            Reply.of(302, "text/html", "<html>").with("Location", "https://elsewhere.example.com/mcp?token=secret"));
    private final ScriptedServer page = ScriptedServer.always(Reply.of(200, "text/html", "<html>Sign in</html>"));
    private Gateway gateway;

    @BeforeEach
    void start() throws Exception {
        Path file = directory.resolve("headgate.yaml");
        Files.writeString(file, """
                listen: 127.0.0.1:0
                admin: 127.0.0.1:0
                shutdown: {grace: 1s}
                mcpServers:
                  live: {url: "%s"}
                  closed: {url: "%s"}
                  moved: {url: "%s"}
                  page: {url: "%s"}
                  gone: {url: "http://127.0.0.1:1/mcp"}
                """.formatted(live.url(), closed.url(), moved.url(), page.url()));
        gateway = Gateway.start(ConfigFile.read(file));
        Await.until("the gateway is ready", gateway::isReady);
    }

    @AfterEach
    void stop() {
        gateway.stop();
        live.stop();
        closed.close();
        moved.close();
        page.close();
    }

    @Test
    void theirOwnDoorsSayWhatIsWrong() {
        TOLD.forEach((server, told) -> {
            ModernClient client = ModernClient.of(gateway.address(), server);
            for (String method : READS) {
                Answer answer = client.ask(method, "", "", "");
                assertThat(answer.status()).as(method + " " + answer).isEqualTo(told.status());
                assertThat(answer.last().at("/error/code").asInt()).isEqualTo(told.code());
                assertThat(answer.last().at("/error/message").asString())
                        .startsWith("The server " + server + " is not available: ")
                        .contains(told.words())
                        .doesNotContain("secret");
            }
            assertThat(client.call("echo", "{}").last().at("/error/code").asInt())
                    .isEqualTo(told.code());
        });
    }

    @Test
    void noSessionIsOpenedAtThem() throws Exception {
        for (Map.Entry<String, Told> each : TOLD.entrySet()) {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                            + gateway.address().getPort() + "/mcp/" + each.getKey()))
                                    .header("Content-Type", "application/json")
                                    .header("Accept", "application/json, text/event-stream")
                                    .POST(HttpRequest.BodyPublishers.ofString("""
                                            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":\
                                            "2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"""))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(each.getValue().status());
            assertThat(answer.headers().firstValue("mcp-session-id")).isEmpty();
            JsonNode error = MAPPER.readTree(answer.body()).path("error");
            assertThat(error.path("code").asInt()).isEqualTo(each.getValue().code());
            assertThat(error.path("message").asString())
                    .contains(each.getValue().words());
        }
    }

    @Test
    void theFleetHasTheToolsOfTheOthers() {
        Answer answer = new ModernClient(gateway.address()).ask("tools/list", "", "", "");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.result().path("tools"))
                .isNotEmpty()
                .allMatch(tool -> tool.path("name").asString().startsWith("live__"));
    }

    @Test
    void theStateAndTheProbeSayWhatIsWrong() throws Exception {
        Await.until(
                "each server has an error",
                () -> TOLD.keySet().stream()
                        .noneMatch(name -> server(name).path("lastError").isNull()));
        TOLD.forEach((name, told) -> {
            JsonNode server = server(name);
            assertThat(server.path("healthy").asBoolean()).as(server.toString()).isFalse();
            assertThat(server.path("lastError").asString()).contains(told.words());
            assertThat(server.path("lastErrorAt").asString()).startsWith("20");
            assertThat(new GatewayMetrics(gateway).get("headgate_upstream_healthy{upstream=\"" + name + "\"}"))
                    .isZero();
        });
        JsonNode well = server("live");
        assertThat(well.path("healthy").asBoolean()).isTrue();
        assertThat(well.path("lastError").isNull()).isTrue();
        assertThat(new GatewayMetrics(gateway).get("headgate_upstream_healthy{upstream=\"live\"}"))
                .isEqualTo(1);
        assertThatThrownBy(() -> ProbeCommand.probe(moved.url().toString(), List.of()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("a redirect to https://elsewhere.example.com (status 302)");
        assertThatThrownBy(() -> ProbeCommand.probe(page.url().toString(), List.of()))
                .hasMessageContaining("text/html");
        assertThatThrownBy(() -> ProbeCommand.probe(closed.url().toString(), List.of()))
                .hasMessageContaining("credentials");
    }

    /** Not only after the next attempt by itself, which may be a minute away. */
    @Test
    void aServerThatIsThereAgainIsFoundByTheFirstWhoAsks() {
        ModernClient client = ModernClient.of(gateway.address(), "closed");
        assertThat(client.ask("tools/list", "", "", "").status()).isEqualTo(502);
        isOpen.set(true);
        long began = System.nanoTime();
        Await.until(
                "the server is found",
                () -> client.ask("tools/list", "", "", "").status() == 200);
        assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(8));
        JsonNode server = server("closed");
        assertThat(server.path("healthy").asBoolean()).isTrue();
        assertThat(server.path("lastError").isNull()).isTrue();
        assertThat(server.at("/pastError/text").asString()).contains("credentials");
        assertThat(server.at("/pastError/at").asString()).startsWith("20");
    }

    private JsonNode server(String name) {
        try {
            String state = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                            + gateway.adminAddress().getPort() + "/state"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            for (JsonNode server : MAPPER.readTree(state).path("servers")) {
                if (server.path("name").asString().equals(name)) {
                    return server;
                }
            }
            throw new AssertionError(state);
        } catch (Exception failed) {
            throw new AssertionError(failed);
        }
    }
}
