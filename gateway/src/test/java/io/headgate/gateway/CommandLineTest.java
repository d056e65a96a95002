package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real command in a process of its own: what it says, and how it ends. */
// Starts processes, which are slow where the machine is busy.
@Timeout(120)
class CommandLineTest {
    private static final String SERVER =
            "mcpServers: {a: {url: 'http://127.0.0.1:1/mcp'}, b: {url: 'http://127.0.0.1:1/mcp'}}\n";

    @TempDir
    Path directory;

    /** How a command ended. */
    private record Outcome(int status, String out, String err) {}

    @Test
    void checksAFile() throws Exception {
        Path file = write("good.yaml", SERVER);
        assertThat(run("check", "-c", file.toString()))
                .isEqualTo(new Outcome(0, file + ": OK (2 servers, 4 filters)\n", ""));
    }

    @Test
    void refusesWarningsIfItIsStrict() throws Exception {
        Path file = write("doubtful.yaml", SERVER + "listen: 0.0.0.0:8080\n");
        String warning = file + ":2:9 warning: listen: 0.0.0.0:8080 without identity: every program that reaches it may"
                + " call (expected: identity as the first filter, or an address of the loopback)\n";
        assertThat(run("check", "-c", file.toString()))
                .isEqualTo(new Outcome(0, file + ": OK (2 servers, 4 filters)\n", warning));
        assertThat(run("check", "--strict", "-c", file.toString()))
                .isEqualTo(new Outcome(1, "", warning + "headgate: check: 1 warning (expected with --strict: none)\n"));
    }

    @Test
    void saysEachProblemOfAFileOnOneLine() throws Exception {
        Path file = write("bad.yaml", SERVER + "listn: x\nshutdown: {grace: 5}\n");
        for (String verb : List.of("check", "run")) {
            Outcome outcome = run(verb, "--config=" + file);
            assertThat(outcome.status()).isEqualTo(verb.equals("run") ? 78 : 1);
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.err().lines())
                    .hasSize(2)
                    .allMatch(line -> line.startsWith(file + ":"))
                    .first()
                    .asString()
                    .startsWith(file + ":2:1 listn: unknown key; did you mean 'listen'?");
        }
    }

    @Test
    void saysWhatIsWrongWithACommand() throws Exception {
        assertThat(run("run"))
                .isEqualTo(new Outcome(1, "", "headgate: run: no file (expected: headgate run -c headgate.yaml)\n"));
        assertThat(run("check", "-c", "a.yaml", "--config=b.yaml").err())
                .isEqualTo("headgate: check: more than one file (expected: headgate check -c headgate.yaml)\n");
        assertThat(run("check", "-c", "a.yaml", "--json").err())
                .isEqualTo("headgate: check: --json without --against"
                        + " (expected: headgate check -c FILE --against http://127.0.0.1:9090 --json)\n");
        assertThat(run("rum").err())
                .isEqualTo("headgate: unknown command rum; did you mean 'run'?"
                        + " (expected: run, demo, demo-server, check, diff, schema, probe, audit, help)\n");
        assertThat(run("run", "--confg", "x").err())
                .isEqualTo(
                        "headgate: run: unknown option --confg; did you mean '--config'? (expected: -c, --config)\n");
        assertThat(run("demo-server", "--listen", "127.0.0.1:0", "--era", "old").err())
                .isEqualTo("headgate: demo-server: --era: old (expected: modern, legacy, both)\n");
    }

    @Test
    void helps() throws Exception {
        assertThat(run("--version").out()).startsWith("headgate ");
        assertThat(run("help").out()).contains("headgate run -c FILE").contains("demo-server");
        assertThat(run("demo-server", "--help").out()).contains("--page-size N");
    }

    @Test
    void endsADiffByWhatItFinds() throws Exception {
        String one = write("one.yaml", SERVER).toString();
        String other = write("other.yaml", SERVER + "sessions: {max: 5}\n").toString();
        assertThat(run("diff", one, one)).isEqualTo(new Outcome(0, "no difference\n", ""));
        assertThat(run("diff", one, other)).isEqualTo(new Outcome(1, "sessions.max changes from 100000 to 5\n", ""));
        assertThat(run("diff", one, write("bad.yaml", "listn: x\n").toString()).status())
                .isEqualTo(2);
    }

    @Test
    void printsTheSchemaThatIsKept() throws Exception {
        Path deploy = Path.of("../deploy");
        assertThat(run("schema").out()).isEqualTo(Files.readString(deploy.resolve("headgate.schema.json")));
        assertThat(run("schema", "keys").out())
                .isEqualTo(Files.readString(deploy.resolve("headgate-keys.schema.json")));
        assertThat(run("schema", "lists"))
                .isEqualTo(new Outcome(1, "", "headgate: schema: unexpected lists (expected: nothing, or keys)\n"));
    }

    @Test
    void saysOnOneLineThatAPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            Path file = write("taken.yaml", SERVER + "listen: " + address + "\nadmin: 127.0.0.1:0\n");
            Outcome outcome = run("run", "-c", file.toString());
            assertThat(outcome.status()).isEqualTo(1);
            assertThat(outcome.err().lines().filter(line -> line.startsWith("headgate: ")))
                    .singleElement()
                    .asString()
                    .contains("listen: " + address);
            assertThat(outcome.err()).doesNotContain("\tat ").doesNotContain("Exception");
            Outcome demo = run("demo-server", "--listen", address);
            assertThat(demo.status()).isEqualTo(1);
            assertThat(demo.err()).startsWith("headgate: demo-server: ").hasLineCount(1);
        }
    }

    @Test
    void servesAndStopsOnSigtermWithZero() throws Exception {
        Process server = start("demo-server", "--listen", "127.0.0.1:0", "--era", "modern");
        try (BufferedReader serverOut = server.inputReader(StandardCharsets.UTF_8)) {
            String url = found(Pattern.compile("http://\\S+"), serverOut.readLine());
            Outcome probe = run("probe", url);
            assertThat(probe.status()).as(probe.err()).isZero();
            assertThat(probe.out())
                    .containsPattern("modern +2026-07-28 over streamable-http")
                    .containsPattern("legacy +no")
                    .contains("echo");

            Path file = write(
                    "live.yaml", "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nmcpServers: {s: {url: '" + url + "'}}\n");
            Process gateway = start("run", "-c", file.toString());
            try (BufferedReader out = gateway.inputReader(StandardCharsets.UTF_8)) {
                String line = out.readLine();
                String admin = found(Pattern.compile("(?<=admin )http://\\S+"), line);
                HttpResponse<String> health = HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(admin + "healthz"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
                assertThat(health.statusCode()).isEqualTo(200);
                assertThat(stop(gateway)).isZero();
            }
            assertThat(stop(server)).isZero();
        } finally {
            server.destroyForcibly();
        }
    }

    @Test
    void saysThatNobodyAnswersAProbe() throws Exception {
        Outcome outcome = run("probe", "http://127.0.0.1:1/mcp");
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.err())
                .startsWith("headgate: probe: http://127.0.0.1:1/mcp: ")
                .hasLineCount(1);
    }

    private static int stop(Process process) throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private Outcome run(String... arguments) throws Exception {
        Process process = start(arguments);
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), out, Files.readString(directory.resolve("err")));
    }

    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                // As the manifest of the jar says; without it newer JDKs warn on the error output.
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(directory.resolve("err").toFile())
                .start();
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private static String found(Pattern pattern, String line) {
        Matcher matcher = pattern.matcher(line);
        assertThat(matcher.find()).as(line).isTrue();
        return matcher.group();
    }
}
