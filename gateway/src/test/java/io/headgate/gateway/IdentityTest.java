package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.gateway.testkit.WrittenRecords;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.SessionClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Who calls, and that nobody else does, over sockets, in every revision. */
class IdentityTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String ALICE = "key-of-alice-0f9d";
    private static final String BOB = "key-of-bob-77c1";
    private static final String MODERN = "MCP-Protocol-Version: 2026-07-28";
    private static final String CALL = "demo__echo";
    private static final String LEGACY_CALL = SessionClient.callMessage(7, CALL, "{\"message\":\"hi\"}");

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    private Path directory = Path.of("target");

    private final DemoServer server =
            DemoServer.start(DemoServerOptions.builder().build());
    private Gateway gateway;

    @BeforeEach
    void start() throws Exception {
        gateway = start("  - audit: {}\n");
    }

    @AfterEach
    void stop() {
        gateway.stop();
        server.stop();
    }

    private Gateway start(String more) throws Exception {
        Files.writeString(directory.resolve("keys.yaml"), """
                keys:
                  - {caller: alice, tenant: acme, key: "%s"}
                  - {caller: bob, key: "%s"}
                """.formatted(hash(ALICE), hash(BOB)));
        Path file = directory.resolve("headgate.yaml");
        Files.writeString(file, """
                listen: 127.0.0.1:0
                admin: 127.0.0.1:0
                data: %s
                shutdown: {grace: 1s}
                mcpServers: {demo: {url: "%s"}}
                filters:
                  - identity: {apiKeys: keys.yaml}
                %s  - timeout: 60s
                """.formatted(directory.resolve("data"), server.url(), more));
        Gateway started = Gateway.start(ConfigFile.read(file));
        Await.until("the gateway is ready", started::isReady);
        return started;
    }

    private static String hash(String key) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
        return "sha256:" + HexFormat.of().formatHex(hash);
    }

    /** Each way to address the gateway: method, path, header fields, body. */
    private record Way(String method, String path, String body, List<String> fields) {
        static Way of(String method, String path, String body, String... fields) {
            return new Way(method, path, body, List.of(fields));
        }
    }

    static Stream<Way> ways() {
        return Stream.of(
                Way.of("POST", "/mcp", modernCall(CALL), MODERN, "Mcp-Method: tools/call", "Mcp-Name: " + CALL),
                Way.of("POST", "/mcp/demo", modernCall("echo"), MODERN, "Mcp-Method: tools/call", "Mcp-Name: echo"),
                Way.of("POST", "/mcp", "garbage", MODERN),
                Way.of("POST", "/mcp/nowhere", "{}", MODERN),
                Way.of("POST", "/mcp", initialize("2025-11-25")),
                Way.of("POST", "/mcp", LEGACY_CALL, "Mcp-Session-Id: 0123456789"),
                Way.of("POST", "/mcp", "[" + LEGACY_CALL + "]", "Mcp-Session-Id: 0123456789"),
                Way.of("POST", "/mcp", "garbage"),
                Way.of("GET", "/mcp", "", "Mcp-Session-Id: 0123456789"),
                Way.of("DELETE", "/mcp", "", "Mcp-Session-Id: 0123456789"),
                Way.of("GET", "/sse", ""),
                Way.of("POST", "/messages?sessionId=0123456789", initialize("2024-11-05")));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void letsNobodyInWithoutAKey(Way way) throws Exception {
        HttpResponse<String> missing = send(way);
        assertRefused(missing, "Bearer", "a key is needed: Authorization: Bearer KEY, or X-API-Key: KEY");
        for (String shown :
                List.of("Authorization: Bearer wrong", "Authorization: Basic " + ALICE, "X-API-Key: wrong")) {
            assertRefused(send(way, shown), "Bearer error=\"invalid_token\"", "the key is not valid");
        }
        HttpResponse<String> both = send(way, "Authorization: Bearer " + ALICE, "X-API-Key: " + ALICE);
        assertRefused(both, "Bearer error=\"invalid_token\"", "the key is not valid");
        GatewayMetrics metrics = new GatewayMetrics(gateway);
        assertThat(metrics.get("headgate_auth_rejected_total{reason=\"missing\"}"))
                .isEqualTo(1);
        assertThat(metrics.get("headgate_auth_rejected_total{reason=\"malformed\"}"))
                .isEqualTo(2);
        assertThat(metrics.get("headgate_auth_rejected_total{reason=\"unknown\"}"))
                .isEqualTo(2);
        assertThat(metrics.get("headgate_early_refusals_total")).isEqualTo(5);
    }

    private static void assertRefused(HttpResponse<String> answer, String challenge, String text) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(401);
        assertThat(answer.headers().firstValue("www-authenticate")).contains(challenge);
        assertThat(answer.body())
                .isEqualTo("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1401,\"message\":\"" + text + "\"}}");
    }

    @Test
    void letsThoseInWhoShowTheirKey() throws Exception {
        Way call = ways().toList().get(0);
        assertThat(send(call, "Authorization: Bearer " + ALICE).statusCode()).isEqualTo(200);
        assertThat(send(call, "X-API-Key: " + BOB).statusCode()).isEqualTo(200);
        gateway.stop();
        List<JsonNode> intents = records("intent");
        assertThat(intents)
                .extracting(intent -> intent.path("actor").toString())
                .containsExactly(
                        "{\"sub\":\"alice\",\"auth\":\"identified\"}", "{\"sub\":\"bob\",\"auth\":\"identified\"}");
    }

    @Test
    void aSessionServesNobodyButWhoOpenedIt() throws Exception {
        String session = open(ALICE);
        String field = "Mcp-Session-Id: " + session;
        String alice = "Authorization: Bearer " + ALICE;
        String bob = "Authorization: Bearer " + BOB;
        String setLevel =
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"logging/setLevel\",\"params\":{\"level\":\"debug\"}}";
        List<Way> uses = List.of(
                Way.of("POST", "/mcp", LEGACY_CALL),
                Way.of("POST", "/mcp", "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"no/such\"}"),
                Way.of("POST", "/mcp", "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{}}"),
                Way.of("POST", "/mcp", setLevel),
                Way.of("POST", "/mcp", setLevel.replace("debug", "loud")),
                Way.of("POST", "/mcp", "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}"),
                Way.of("POST", "/mcp", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"),
                Way.of("POST", "/mcp", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"),
                Way.of("GET", "/mcp", ""),
                Way.of("DELETE", "/mcp", ""));
        for (Way use : uses) {
            HttpResponse<String> answer = send(use, field, bob);
            assertThat(answer.statusCode()).as(use.toString()).isEqualTo(404);
            assertThat(answer.body()).contains("\"code\":1404").contains("Session not found");
        }
        assertThat(new GatewayMetrics(gateway).get("headgate_mcp_rejected_total{reason=\"session_not_owner\"}"))
                .isEqualTo(uses.size());
        assertThat(send(uses.get(0), field, alice).statusCode()).isEqualTo(200);
        assertThat(send(uses.get(9), field, alice).statusCode()).isEqualTo(200);
    }

    @Test
    void anEventStreamServesNobodyButWhoOpenedIt() throws Exception {
        HttpRequest open = request(Way.of("GET", "/sse", ""), "X-API-Key: " + ALICE);
        try (Stream<String> lines = http.send(open, BodyHandlers.ofLines()).body()) {
            Iterator<String> data = lines.filter(line -> line.startsWith("data: "))
                    .map(line -> line.substring(6))
                    .iterator();
            Way post = Way.of("POST", "/" + data.next(), initialize("2024-11-05"));
            assertThat(send(post, "X-API-Key: " + BOB).statusCode()).isEqualTo(404);
            assertThat(send(post).statusCode()).isEqualTo(401);
            assertThat(send(post, "X-API-Key: " + ALICE).statusCode()).isEqualTo(202);
            assertThat(MAPPER.readTree(data.next()).has("result")).isTrue();
        }
    }

    @Test
    void eachCallerHasALimitOfItsOwn() throws Exception {
        gateway.stop();
        gateway = start("  - rateLimit: {limits: [{per: caller, rate: 1/h, burst: 1}]}\n");
        Way call = ways().toList().get(0);
        assertThat(send(call, "Authorization: Bearer " + ALICE).statusCode()).isEqualTo(200);
        assertThat(send(call, "X-API-Key: " + ALICE).statusCode()).isEqualTo(429);
        assertThat(send(call, "Authorization: Bearer " + BOB).statusCode()).isEqualTo(200);
    }

    @Test
    void tellsNobodyOfKeysOrOfWhoHasSome() throws Exception {
        Way call = ways().toList().get(0);
        assertThat(send(call, "Authorization: Bearer " + ALICE).statusCode()).isEqualTo(200);
        assertThat(send(call, "Authorization: Bearer wrong-key").statusCode()).isEqualTo(401);
        URI admin = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort());
        String shown = http.send(HttpRequest.newBuilder(admin.resolve("/state")).build(), BodyHandlers.ofString())
                        .body()
                + http.send(HttpRequest.newBuilder(admin.resolve("/metrics")).build(), BodyHandlers.ofString())
                        .body();
        assertThat(shown)
                .contains("{\"name\":\"identity\",\"state\":{\"callers\":2,\"keys\":2}}")
                .doesNotContain("alice", "sha256:", hash(ALICE).substring(7), "wrong-key");
        gateway.stop();
        try (Stream<Path> files = Files.walk(directory.resolve("data"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                assertThat(text)
                        .as(file.toString())
                        .doesNotContain(ALICE, hash(ALICE).substring(7), "wrong-key");
            }
        }
        assertThat(records("authn_token_rejected")).singleElement().satisfies(record -> {
            assertThat(record.path("subject").asString()).isEqualTo("unknown");
            assertThat(record.path("count").asInt()).isEqualTo(1);
        });
        assertThat(records("request_refused")).isEmpty();
    }

    private String open(String key) throws Exception {
        HttpResponse<String> opened =
                send(Way.of("POST", "/mcp", initialize("2025-11-25")), "Authorization: Bearer " + key);
        assertThat(opened.statusCode()).isEqualTo(200);
        return opened.headers().firstValue("mcp-session-id").orElseThrow();
    }

    private HttpResponse<String> send(Way way, String... fields) throws Exception {
        return http.send(request(way, fields), BodyHandlers.ofString());
    }

    private HttpRequest request(Way way, String... more) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.address().getPort() + way.path()))
                .timeout(ModernClient.PATIENCE)
                .header("Accept", "application/json, text/event-stream")
                .method(way.method(), HttpRequest.BodyPublishers.ofString(way.body()));
        if (way.method().equals("POST")) {
            request.header("Content-Type", "application/json");
        }
        Stream.concat(way.fields().stream(), Stream.of(more)).forEach(field -> {
            int colon = field.indexOf(": ");
            request.header(field.substring(0, colon), field.substring(colon + 2));
        });
        return request.build();
    }

    private List<JsonNode> records(String type) {
        return new WrittenRecords(directory.resolve("data").resolve("audit")).of(type);
    }

    private static String initialize(String version) {
        return SessionClient.initialize(version, "{}");
    }

    private static String modernCall(String tool) {
        ModernClient client = new ModernClient(URI.create("http://127.0.0.1/"));
        return client.message(7, "tools/call", LimitedGateway.params(tool), "");
    }
}
