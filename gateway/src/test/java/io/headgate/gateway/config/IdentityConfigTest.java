package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.identity.ApiKey;
import io.headgate.filter.identity.IdentityConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a file names another one that says who has which key. */
class IdentityConfigTest {
    private static final String FILE =
            "mcpServers: {a: {url: 'http://127.0.0.1:1/mcp'}}\nfilters: [{identity: {apiKeys: keys.yaml}}]\n";
    private static final String A = "sha256:" + "a".repeat(64);
    private static final String B = "sha256:" + "b".repeat(64);
    private static final Map<String, String> ENVIRONMENT = Map.of("HASH", B, "PLAIN", "a-plain-key");

    @TempDir
    Path directory;

    private List<String> problems(String keys) {
        ConfigReading.write(directory, "keys.yaml", keys);
        return ConfigReading.problems(directory, FILE, ENVIRONMENT);
    }

    @Test
    void readsTheFileThatItNames() {
        ConfigReading.write(directory, "keys.yaml", """
                keys:
                  - {caller: alice, tenant: acme, key: "%s"}
                  - {caller: bob, key: "${HASH}"}
                """.formatted(A));
        Config config = ConfigReading.read(directory, FILE, ENVIRONMENT);
        IdentityConfig identity = (IdentityConfig) config.filters().get(0).config();
        List<ApiKey> keys = identity.apiKeys().keys();
        assertThat(keys).extracting(ApiKey::caller).containsExactly("alice", "bob");
        assertThat(keys).extracting(ApiKey::tenant).containsExactly("acme", "");
        assertThat(keys).extracting(key -> key.key().value()).containsExactly(A, B);
        assertThat(config.toString() + identity).doesNotContain("sha256");
    }

    @Test
    void pathsStartWhereTheFileIsThatNamesThem() throws Exception {
        Path inner = Files.createDirectory(directory.resolve("secrets"));
        ConfigReading.write(inner, "keys.yaml", "keys: [{caller: alice, key: '${file:alice.sha256}'}]");
        ConfigReading.write(inner, "alice.sha256", A + "\n");
        String text = FILE.replace("keys.yaml", "secrets/keys.yaml");
        assertThat(ConfigReading.problems(directory, text, ENVIRONMENT)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "keys: [] | 1:7 keys: none (expected: at least one, as in - {caller: alice, key: 'HASH'})",
                "keys: [{caller: a, key: a-plain-key}] | 1:25 keys[0].key: *** (expected: HASH)",
                "keys: [{caller: a, key: '${PLAIN}'}] | 1:25 keys[0].key: ${PLAIN} (expected: HASH)",
                "keys: [{caller: a, key: '${NONE}'}] | 1:25 keys[0].key: ${NONE} is not set (expected: the environment variable NONE, or a default as in ${NONE:-default})",
                "keys: [{caller: a}] | 1:8 keys[0].key: missing (expected: a secret, best as ${NAME} or ${file:PATH})",
                "keys: [{key: '@A'}] | 1:8 keys[0].caller: missing (expected: a text)",
                "keys: [{caller: ' ', key: '@A'}] | 1:17 keys[0].caller: no name (expected: 1 to 256 characters, none of them a control)",
                "keys: [{caller: a, tenant: '', key: '@A'}] | 1:28 keys[0].tenant: no name (expected: 1 to 256 characters, none of them a control)",
                "keys: [{caller: a, tenent: b, key: '@A'}] | 1:20 keys[0].tenent: unknown key; did you mean 'tenant'? (expected: caller, tenant, key)",
                "keys: [{caller: a, key: '@A', key: '@A'}] | 1:100 keys[0].key: a second time (expected: once, as on line 1)",
                "keys: [{caller: a, key: '@A'}, {caller: b, key: '@A'}] | 1:118 keys[1].key: the key of keys[0] (expected: a key of its own for each line)",
                "keys: [{caller: a, key: '@A'}, {caller: a, tenant: t, key: '@B'}] | 1:110 keys[1].caller: of another tenant in keys[0] (expected: the same tenant)",
                "keys: a-plain-key | 1:7 keys: a text (expected: a list)",
                "keys: [a-plain-key] | 1:8 keys[0]: a text (expected: the keys caller, tenant, key)",
                "keys: {} | 1:7 keys: keys with values (expected: a list)",
                "callers: [] | 1:1 keys: missing (expected: a value)",
                "a-plain-key | 1:1 no keys with values (expected: the keys keys)",
                "[] | 1:1 no keys with values (expected: the keys keys)",
                "\"\" | 1:1 no keys with values (expected: the keys keys)",
                "keys: [ | 1:8 not YAML: expected the node content, but found '<stream end>'"
            })
    void saysWhereInThatFileWhatIsWrongAndNoKey(String keys, String problem) {
        String expected = problem.replace("'HASH'", "\"HASH\"")
                .replace("HASH", "sha256: and the 64 hex digits of the SHA-256 of the key");
        List<String> problems = problems(keys.replace("@A", A).replace("@B", B));
        assertThat(problems).contains("keys.yaml:" + expected);
        assertThat(problems.toString()).doesNotContain("a-plain-key").doesNotContain(A);
    }

    @Test
    void saysAllThatIsWrongAtOnce() {
        assertThat(problems("keys:\n  - {caller: a}\n  - {caller: b, key: x}\n"))
                .hasSize(2);
    }

    @Test
    void saysWhereTheFileIsNamedThatIsNotThere() {
        assertThat(ConfigReading.problems(directory, FILE, ENVIRONMENT))
                .containsExactly("headgate.yaml:2:32 filters[0].identity.apiKeys: keys.yaml does not exist "
                        + "(expected: a file with the keys keys)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[{identity: {}}] | 2:22 filters[0].identity.apiKeys: missing (expected: a file with the keys keys)",
                "[{identity: {apiKeys: {keys: []}}}] | 2:32 filters[0].identity.apiKeys: keys with values (expected: a path)",
                "[{identity: keys.yaml}] | 2:22 filters[0].identity: keys.yaml (expected: the keys apiKeys)",
                "[{audit: {}}, {identity: {apiKeys: keys.yaml}}] | 2:25 filters[1].identity: behind another filter (expected: filters[0].identity)",
                "[{identity: {apiKeys: keys.yaml}}, {identity: {apiKeys: keys.yaml}}] | 2:46 filters[1].identity: behind another filter (expected: filters[0].identity)"
            })
    void saysWhatIsWrongWithTheFilter(String filters, String problem) {
        ConfigReading.write(directory, "keys.yaml", "keys: [{caller: a, key: '" + A + "'}]");
        String text = FILE.substring(0, FILE.indexOf("filters:")) + "filters: " + filters;
        assertThat(ConfigReading.problems(directory, text, ENVIRONMENT)).containsExactly("headgate.yaml:" + problem);
    }
}
