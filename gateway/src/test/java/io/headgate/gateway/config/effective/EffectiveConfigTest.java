package io.headgate.gateway.config.effective;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.config.ConfigReading;
import io.headgate.testkit.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** What a file amounts to is told whole, means the same when it is read again, and holds no secret. */
class EffectiveConfigTest {
    private static final Path EXAMPLES = Path.of("../deploy/examples");
    private static final String SECRET = "hunter2-very-secret";
    private static final String SEAL_KEY = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";

    /** Everything that the examples leave out, and every place of a secret. */
    private static final String RICH = """
            listen: 127.0.0.1:${PORT}
            admin: {listen: 127.0.0.1:0, token: "${TOKEN}", allowedHosts: [a.example, "b: c", "true", "5"]}
            tls: {certificate: "${CERTIFICATE}", key: "${KEY}"}
            seal: {keys: [{id: 7, key: "${SEAL_KEY}"}]}
            memory: 1GiB
            mcpServers:
              a:
                url: "http://b/mcp?key=hunter2-very-secret"
                prefix: ""
                headers: {Authorization: "Bearer ${TOKEN}", X-Dollar: "$${TOKEN} costs $5"}
                trust: certificate.pem
                limits: {tools: 5}
              b: {url: "http://${TOKEN}/mcp", type: sse, deadlineHeader: X-Left, era: legacy}
            filters:
              - identity: {apiKeys: keys.yaml}
              - audit:
                  methods: {tasks/get: async, prompts/get: balanced}
                  values: {"z*": [city, a.b], "a*": []}
                  log: {node: n, keepAge: 1h1m1s}
                  export: {url: "https://siem/hunter2-very-secret", headers: {X: "${TOKEN}"}, format: ocsf}
              - rateLimit:
                  limits: [{per: [caller, tool], rate: 7/m, cost: {"z*": 3, "a*": 0}}, {per: all, rate: 5/h, burst: 9}]
                  shared: redis://:hunter2-very-secret@localhost:6379
                  nodes: 2
                  trustedProxies: [10.0.0.0/8, "::1"]
              - timeout: 250ms
              - retry: {hedge: {percentile: 90}, trust: ["*", "#1", "a: b", "- c", ""]}
              - breaker: {failures: [tool_error, timeout], slow: 1m}
              - timeout: {tools: [{match: "*", cap: 1s500ms}]}
            """;

    @TempDir
    Path directory;

    private Map<String, String> environment = Map.of();

    @BeforeEach
    void writeWhatIsNamed() throws Exception {
        Path certificate = directory.resolve("certificate.pem").toAbsolutePath();
        Path key = directory.resolve("key.pem").toAbsolutePath();
        Certificates.of("localhost").make().write(certificate, key);
        Files.copy(EXAMPLES.resolve("keys.yaml"), directory.resolve("keys.yaml"));
        Files.copy(EXAMPLES.resolve("paste-mcp-json/mcp.json"), directory.resolve("mcp.json"));
        environment = Map.of(
                "PORT",
                "0",
                "TOKEN",
                SECRET,
                "CERTIFICATE",
                certificate.toString(),
                "KEY",
                key.toString(),
                "TLS_CERTIFICATE",
                certificate.toString(),
                "TLS_KEY",
                key.toString(),
                "HEADGATE_ADMIN_TOKEN",
                SECRET,
                "CRM_TOKEN",
                SECRET,
                "SEAL_KEY",
                SEAL_KEY);
    }

    static List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            List<Path> examples = files.filter(file -> file.toString().endsWith(".yaml") && !file.endsWith("keys.yaml"))
                    .toList();
            List<String> texts = new ArrayList<>(List.of(RICH, "mcpJson: mcp.json\n"));
            for (Path example : examples) {
                texts.add(Files.readString(example));
            }
            return texts;
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void meansTheSameWhenItIsReadAgain(String text) {
        Config config = ConfigReading.read(directory, text, environment);
        Map<String, Object> tree = EffectiveConfig.tree(config, null);
        String again = YamlText.of(withKeysInAFile(tree));
        assertThat(parts(ConfigReading.read(directory, again, Map.of()))).isEqualTo(parts(config));
    }

