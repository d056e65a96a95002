package io.headgate.gateway;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.SessionClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Bad files as changes of a running gateway, of which clients notice nothing. */
class ReloadedFilesTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String HI = "{\"message\":\"hi\"}";

    @TempDir
    private Path directory;

    private final DemoServer server =
            DemoServer.start(DemoServerOptions.builder().build());
    private Path file;
    private Gateway gateway;
    private ModernClient client;
    private SessionClient session;

    @BeforeEach
    void start() throws IOException {
        file = directory.resolve("headgate.yaml");
        write(good().getBytes(UTF_8));
        gateway = Gateway.start(file);
        Await.until("the gateway is ready", gateway::isReady);
        client = new ModernClient(gateway.address());
        session = SessionClient.of(gateway.address(), "{}");
    }

    @AfterEach
    void stop() {
        gateway.stop();
        server.close();
    }

    /** The cases of the hostile corpus that are about files, in the words of this gateway's own file. */
    @Test
    void everyHostileFileIsRefusedAndNoCallFails() throws Exception {
        Map<String, byte[]> files = new LinkedHashMap<>();
        put(files, "cf-002", good() + "shutdown: {grace: 1s}\nshutdown: {grace: 2s}\n");
        put(files, "cf-004", aliases());
        put(files, "cf-005", "a: &a [*a]\n" + good());
        put(files, "cf-006", good() + "x: !!javax.script.ScriptEngineManager [u]\n");
        put(files, "cf-007", "base: &b {grace: 1s}\nshutdown: {<<: *b}\n" + good());
        put(files, "cf-009", good() + "memory: " + "[".repeat(2_000) + "]".repeat(2_000) + "\n");
        files.put("cf-011 UTF-16", good().getBytes(UTF_16));
        put(files, "cf-011 NUL", good() + "shutdown: \0\n");
        put(files, "cf-011 tabs", good() + "shutdown:\n\tgrace: 1s\n");
        put(files, "cf-012", "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nmcpServers: {}\n");
        put(files, "cf-013", good() + "admin:\n  token:\n");
        put(files, "cf-015", good() + "filters:\n- rateLimit: {limits: [{rate: 1e9/s, burst: 0}]}\n");
        put(files, "cf-016", good() + "filters:\n- timeout: 5\n");
        put(files, "cf-017", good().replace("mcpServers:", "mcpServers:\n  one: {url: \"http://127.0.0.1:1/mcp\"}"));
        put(files, "cf-018", good() + "  \"a b\": {url: \"http://127.0.0.1:1/mcp\"}\n");
        put(files, "cf-019", good() + "client_secret: hunter2\n");
        put(files, "cf-020", good() + "seal: {keys: [{id: 1, secret: \"${env:HEADGATE_MISSING}\"}]}\n");
        put(files, "cf-021", good() + "seal: {keys: [{id: 1, secret: \"${file:nowhere}\"}]}\n");
        put(files, "cf-023", good() + "filters:\n- retry: {idempotent: [\"^one__(echo|add)$\"]}\n");
        put(files, "cf-026", "");
        put(files, "cf-028", grown(10_000));
        List<String> accepted = new ArrayList<>();
        for (Map.Entry<String, byte[]> each : files.entrySet()) {
            write(each.getValue());
            HttpResponse<String> answer = reload();
            if (answer.statusCode() != 422) {
                accepted.add(each.getKey() + " " + answer.body());
            }
            assertThat(answer.body()).as(each.getKey()).doesNotContain("hunter2");
            echo(each.getKey());
        }
        assertThat(accepted).isEmpty();
        unreadable();
        write(good().getBytes(UTF_8));
        assertThat(reload().statusCode()).isEqualTo(200);
        echo("afterwards");
    }

    /** cf-027 */
    private void unreadable() throws Exception {
        Files.delete(file);
        assertThat(reload().statusCode()).as("deleted").isEqualTo(422);
        echo("deleted");
        Files.createDirectory(file);
        assertThat(reload().statusCode()).as("a directory").isEqualTo(422);
        echo("a directory");
        Files.delete(file);
        Files.createSymbolicLink(file, directory.resolve("nowhere.yaml"));
        assertThat(reload().statusCode()).as("a dangling link").isEqualTo(422);
        echo("a dangling link");
        Files.delete(file);
    }

    /** cf-030 */
    @Test
    void aServerThatIsAwayTakesNothingFromTheOthers() throws Exception {
        write((good() + "  away: {url: \"http://127.0.0.1:9/mcp\"}\n").getBytes(UTF_8));
        assertThat(reload().statusCode()).isEqualTo(200);
        echo("a server is away");
    }

    @Test
    @Tag("slow")
    void aFileThatIsCutOrBlankedOrGrownStopsNothing() throws Exception {
        String whole = good() + "filters:\n- concurrency: {}\n- timeout: 20s\nshutdown: {grace: 1s}\n";
        int refused = 0;
        for (int end = whole.length(); end >= 0; end--) {
            write(whole.substring(0, end).getBytes(UTF_8));
            refused += reload().statusCode() == 422 ? 1 : 0;
            echo("cut at " + end);
        }
        assertThat(refused).isGreaterThan(whole.length() / 2);
        for (String key : List.of("listen", "admin", "mcpServers", "one", "url", "filters", "concurrency", "timeout")) {
            write(whole.replaceFirst(key + ":[^\n]*", key + ":").getBytes(UTF_8));
            reload();
            echo("blanked " + key);
        }
        write(grown(10).getBytes(UTF_8));
        assertThat(reload().statusCode()).isEqualTo(200);
        echo("grown tenfold");
    }

    private void echo(String when) {
        assertThat(client.call("one__echo", HI).text()).as(when).isEqualTo("hi");
        assertThat(session.call("one__echo", HI).at("/result/content/0/text").asString())
                .as(when)
                .isEqualTo("hi");
    }

    private String good() {
        return "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nmcpServers:\n  one: {url: \"" + server.url() + "\"}\n";
    }

    private String grown(int times) {
        StringBuilder grown = new StringBuilder(good());
        for (int i = 0; i < times; i++) {
            grown.append("  more").append(i).append(": {url: \"http://127.0.0.1:9/mcp\"}\n");
        }
        return grown.toString();
    }

    private String aliases() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x,x]\n");
        for (int i = 1; i < 9; i++) {
            bomb.append("a%d: &a%d [*a%d,*a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        return bomb + good();
    }

    private static void put(Map<String, byte[]> files, String name, String text) {
        files.put(name, text.getBytes(UTF_8));
    }

    private void write(byte[] bytes) throws IOException {
        Path written = Files.write(directory.resolve(".new"), bytes);
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private HttpResponse<String> reload() throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + "/reload");
        HttpResponse<String> answer = HTTP.send(
                HttpRequest.newBuilder(uri)
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(JSON.readTree(answer.body()).at("/number").asInt()).isPositive();
        return answer;
    }
}
