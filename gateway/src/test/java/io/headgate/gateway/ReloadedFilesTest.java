package io.headgate.gateway;

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
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** A file that is cut, blanked and grown while the gateway runs, of which clients notice nothing. */
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
