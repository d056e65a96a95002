package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.config.effective.EffectiveConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What {@code headgate diff} and {@code headgate check --against} say, and how they end. */
@Timeout(60)
class DiffCommandTest {
    private static final String SERVER = "mcpServers: {a: {url: 'http://127.0.0.1:1/mcp'}}\n";
    private static final String TOKEN = "0123456789abcdef";

    @TempDir
    Path directory;

    private record Outcome(int status, String out, String err) {}

    private interface Command {
        int run(PrintStream out, PrintStream err) throws IOException;
    }

    private static Outcome outcome(Command command) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = command.run(
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static Outcome diff(String... arguments) throws IOException {
        return outcome((out, err) -> DiffCommand.run(List.of(arguments), out, err));
    }

    private String write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text).toString();
    }

    @Test
    void saysEachChangeOnALine() throws IOException {
        String one = write("one.yaml", SERVER + "filters: [timeout: 1m, retry: {}]\n");
        String other = write("other.yaml", SERVER + "filters: [timeout: 2m]\n");
        assertThat(diff(one, other))
                .isEqualTo(new Outcome(
                        1, "filter timeout: idle changes from 1m to 2m (looser)\nfilter retry is removed\n", ""));
        assertThat(diff("--json", one, one))
                .isEqualTo(new Outcome(0, "{\"equal\":true,\"looser\":0,\"changes\":[]}\n", ""));
    }

    @Test
    void takesThePlacesOfFilesAsFromTheirOwnDirectories() throws IOException {
        assertThat(diff(
                        write("old/headgate.yaml", SERVER),
                        write("new/headgate.yaml", SERVER + "data: headgate-data\n")))
                .isEqualTo(new Outcome(0, "no difference\n", ""));
    }

    @Test
    void endsWithTwoForWhatIsNoDifference() throws IOException {
        String good = write("good.yaml", SERVER);
        String bad = write("bad.yaml", SERVER + "listn: x\nsessions: {max: many}\n");
        Outcome refused = diff(good, bad);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.out()).isEmpty();
        assertThat(refused.err().lines()).hasSize(2).allMatch(line -> line.startsWith(bad + ":"));
        assertThat(diff(good))
                .isEqualTo(new Outcome(
                        2, "", "headgate: diff: 1 files (expected: two, as in headgate diff old.yaml new.yaml)\n"));
    }

    @Test
    void comparesAFileWithTheGatewayThatRuns() throws IOException {
        Path running = Path.of(write("running.yaml", SERVER + "admin: {token: " + TOKEN + "}\nsessions: {max: 9}\n"));
        String answer =
                "{\"number\":1,\"digest\":\"d\",\"effective\":" + EffectiveConfig.json(ConfigFile.read(running)) + "}";
        HttpServer admin = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        admin.createContext("/config", exchange -> {
            boolean isRight =
                    ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))
                            && "format=json".equals(exchange.getRequestURI().getQuery());
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(isRight ? 200 : 401, isRight ? body.length : -1);
            exchange.getResponseBody().write(isRight ? body : new byte[0]);
            exchange.close();
        });
        admin.start();
        String url = "http://127.0.0.1:" + admin.getAddress().getPort();
        try {
            assertThat(against(running, url)).isEqualTo(new Outcome(0, "no difference\n", ""));
            Path changed = Path.of(write("c.yaml", SERVER + "admin: {token: " + TOKEN + "}\nsessions: {max: 10}\n"));
            assertThat(against(changed, url + "/"))
                    .isEqualTo(new Outcome(1, "sessions.max changes from 9 to 10 (looser)\n", ""));
            Outcome json = outcome((out, err) ->
                    DiffCommand.against(changed, url, /* isStrict= */ false, /* asJson= */ true, out, err));
            assertThat(new JsonMapper().readTree(json.out()).path("changes").size())
                    .isEqualTo(1);
            assertThat(against(Path.of(write("none.yaml", SERVER)), url))
                    .isEqualTo(new Outcome(
                            2,
                            "",
                            "headgate: check: " + url
                                    + " answers 401 (expected: admin.token in the file that is checked)\n"));
            assertThat(against(changed, url + "/elsewhere?").status()).isEqualTo(2);
            saysTheWarningsOfTheFile(url);
        } finally {
            admin.stop(0);
        }
        assertThat(against(running, url))
                .satisfies(outcome -> assertThat(outcome.status()).isEqualTo(2))
                .satisfies(
                        outcome -> assertThat(outcome.err()).startsWith("headgate: check: no answer from the gateway"));
    }

    private void saysTheWarningsOfTheFile(String url) throws IOException {
        Path doubtful = Path.of(write(
                "doubtful.yaml", SERVER + "admin: {token: " + TOKEN + "}\nsessions: {max: 9}\nlisten: 0.0.0.0:8080\n"));
        String change = "listen changes from 127.0.0.1:8080 to 0.0.0.0:8080 (looser)\n";
        assertThat(against(doubtful, url)).satisfies(outcome -> {
            assertThat(outcome.status()).isEqualTo(1);
            assertThat(outcome.out()).isEqualTo(change);
            assertThat(outcome.err())
                    .startsWith(doubtful + ":4:9 warning: listen: ")
                    .hasLineCount(1);
        });
        Outcome strict = outcome(
                (out, err) -> DiffCommand.against(doubtful, url, /* isStrict= */ true, /* asJson= */ false, out, err));
        assertThat(strict.status()).isEqualTo(2);
        assertThat(strict.out()).isEmpty();
        assertThat(strict.err()).endsWith("headgate: check: 1 warning (expected with --strict: none)\n");
    }

    private static Outcome against(Path file, String url) throws IOException {
        return outcome(
                (out, err) -> DiffCommand.against(file, url, /* isStrict= */ false, /* asJson= */ false, out, err));
    }
}