    @ParameterizedTest
    @MethodSource("files")
    void showsNoSecret(String text) {
        Config config = ConfigReading.read(directory, text, environment);
        assertThat(EffectiveConfig.yaml(config) + EffectiveConfig.json(config))
                .doesNotContain(SECRET)
                .doesNotContain(SEAL_KEY)
                .doesNotContain("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
                .doesNotContain("f5b5f95affb8967c58544537a8f776fe51b4a00ca4917962547f7271bdd8b865");
    }

    @Test
    void tellsEveryDefaultAndHidesWhatWasFilledIn() {
        Config config = ConfigReading.read(directory, RICH, environment);
        assertThat(EffectiveConfig.yaml(config))
                .startsWith("listen: \"***\"\nadmin:\n  listen: 127.0.0.1:0\n  token: \"***\"\n")
                .contains("    url: \"http://b/***\"\n")
                .contains("    headers:\n      Authorization: \"***\"\n")
                .contains("      tools: 5\n      toolBytes: 64KiB\n")
                .contains("  b:\n    type: sse\n    url: \"***\"\n    headers: {}\n    era: legacy\n    prefix: b__\n")
                .contains("          - caller: alice\n            tenant: acme\n            key: \"***\"\n")
                .contains("      shared: \"***\"\n")
                .contains("          cost:\n            \"z*\": 3\n")
                .contains("  - timeout:\n      idle: 250ms\n      cap: 30m\n      tools: []\n")
                .contains("  - breaker:\n      window: 10s\n      minimumCalls: 20\n");
    }

    /** What is read from parts stands there as if it were in one file. */
    @Test
    void isOneWholeWhereTheFileHasParts() {
        String filters = """
                filters:
                  extends: default
                  with:
                    - audit: {log: {node: "${TOKEN}"}}
                    - timeout: 2m
                """;
        String first = "mcpServers: {a: {url: 'http://a/mcp'}}\n";
        String second = "mcpServers: {b: {url: 'http://b/${TOKEN}'}}\n";
        ConfigReading.write(directory, "filters.yaml", filters);
        ConfigReading.write(directory, "second.yaml", second);
        Config inParts = ConfigReading.read(directory, "include: [filters.yaml, second.yaml]\n" + first, environment);
        Map<String, Object> tree = EffectiveConfig.tree(inParts);
        assertThat(tree.keySet()).isSubsetOf(ConfigFile.KEYS).doesNotContain("include", "mcpJson");
        assertThat(((Map<?, ?>) Objects.requireNonNull(tree.get("mcpServers"))).keySet())
                .hasToString("[a, b]");
        assertThat((List<?>) tree.get("filters"))
                .map(filter -> ((Map<?, ?>) filter).keySet().iterator().next().toString())
                .containsExactly("audit", "concurrency", "breaker", "retry", "timeout");
        assertThat(EffectiveConfig.yaml(inParts))
                .contains("  - timeout:\n      idle: 2m\n")
                .contains("node: \"***\"\n")
                .contains("url: \"***\"\n")
                .doesNotContain(SECRET);
        Config whole = ConfigReading.read(directory, """
                mcpServers: {a: {url: 'http://a/mcp'}, b: {url: 'http://b/${TOKEN}'}}
                filters: [audit: {log: {node: "${TOKEN}"}}, concurrency: {}, breaker: {}, retry: {}, timeout: 2m]
                """, environment);
        assertThat(EffectiveConfig.yaml(inParts)).isEqualTo(EffectiveConfig.yaml(whole));
        assertThat(ConfigDiff.of(inParts, directory, whole, directory)).isEmpty();
    }

    @Test
    void saysTheSameInJson() {
        Config config = ConfigReading.read(directory, RICH, environment);
        assertThat(EffectiveConfig.json(config))
                .isEqualTo(new JsonMapper().writeValueAsString(EffectiveConfig.tree(config)));
        assertThat(EffectiveConfig.json(config)).contains("\"minimumCalls\":20").contains("\"token\":\"***\"");
    }

    /** All that a file decides, and nothing of where it stood. */
    private static List<Object> parts(Config config) {
        return Arrays.asList(
                config.listen(),
                config.admin(),
                config.data().toAbsolutePath().normalize(),
                config.tls(),
                config.http(),
                config.servers(),
                config.filters().stream()
                        .map(filter -> List.of(filter.name(), filter.config()))
                        .toList(),
                config.sessions(),
                config.parking(),
                config.seal(),
                config.catalog(),
                config.memory(),
                config.shutdown());
    }

    /** With the secrets put back, and the keys of callers in the file that they must be in. */
    @SuppressWarnings("unchecked")
    private Map<String, Object> withKeysInAFile(Map<String, Object> tree) {
        Map<String, Object> opened = (Map<String, Object>) opened(tree);
        for (Object filter : (List<Object>) Objects.requireNonNull(opened.get("filters"))) {
            Object identity = ((Map<String, Object>) filter).get("identity");
            if (identity instanceof Map<?, ?> keys) {
                Map<String, Object> changed = (Map<String, Object>) keys;
                ConfigReading.write(directory, "keys-again.yaml", YamlText.of((Map<String, Object>)
                        Objects.requireNonNull(changed.get("apiKeys"))));
                changed.put("apiKeys", "keys-again.yaml");
            }
        }
        return opened;
    }

    private static Object opened(Object node) {
        if (node instanceof Map<?, ?> fields) {
            Map<String, Object> all = new LinkedHashMap<>();
            fields.forEach((key, value) -> all.put(key.toString(), opened(value)));
            return all;
        }
        if (node instanceof List<?> items) {
            return items.stream().map(EffectiveConfigTest::opened).toList();
        }
        return node instanceof Hidden hidden ? String.valueOf(hidden.value()) : node;
    }
}
