package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is filled in from outside, and that it is never shown. */
class SecretsTest {
    private static final String SECRET = "hunter2-very-secret";

    @TempDir
    Path directory;

    @Test
    void fillsFromTheEnvironmentFromFilesAndFromDefaults() {
        ConfigReading.write(directory, "token", "from-file\n");
        assertThat(header("Bearer ${TOKEN}")).isEqualTo("Bearer " + SECRET);
        assertThat(header("${env:TOKEN}")).isEqualTo(SECRET);
        assertThat(header("${input:my-token}")).isEqualTo("from-input");
        assertThat(header("${file:token}!")).isEqualTo("from-file!");
        assertThat(header("${NONE:-fallback}")).isEqualTo("fallback");
        assertThat(header("${EMPTY:-fallback}")).isEqualTo("fallback");
        assertThat(header("${EMPTY:-}x")).isEqualTo("x");
        assertThat(header("$${TOKEN} costs $5")).isEqualTo("${TOKEN} costs $5");
    }

    @Test
    void fillsOnlyOnce() {
        assertThat(header("${NESTED}")).isEqualTo("${TOKEN}");
    }

    @Test
    void saysWhatIsNotSetAndWhere() {
        assertThat(problems("${NONE}"))
                .containsExactly(
                        "headgate.yaml:4:18 mcpServers.a.headers.X: ${NONE} is not set (expected: the environment"
                                + " variable NONE, or a default as in ${NONE:-default})");
        assertThat(problems("${file:nowhere}"))
                .containsExactly(
                        "headgate.yaml:4:18 mcpServers.a.headers.X: ${file:nowhere} cannot be read (expected: a"
                                + " readable file at nowhere)");
        assertThat(problems("${unclosed"))
                .containsExactly(
                        "headgate.yaml:4:18 mcpServers.a.headers.X: a ${ that cannot be read (expected: ${NAME},"
                                + " ${NAME:-default}, ${file:PATH}, or $${ for itself)");
    }

    @Test
    void refusesAFileThatIsEmptyOrLarge() {
        ConfigReading.write(directory, "empty", "\n");
        ConfigReading.write(directory, "large", "x".repeat(70_000));
        assertThat(problems("${file:empty}")).singleElement().asString().contains("is empty");
        assertThat(problems("${file:large}"))
                .singleElement()
                .asString()
                .contains("is too large (expected: at most 64KiB)");
    }

    /** A device says that it is empty and has no end. */
    @Test
    void refusesWhatIsNoFile() {
        assertThat(problems("${file:/dev/zero}"))
                .singleElement()
                .asString()
                .contains("${file:/dev/zero} is no regular file (expected: a text file that holds the value)");
        assertThat(problems("${file:.}")).singleElement().asString().contains("is no regular file");
        assertThat(ConfigReading.problems(
                        directory,
                        "mcpServers: {a: {url: 'http://b/mcp'}}\nmcpJson: /dev/zero\nfilters: [identity: {apiKeys: /dev/zero}]",
                        Map.of()))
                .hasSize(2)
                .allMatch(problem -> problem.contains("/dev/zero is too large (expected: at most 1MiB)"));
        assertThat(ConfigReading.problems(
                        directory,
                        "mcpServers: {a: {url: 'https://b/mcp', trust: /dev/zero}}\ntls: {certificate: /dev/zero, key: /dev/zero}",
                        Map.of()))
                .hasSize(3)
                .allMatch(problem -> problem.contains("/dev/zero cannot be read"));
    }

    @Test
    void showsTheReferenceAndNeverTheValue() {
        String text = """
                listen: ${TOKEN}
                admin: x${NONE:-hunter2-very-secret}
                data: [a]
                http: {transport: "${TOKEN}", limits: {bodyBytes: "${TOKEN}"}}
                sessions: {max: "${ZERO}"}
                seal: {keys: [{id: 1, key: "${TOKEN}"}]}
                mcpServers:
                  a: {url: "http://${TOKEN}@b/mcp"}
                  b: {type: "${TOKEN}", url: "http://b/mcp"}
                  c: {url: "http://b/mcp", prefix: "${TOKEN} ", headers: {X: "${TOKEN}\\n"}}
                filters:
                  - timeout: ${TOKEN}
                """;
        List<String> problems = ConfigReading.problems(directory, text, environment());
        assertThat(problems).hasSize(12).noneMatch(problem -> problem.contains(SECRET));
        assertThat(problems.get(0))
                .isEqualTo("headgate.yaml:1:9 listen: ${TOKEN} (expected: HOST:PORT, [::1]:PORT or :PORT)");
        assertThat(problems.get(1)).contains("admin: x${NONE:-***} (expected");
        assertThat(problems.get(5)).contains("sessions.max: ${ZERO} (expected: >= 1)");
    }

    @Test
    void keepsSecretsOutOfWhatIsPrintedOfAConfig() {
        Config config = ConfigReading.read(directory, """
                mcpServers: {a: {url: "http://b/mcp", headers: {X: "${TOKEN}"}}}
                seal: {keys: [{id: 1, key: "${KEY}"}]}
                """, environment());
        assertThat(config.toString() + config.seal())
                .doesNotContain(SECRET)
                .doesNotContain(environment().get("KEY"));
        assertThat(config.seal().keys().get(0).bytes()).hasSize(32);
    }

    private String header(String written) {
        return ConfigReading.read(directory, text(written), environment())
                .servers()
                .get(0)
                .headers()
                .getOrDefault("X", "");
    }

    private List<String> problems(String written) {
        return ConfigReading.problems(directory, text(written), environment());
    }

    private static String text(String header) {
        return "mcpServers:\n  a:\n    url: http://127.0.0.1:1/mcp\n    headers: {X: '" + header + "'}\n";
    }

    private static Map<String, String> environment() {
        return Map.of(
                "TOKEN",
                SECRET,
                "EMPTY",
                "",
                "ZERO",
                "0",
                "NESTED",
                "${TOKEN}",
                "INPUT_MY_TOKEN",
                "from-input",
                "KEY",
                "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
    }
}
