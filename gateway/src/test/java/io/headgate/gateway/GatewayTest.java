package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.gateway.admin.AdminServer.AdminException;
import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.http.ListenException;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp1;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A whole gateway: one server that answers and one that is not there, and what the admin port says of it. */
class GatewayTest {
    private static final Address FREE = new Address("127.0.0.1", 0);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpClient http = HttpClient.newHttpClient();
    private final DemoServer live = DemoServer.start(DemoServerOptions.builder().build());
    private Gateway gateway = Gateway.start(config(FREE, FREE));

    @BeforeEach
    void waitUntilReady() throws Exception {
        Await.until("the gateway is ready", gateway::isReady);
        assertThat(admin("/readyz").statusCode()).isEqualTo(200);
    }

    @AfterEach
    void stop() {
        gateway.stop();
        live.stop();
    }

    @Test
    void servesWithOneServerDead() throws Exception {
        HttpResponse<String> answer = post("""
                {"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"live__echo",\
                "arguments":{"message":"hello"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
                "io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},\
                "io.modelcontextprotocol/clientCapabilities":{}}}}""");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("hello").contains("\"id\":7");
    }

    @Test
    void showsItsStateWithoutSecrets() throws Exception {
        HttpResponse<String> answer = admin("/state");
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        assertThat(answer.body()).doesNotContain("hunter2");
        JsonNode state = new JsonMapper().readTree(answer.body());
        assertThat(state.get("ready").asBoolean()).isTrue();
        assertThat(state.get("listen").asString())
                .isEqualTo("127.0.0.1:" + gateway.address().getPort());
        assertThat(state.get("filters").toString())
                .isEqualTo("[{\"name\":\"concurrency\",\"state\":{\"algorithm\":\"gradient\",\"servers\":{}}},"
                        + "{\"name\":\"breaker\",\"state\":{\"servers\":{}}},{\"name\":\"retry\",\"state\":{\"servers\":{}}},"
                        + "{\"name\":\"timeout\",\"state\":{\"idleMs\":300000,\"capMs\":1800000,\"tools\":0}}]");
        JsonNode first = state.get("servers").get(0);
        assertThat(first.get("name").asString()).isEqualTo("live");
        assertThat(first.get("url").asString()).isEqualTo(live.url());
        assertThat(first.get("era").asString()).isEqualTo("modern");
        assertThat(first.get("transport").asString()).isEqualTo("streamable-http");
        assertThat(first.get("protocolVersion").asString()).isEqualTo("2026-07-28");
        assertThat(first.get("tools").asInt()).isPositive();
        JsonNode second = state.get("servers").get(1);
        assertThat(second.get("name").asString()).isEqualTo("dead");
        assertThat(second.get("tools").asInt()).isZero();
    }

    @Test
    void showsMetricsAndAnIndexAndItsHealth() throws Exception {
        assertThat(admin("/metrics").body())
                .contains("headgate_build_info{")
                .contains("headgate_catalog_items{kind=\"tool\",upstream=\"live\"}")
                .contains("jvm_memory_used_bytes");
        assertThat(admin("/").body()).contains("/metrics");
        assertThat(admin("/healthz").body()).isEqualTo("ok\n");
    }

    @Test
    void letsPeopleReadAndNothingElse() throws Exception {
        assertThat(admin("/nowhere").statusCode()).isEqualTo(404);
        HttpRequest post = HttpRequest.newBuilder(adminUri("/state"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        HttpResponse<String> answer = http.send(post, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("allow")).contains("GET, HEAD");
        assertThat(answer.headers().map()).doesNotContainKey("access-control-allow-origin");
    }

    @Test
    void hidesTheAdminPortFromReboundNames() throws Exception {
        assertThat(statusWithHost("evil.example:" + gateway.adminAddress().getPort()))
                .isEqualTo(403);
        assertThat(statusWithHost("localhost.evil.example")).isEqualTo(403);
        assertThat(statusWithHost("LOCALHOST:1")).isEqualTo(200);
        assertThat(statusWithHost("[::1]:9090")).isEqualTo(200);
    }

    @Test
    void saysOnOneLineThatAPortIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Address address = new Address("127.0.0.1", taken.getLocalPort());
            assertThatThrownBy(() -> Gateway.start(config(address, FREE)))
                    .isInstanceOf(ListenException.class)
                    .hasMessageStartingWith("listen: " + address)
                    .hasMessageNotContaining("\n");
            assertThatThrownBy(() -> Gateway.start(config(FREE, address)))
                    .isInstanceOf(AdminException.class)
                    .hasMessageStartingWith("admin: " + address)
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void freesItsPortsWhenItStops() throws IOException {
        Address door = new Address("127.0.0.1", gateway.address().getPort());
        Address admin = new Address("127.0.0.1", gateway.adminAddress().getPort());
        gateway.stop();
        gateway.stop();
        gateway = Gateway.start(config(door, admin));
        assertThat(gateway.address().getPort()).isEqualTo(door.port());
    }

    private Config config(Address listen, Address admin) {
        return Config.of(
                listen, admin, List.of(server("live", live.url()), server("dead", "http://127.0.0.1:1/mcp?k=hunter2")));
    }

    private static UpstreamConfig server(String name, String url) {
        return new UpstreamConfig(
                name,
                URI.create(url),
                UpstreamTransport.HTTP,
                name + "__",
                Map.of("Authorization", "Bearer hunter2"),
                /* isStateless= */ false,
                /* http2PriorKnowledge= */ false,
                /* trustFile= */ null,
                UpstreamLimits.DEFAULT);
    }

    private HttpResponse<String> post(String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.address().getPort() + "/mcp"))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .header("MCP-Protocol-Version", "2026-07-28")
                .header("Mcp-Method", "tools/call")
                .header("Mcp-Name", "live__echo")
                .timeout(PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private URI adminUri(String path) {
        return URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + path);
    }

    private HttpResponse<String> admin(String path) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(adminUri(path)).timeout(PATIENCE).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private int statusWithHost(String host) {
        try (RawHttp1 client = new RawHttp1(gateway.adminAddress().getPort())) {
            return client.send(RawHttp1.get(host, "/state")).head().status();
        }
    }
}
