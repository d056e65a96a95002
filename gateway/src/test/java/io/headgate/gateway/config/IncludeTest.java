package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.headgate.gateway.policy.ConfiguredFilter;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.testkit.Certificates;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file in parts. */
class IncludeTest {
    private static final String KEYS = "keys:\n  - {caller: alice, key: 'sha256:" + "0".repeat(64) + "'}\n";

    @TempDir
    Path directory;

    private Path parts;

    @BeforeEach
    void makeDirectory() throws IOException {
        parts = Files.createDirectory(directory.resolve("conf.d"));
    }

    @Test
    void readsPartsInTheOrderOfTheListAndOfNames() {
        write("last.yaml", server("e"));
        write("conf.d/20.yml", server("d"));
        write("conf.d/10.yaml", server("c"));
        write("conf.d/.hidden.yaml", "not: [read");
        write("conf.d/10.yaml~", "not: [read");
        write("first.yaml", "include: second.yaml\nfilters: [{timeout: 5s}]\n" + server("a"));
        write("second.yaml", server("b") + "listen: :7070\n");
        Config config = read("include: [first.yaml, conf.d, last.yaml]\n" + server("z"));
        assertThat(config.servers()).extracting(UpstreamConfig::name).containsExactly("z", "a", "b", "c", "d", "e");
        assertThat(config.listen().port()).isEqualTo(7070);
        assertThat(config.filters()).extracting(ConfiguredFilter::name).containsExactly("timeout");
    }

    @Test
    void fillsInAndResolvesPathsWhereTheyAreWritten() {
        write("conf.d/token", "secret-of-the-part\n");
        write("conf.d/a.yaml", "data: here\nmcpServers: {a: {url: '${URL}', headers: {X-Token: '${file:token}'}}}\n");
        Config config = read("include: ${PARTS}", Map.of("PARTS", "conf.d", "URL", "http://127.0.0.1:1/mcp"));
        assertThat(config.data()).isEqualTo(parts.resolve("here"));
        assertThat(config.servers().get(0).headers()).containsEntry("X-Token", "secret-of-the-part");
    }

    @Test
    void namesEachProblemWithItsFileInTheOrderOfReading() {
        write("b.yaml", "mcpServers:\n  b: {url: 'http://127.0.0.1:1/mcp', prefx: x}\n");
        write("a.yaml", "filters:\n  - timeout: ${UNSET}\nmcpServers: [a]\n");
        assertThat(problems("admin: nowhere\ninclude: [b.yaml, a.yaml, c.yaml]\nlisten: nowhere\n"))
                .extracting(problem -> problem.replaceAll("^([^ ]* [^:]*): .*", "$1"))
                .containsExactly(
                        "headgate.yaml:1:8 admin",
                        "headgate.yaml:2:27 include[2]",
                        "headgate.yaml:3:9 listen",
                        "b.yaml:2:38 mcpServers.b.prefx",
                        "a.yaml:2:14 filters[0].timeout",
                        "a.yaml:3:13 mcpServers");
    }

    @Test
    void goesOnBehindAPartThatCannotBeRead() {
        write("a.yaml", "listen: [a");
        write("b.yaml", "mcpServers: {b: {url: 'http://127.0.0.1:1/mcp', prefix: 'b b'}}\n");
        assertThat(problems("include: [a.yaml, b.yaml]"))
                .containsExactly(
                        "a.yaml:1:11 not YAML: expected ',' or ']', but got <stream end>",
                        "b.yaml:1:57 mcpServers.b.prefix: no prefix of a name (expected: at most 64 of A-Z a-z 0-9 _ . -)");
    }

    @Test
    void refusesWhatIsSetTwice() {
        write("a.yaml", "listen: :1\n" + server("a"));
        write("b.yaml", server("a") + "listen: :2\n");
        assertThat(problems("listen: :3\ninclude: [a.yaml, b.yaml]"))
                .containsExactly(
                        "a.yaml:1:1 listen: a second time (expected: once, as at headgate.yaml:1:1)",
                        "b.yaml:2:3 mcpServers.a: a second server of this name (expected: once, as at a.yaml:3:3)",
                        "b.yaml:3:1 listen: a second time (expected: once, as at headgate.yaml:1:1)");
    }

    @Test
    void refusesCirclesAndFilesTwice() throws IOException {
        write("a.yaml", "include: conf.d/b.yaml");
        write("conf.d/b.yaml", "include: ../a.yaml\n" + server("b"));
        Files.createSymbolicLink(directory.resolve("link.yaml"), parts.resolve("b.yaml"));
        assertThat(problems("include: [a.yaml, link.yaml, .]"))
                .containsExactly(
                        "headgate.yaml:1:19 include[1]: link.yaml a second time (expected: once, as at a.yaml:1:10)",
                        "headgate.yaml:1:30 include[2]: a.yaml a second time (expected: once, as at headgate.yaml:1:11)",
                        "headgate.yaml:1:30 include[2]: headgate.yaml includes itself (expected: files that do not include each other)",
                        "headgate.yaml:1:30 include[2]: link.yaml a second time (expected: once, as at a.yaml:1:10)",
                        "conf.d/b.yaml:1:10 include: a.yaml includes itself (expected: files that do not include each other)");
    }

