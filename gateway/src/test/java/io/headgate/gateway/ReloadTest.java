package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.demo.Era;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.testkit.Await;
import io.headgate.testkit.EventStream;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ModernClient.Answer;
import io.headgate.testkit.ScriptedServer;
import io.headgate.testkit.ScriptedServer.Reply;
import io.headgate.testkit.ScriptedServer.Request;
import io.headgate.testkit.SessionClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The file is edited while the gateway runs. */
class ReloadTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path directory;

    private final DemoServer one = DemoServer.start(DemoServerOptions.builder().build());
    private final DemoServer two =
            DemoServer.start(DemoServerOptions.builder().era(Era.LEGACY).build());
    private Path file;
    private Gateway gateway;

    @BeforeEach
    void start() throws IOException {
        file = directory.resolve("headgate.yaml");
        write(file(server("one", one), ""));
        gateway = Gateway.start(file);
        Await.until("the gateway is ready", gateway::isReady);
    }

    @AfterEach
    void stop() {
        gateway.stop();
        one.close();
        two.close();
    }

    @Test
    void aServerThatIsAddedIsServed() throws IOException {
        ModernClient client = new ModernClient(gateway.address());
        assertThat(client.call("two__echo", "{\"message\":\"hi\"}")
                        .last()
                        .at("/error/code")
                        .asInt())
                .isEqualTo(-32602);
        write(file(server("one", one) + server("two", two), ""));
        awaitGeneration(2);
        assertThat(client.call("two__echo", "{\"message\":\"hi\"}").text()).isEqualTo("hi");
        assertThat(client.call("one__echo", "{\"message\":\"hi\"}").text()).isEqualTo("hi");
        assertThat(state().at("/policy/reason").asString()).isEqualTo("a file changed");
    }

    @Test
    void aServerThatIsRemovedIsDrained() throws IOException {
        write(file(server("one", one) + server("two", two), ""));
        awaitGeneration(2);
        SessionClient session = SessionClient.of(gateway.address(), "{}");
        assertThat(session.call("two__echo", "{\"message\":\"hi\"}")
                        .at("/result/content/0/text")
                        .asString())
                .isEqualTo("hi");
        ModernClient client = new ModernClient(gateway.address());
        CompletableFuture<Answer> slow =
                client.send("tools/call", "two__sleep", ModernClient.params("two__sleep", "{\"ms\":1500}"), "");
        Await.until("the call is there", () -> two.activeCalls() > 0);
        EventStream standing = session.standing().opened();
        write(file(server("one", one), ""));
        awaitGeneration(3);
        assertThat(client.call("two__echo", "{\"message\":\"hi\"}")
                        .last()
                        .at("/error/message")
                        .asString())
                .isEqualTo("Unknown tool: two__echo");
        assertThat(slow.join().last().at("/error").isMissingNode())
                .as(slow.toString())
                .isTrue();
        List<String> heard = new ArrayList<>();
        while (!heard.contains("notifications/tools/list_changed")) {
            heard.add(standing.next().at("/method").asString());
        }
        Await.until("its sessions are deleted", () -> two.sessions() == 0);
        Await.until("one generation is left", () -> state().at("/policy/alive").size() == 1);
        GatewayMetrics metrics = new GatewayMetrics(gateway);
        assertThat(metrics.get("headgate_upstream_connections", "upstream=\"two\""))
                .isZero();
        assertThat(session.call("one__echo", "{\"message\":\"hi\"}")
                        .at("/result/content/0/text")
                        .asString())
                .isEqualTo("hi");
    }

    @Test
    void aBadFileChangesNothing() throws IOException {
        write("listen: [\nfilters: nonsense");
        Await.until(
                "it is refused", () -> !state().at("/policy/lastReload/applied").asBoolean());
        JsonNode policy = state().at("/policy");
        assertThat(policy.at("/generation").asInt()).isEqualTo(1);
        assertThat(policy.at("/lastReload/problems").size()).isPositive();
        GatewayMetrics metrics = new GatewayMetrics(gateway);
        assertThat(metrics.get("headgate_config_applied")).isZero();
        assertThat(metrics.get("headgate_config_reload_total{result=\"rejected\"}"))
                .isEqualTo(1);
        assertThat(new ModernClient(gateway.address())
                        .call("one__echo", "{\"message\":\"hi\"}")
                        .text())
                .isEqualTo("hi");
        write(file(server("one", one), "shutdown: {grace: 3s}\n"));
        awaitGeneration(2);
        assertThat(metrics.get("headgate_config_applied")).isEqualTo(1);
    }

    @Test
    void anOperatorAsksForIt() throws Exception {
        assertThat(ask("GET", "/reload").statusCode()).isEqualTo(405);
        HttpResponse<String> same = ask("POST", "/reload");
        assertThat(same.statusCode()).isEqualTo(200);
        assertThat(JSON.readTree(same.body()).at("/number").asInt()).isEqualTo(1);
        new ProcessBuilder("kill", "-HUP", Long.toString(ProcessHandle.current().pid()))
                .start()
                .waitFor();
        Await.until(
                "the signal is heard",
                () -> state().at("/policy/lastReload/reason").asString().equals("SIGHUP"));
    }

    @Test
    void whatIsEqualLivesOn() throws IOException {
        String filters =
                "filters:\n- rateLimit: {limits: [{name: all, per: all, rate: 1/h, burst: 3}]}\n- timeout: %s\n";
        write(file(server("one", one), filters.formatted("20s")));
        awaitGeneration(2);
        ModernClient client = new ModernClient(gateway.address());
        assertThat(client.call("one__echo", "{\"message\":\"hi\"}").text()).isEqualTo("hi");
        assertThat(client.call("one__echo", "{\"message\":\"hi\"}").text()).isEqualTo("hi");
        write(file(server("one", one), filters.formatted("21s")));
        awaitGeneration(3);
        assertThat(client.call("one__echo", "{\"message\":\"hi\"}").text()).isEqualTo("hi");
        assertThat(client.call("one__echo", "{\"message\":\"hi\"}").status()).isEqualTo(429);
        assertThat(state().at("/policy/lastReload/changes").toString()).isEqualTo("[\"filter timeout is changed\"]");
    }

    @Test
    void whatNeedsARestartIsNamed() throws IOException {
        write(file(server("one", one), "shutdown: {grace: 3s}\nmemory: 64MiB\n"));
        awaitGeneration(2);
        assertThat(state().at("/policy/lastReload/needingRestart").toString()).isEqualTo("[\"memory\"]");
    }

    @Test
    void aLinkThatIsSwitchedIsAChange() throws IOException {
        gateway.stop();
        Path first = Files.createDirectory(directory.resolve("first"));
        Path second = Files.createDirectory(directory.resolve("second"));
        Files.writeString(first.resolve("headgate.yaml"), file(server("one", one), ""));
        Files.writeString(second.resolve("headgate.yaml"), file(server("one", one) + server("two", two), ""));
        Path data = directory.resolve("..data");
        Files.createSymbolicLink(data, first);
        Path link = directory.resolve("linked.yaml");
        Files.createSymbolicLink(link, Path.of("..data/headgate.yaml"));
        gateway = Gateway.start(link);
        Files.createSymbolicLink(directory.resolve("..tmp"), second);
        Files.move(directory.resolve("..tmp"), data, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        awaitGeneration(2);
        assertThat(new ModernClient(gateway.address())
                        .call("two__echo", "{\"message\":\"hi\"}")
                        .text())
                .isEqualTo("hi");
    }

    @Test
    void onlyWhatChangedIsConnectedAnew() throws IOException {
        try (ScriptedServer quiet = new ScriptedServer(ReloadTest::script)) {
            String named = "  quiet: {url: \"" + quiet.url() + "\"}\n";
            write(file(server("one", one) + named, ""));
            awaitGeneration(2);
            ModernClient client = new ModernClient(gateway.address());
            assertThat(client.call("quiet__tool", "{}").text()).isEqualTo("done");
            int before = quiet.requests().size();
            write(file(server("one", one) + named + server("two", two), "filters: [{timeout: 21s}]\n"));
            awaitGeneration(3);
            assertThat(client.call("two__echo", "{\"message\":\"hi\"}").text()).isEqualTo("hi");
            assertThat(quiet.requests()).hasSize(before);
            write(file(server("one", one) + named.replace("}", ", headers: {X-New: x}}"), ""));
            awaitGeneration(4);
            assertThat(client.call("quiet__tool", "{}").text()).isEqualTo("done");
            Await.until("it is asked anew", () -> quiet.requests().size() > before + 1);
            assertThat(quiet.requests().subList(before, quiet.requests().size()))
                    .allMatch(request -> "x".equals(request.field("X-New")));
        }
    }

    @Test
    void theFileInForceIsShown() throws Exception {
        write(file(server("one", one).replace("}", ", headers: {Authorization: Bearer hunter2hunter2}}"), ""));
        awaitGeneration(2);
        JsonNode shown = JSON.readTree(ask("GET", "/config").body());
        assertThat(shown.at("/number").asInt()).isEqualTo(2);
        assertThat(shown.at("/effective/mcpServers/one/url").asString()).isEqualTo(one.url());
        assertThat(shown.at("/effective/shutdown/grace").asString()).isEqualTo("25s");
        assertThat(shown.at("/refused").isNull()).isTrue();
        write("listen: [");
        Await.until(
                "it is refused", () -> !state().at("/policy/lastReload/applied").asBoolean());
        JsonNode after = JSON.readTree(ask("GET", "/config").body());
        assertThat(after.at("/number").asInt()).isEqualTo(2);
        assertThat(after.at("/refused/problems").size()).isPositive();
        String yaml = ask("GET", "/config?format=yaml").body();
        assertThat(yaml).startsWith("# Generation 2").contains("# Refused").contains("Authorization: \"***\"");
        assertThat(after.toString() + yaml).doesNotContain("hunter2");
    }

    @Test
    @Tag("slow")
    void aChangeIsInForceSoon(TestReporter reporter) throws IOException {
        // The aims are half a second and a second, on a machine that does nothing else; these bounds hold on any.
        assertThat(median(reporter, "1 server", server("one", one))).isLessThan(5_000);
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            many.append(server("s" + i, one));
        }
        assertThat(median(reporter, "200 servers", many.toString())).isLessThan(10_000);
    }

    /** A file that meets a defect of the gateway is refused like any other, and the next one is read. */
    @Test
    void aDefectOfTheReaderChangesNothing() throws Exception {
        AtomicBoolean isBroken = new AtomicBoolean();
        gateway.stop();
        gateway = Gateway.start(ConfigFile.read(file), () -> {
            if (isBroken.get()) {
                throw new StackOverflowError("hunter2");
            }
            return ConfigFile.read(file);
        });
        Await.until("the gateway is ready", gateway::isReady);
        isBroken.set(true);
        HttpResponse<String> refused = ask("POST", "/reload");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body())
                .contains("a defect of the gateway: StackOverflowError")
                .doesNotContain("hunter2");
        assertThat(new ModernClient(gateway.address())
                        .call("one__echo", "{\"message\":\"hi\"}")
                        .text())
                .isEqualTo("hi");
        isBroken.set(false);
        assertThat(ask("POST", "/reload").statusCode()).isEqualTo(200);
    }

    private long median(TestReporter reporter, String what, String servers) throws IOException {
        List<Long> millis = new ArrayList<>();
        for (int i = 0; i < 11; i++) {
            int number = state().at("/policy/generation").asInt();
            write(file(servers, "shutdown: {grace: " + (30 + number) + "s}\n"));
            long began = System.nanoTime();
            awaitGeneration(number + 1);
            millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        }
        reporter.publishEntry("until a change is in force, " + what, millis + " ms");
        return millis.stream().sorted().toList().get(millis.size() / 2);
    }

    private static Reply script(Request request) {
        String result = switch (request.method()) {
            case "server/discover" ->
                "\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},"
                        + "\"ttlMs\":3600000,\"cacheScope\":\"private\"";
            case "tools/list" ->
                "\"ttlMs\":3600000,\"cacheScope\":\"private\",\"tools\":[{\"name\":\"tool\","
                        + "\"inputSchema\":{\"type\":\"object\"}}]";
            case "tools/call" -> "\"content\":[{\"type\":\"text\",\"text\":\"done\"}]";
            default -> "\"_meta\":{}";
        };
        return request.result("{\"resultType\":\"complete\"," + result + "}");
    }

    private void awaitGeneration(int number) {
        Await.until(
                "generation " + number,
                () -> state().at("/policy/lastReload/number").asInt() == number);
    }

    private JsonNode state() {
        try {
            return JSON.readTree(ask("GET", "/state").body());
        } catch (IOException | InterruptedException failed) {
            throw new AssertionError(failed);
        }
    }

    private HttpResponse<String> ask(String method, String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + path);
        return HTTP.send(
                HttpRequest.newBuilder(uri)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** As an editor does: a new file takes the place of the old one. */
    private void write(String text) throws IOException {
        Path written = Files.writeString(directory.resolve(".headgate.yaml.new"), text);
        Files.move(written, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    private static String server(String name, DemoServer server) {
        return "  " + name + ": {url: \"" + server.url() + "\"}\n";
    }

    private static String file(String servers, String more) {
        List<String> lines = new ArrayList<>(List.of("listen: 127.0.0.1:0", "admin: 127.0.0.1:0", "mcpServers:"));
        return String.join("\n", lines) + "\n" + servers + more;
    }
}
