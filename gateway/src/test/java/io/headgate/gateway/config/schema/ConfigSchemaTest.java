package io.headgate.gateway.config.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An editor that knows the schema marks what is wrong, and nothing that is right. */
class ConfigSchemaTest {
    private static final Path DEPLOY = Path.of("../deploy");
    private static final Path EXAMPLES = DEPLOY.resolve("examples");
    private static final Path KEYS = Path.of("keys.yaml");

    /** Names a filter that is not in the gateway, so nothing knows its keys. */
    private static final Path OWN_FILTER = Path.of("own-filter/headgate.yaml");

    private static final String MODELINE = "# yaml-language-server: $schema=";

    private static final Schema FILE = schema(ConfigSchema.file());
    private static final Schema KEYS_FILE = schema(ConfigSchema.keysFile());

    private static Schema schema(String text) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7).getSchema(text);
    }

    private static List<Error> wrong(Schema schema, String yaml) {
        return schema.validate(yaml, InputFormat.YAML);
    }

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.walk(EXAMPLES)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .filter(file -> !file.toString().contains("/target/") && !file.endsWith(OWN_FILTER))
                    .toList();
        }
    }

    @Test
    void isASchemaOfDraft7() {
        Schema meta = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
                .getSchema(SchemaLocation.of("http://json-schema.org/draft-07/schema#"));
        assertThat(meta.validate(ConfigSchema.file(), InputFormat.JSON)).isEmpty();
        assertThat(meta.validate(ConfigSchema.keysFile(), InputFormat.JSON)).isEmpty();
        assertThat(meta.validate("{\"type\": \"none\"}", InputFormat.JSON)).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void takesEachExample(Path example) throws IOException {
        assertThat(wrong(example.endsWith(KEYS) ? KEYS_FILE : FILE, Files.readString(example)))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void isNamedInTheFirstLineOfEachExample(Path example) throws IOException {
        String first = Files.readAllLines(example).get(0);
        assertThat(first).startsWith(MODELINE);
        assertThat(example.resolveSibling(first.substring(MODELINE.length())).normalize())
                .isEqualTo(DEPLOY.resolve(example.endsWith(KEYS) ? "headgate-keys.schema.json" : "headgate.schema.json")
                        .normalize());
    }

    @Test
    void takesTheFileThatIsMeasured() throws IOException {
        assertThat(wrong(FILE, Files.readString(Path.of("../benchmarks/full-chain.yaml"))))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "filters: []",
                "listen: ':8080'",
                "listen: '[::1]:0'",
                "listen: ${LISTEN}",
                "listen: 127.0.0.1:${PORT:-8080}",
                "admin: 127.0.0.1:9090",
                "memory: 256MiB",
                "memory: 268435456",
                "sessions: {max: '${MAX}', idle: 1h30m}",
                "http: {transport: '${env:TRANSPORT}'}",
                "mcpServers: {a: {url: 'http://b/mcp', stateless: '${S}', headers: {X: 5}}}",
                "mcpServers: {a: {serverUrl: 'http://b/mcp', alwaysAllow: [x], timeout: 5}}",
                "mcpServers: {a: {command: npx, disabled: true}}",
                "filters: [timeout: 1m, timeout: {cap: 5s}]",
                "filters: [timeout: '${T}']",
                "filters: [rateLimit: {limits: [{per: [caller, tool], rate: 5/h, cost: {'a*': 2}}]}]",
                "filters: [retry: {}, breaker: {failures: [timeout]}]",
                "filters: {extends: default, with: [timeout: 2m, audit: {}]}",
                "filters: {extends: none}",
                "filters: {extends: '${BASE}', with: []}",
                "include: policies",
                "include: [filters.yaml, servers.d]",
                "include: ['${file:parts}/a.yaml']",
            })
    void takesWhatIsRight(String yaml) {
        assertThat(wrong(FILE, yaml)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "listn: ':8080'",
                "listen: 8080",
                "listen: localhost",
                "listen: [':8080']",
                "data: {a: b}",
                "tls: {certificate: a.pem}",
                "tls: a.pem",
                "http: {transport: kqueue}",
                "http: {limits: {bodyBytes: 4MB}}",
                "http: {limits: {headerTimeout: 10}}",
                "http: {limits: {headerTimeout: 10s5m}}",
                "http: {limits: {headerCount: many}}",
                "http: {limits: {headerCount: 1.5}}",
                "http: {allowedHosts: example.com}",
                "mcpServers: []",
                "mcpServers: {a: 'http://b/mcp'}",
                "mcpServers: {a: {}}",
                "mcpServers: {a: {command: npx}}",
                "mcpServers: {a: {command: npx, disabled: false}}",
                "mcpServers: {a b: {url: 'http://b/mcp'}}",
                "mcpServers: {a: {url: 'http://b/mcp', ulr: x}}",
                "mcpServers: {a: {url: 'http://b/mcp', era: new}}",
                "mcpServers: {a: {url: 'http://b/mcp', type: websocket}}",
                "mcpServers: {a: {url: 'http://b/mcp', stateless: perhaps}}",
                "filters: {timeout: 5m}",
                "filters: [timeout]",
                "filters: {with: [timeout: 5m]}",
                "filters: {extends: all, with: []}",
                "filters: {extends: default, with: {timeout: 5m}}",
                "filters: {extends: default, with: [timeuot: 5m]}",
                "filters: {extends: default, without: [timeout: 5m]}",
                "filters: default",
                "include: {a: b}",
                "include: [[a.yaml]]",
                "filters: [timeout: 5]",
                "filters: [timeout: 5m, {}]",
                "filters: [{timeout: 5m, retry: {}}]",
                "filters: [timeuot: 5m]",
                "filters: [identity: {}]",
                "filters: [rateLimit: {}]",
                "filters: [rateLimit: {limits: [{per: caller}]}]",
                "filters: [rateLimit: {limits: [{per: caller, rate: 100}]}]",
                "filters: [rateLimit: {limits: [{per: everyone, rate: 100/s}]}]",
                "filters: [retry: {budget: 20}]",
                "filters: [audit: {export: {}}]",
                "sessions: {max: 10, max2: 10}",
                "shutdown: {grace: soon}",
                "memory: large",
                "- listen",
                "5",
            })
    void marksWhatIsWrong(String yaml) {
        assertThat(wrong(FILE, yaml)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "keys: {}", "keys: [{caller: a}]", "keys: [{caller: a, key: b, role: c}]"})
    void marksWhatIsWrongWithKeys(String yaml) {
        assertThat(wrong(KEYS_FILE, yaml)).isNotEmpty();
    }
}