    @Test
    void boundsDepthAndNumber() {
        for (int i = 0; i < 8; i++) {
            write(i + ".yaml", "include: " + (i + 1) + ".yaml");
        }
        write("8.yaml", server("a"));
        assertThat(problems("include: 0.yaml"))
                .containsExactly("6.yaml:1:10 include: 7.yaml is nested too deep (expected: at most 8 levels)");
        for (int i = 0; i < Parts.MOST_FILES; i++) {
            write("conf.d/" + (10_000 + i) + ".yaml", "");
        }
        assertThat(problems("include: conf.d\n" + server("a")))
                .containsExactly(
                        "headgate.yaml:1:10 include: too many files with conf.d/10999.yaml (expected: at most 1000)");
    }

    @Test
    void refusesWhatIsNoFile() throws IOException {
        write("words.yaml", "just words");
        assertThat(problems("include: [{a: b}, words.yaml, /dev/null]\n" + server("a")))
                .containsExactly(
                        "headgate.yaml:1:11 include[0]: keys with values (expected: a path)",
                        "headgate.yaml:1:31 include[2]: /dev/null is no regular file (expected: a file or a directory)",
                        "words.yaml:1:1 just words (expected: keys with values, as in listen: 127.0.0.1:8080)");
    }

    @Test
    void listsEveryFileThatWasRead() throws IOException, GeneralSecurityException {
        Certificates.of("localhost").make().write(directory.resolve("c.pem"), directory.resolve("k.pem"));
        write("mcp.json", "{\"servers\": {\"b\": {\"url\": \"http://127.0.0.1:1/mcp\", \"trust\": \"c.pem\"}}}");
        write("conf.d/keys.yaml.part", KEYS);
        write("conf.d/b.yaml", "tls: {certificate: ../c.pem, key: ../k.pem}\n");
        write("token", "0123456789abcdef");
        write("conf.d/a.yaml", "filters: [{identity: {apiKeys: keys.yaml.part}}]\nmcpJson: ../mcp.json\n");
        Config config = read("include: conf.d\nadmin: {listen: ':9090', token: '${file:token}'}\ndata: state\n");
        assertThat(config.files())
                .containsExactlyInAnyOrder(
                        directory.resolve("headgate.yaml"),
                        parts,
                        parts.resolve("a.yaml"),
                        parts.resolve("b.yaml"),
                        directory.resolve("c.pem"),
                        directory.resolve("k.pem"),
                        directory.resolve("token"),
                        directory.resolve("mcp.json"),
                        parts.resolve("keys.yaml.part"))
                .startsWith(
                        directory.resolve("headgate.yaml"), parts, parts.resolve("a.yaml"), parts.resolve("b.yaml"));
    }

    @Test
    void listsTheFilesOfARefusedOneEvenIfTheyAreMissing() {
        ConfigRejected rejected = catchThrowableOfType(ConfigRejected.class, () -> read("""
                        include: [a.yaml]
                        mcpJson: b.json
                        admin: {listen: ':1', token: '${file:c}'}
                        tls: {certificate: d, key: e}
                        filters: [{identity: {apiKeys: f}}]
                        """));
        assertThat(rejected.files())
                .containsExactlyInAnyOrder(
                        directory.resolve("headgate.yaml"),
                        directory.resolve("a.yaml"),
                        directory.resolve("b.json"),
                        directory.resolve("c"),
                        directory.resolve("d"),
                        directory.resolve("e"),
                        directory.resolve("f"));
    }

    @Test
    void digestsAllTexts() throws GeneralSecurityException {
        String alone = server("a");
        assertThat(read(alone).digest()).isEqualTo(sha256(alone));
        String main = "include: a.yaml";
        write("a.yaml", alone);
        assertThat(read(main).digest()).isEqualTo(sha256(sha256(main) + "\n" + sha256(alone) + "\n"));
    }

    private static String sha256(String text) throws GeneralSecurityException {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String server(String name) {
        return "mcpServers:\n  " + name + ": {url: 'http://127.0.0.1:1/mcp'}\n";
    }

    private void write(String name, String text) {
        Path unused = ConfigReading.write(directory, name, text);
    }

    private Config read(String text) {
        return read(text, Map.of());
    }

    private Config read(String text, Map<String, String> environment) {
        return ConfigReading.read(directory, text, environment);
    }

    private List<String> problems(String text) {
        return ConfigReading.problems(directory, text, Map.of());
    }
}
