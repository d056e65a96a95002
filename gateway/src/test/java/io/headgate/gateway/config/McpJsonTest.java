package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.upstream.UpstreamConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole files of other programs, as their users have them. */
class McpJsonTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"mcpServers\":{\"a\":{\"url\":\"http://127.0.0.1:1/mcp\"}}}",
                "{\"servers\":{\"a\":{\"type\":\"http\",\"url\":\"http://127.0.0.1:1/mcp\"}},\"inputs\":[{\"id\":\"x\"}]}",
                "{\"mcpServers\":{\"a\":{\"serverUrl\":\"http://127.0.0.1:1/mcp\"}}}",
                "{\"mcpServers\":{\"a\":{\"httpUrl\":\"http:\\/\\/127.0.0.1:1\\/mcp\"}}}",
                "{\"mcpServers\":{\"a\":{\"type\":\"streamableHttp\",\"url\":\"http://127.0.0.1:1/mcp\"}}}",
                "// one\n{\n\t/* two\n three */\"mcpServers\": {\r\n\t\t\"a\": {\"url\": \"http://127.0.0.1:1/mcp\",},},\n}\n",
            })
    void readsEveryShape(String json) {
        assertThat(read(json).servers())
                .extracting(UpstreamConfig::name, server -> server.url().toString())
                .containsExactly(org.assertj.core.groups.Tuple.tuple("a", "http://127.0.0.1:1/mcp"));
    }

    @Test
    void leavesTextsAsTheyAre() {
        assertThat(
                        read("{\"servers\":{\"a\":{\"url\":\"http://b/mcp\",\"headers\":{\"X\":\"a // b /* c */, } \\\" \\u0041\"}}}}")
                                .servers()
                                .get(0)
                                .headers())
                .containsEntry("X", "a // b /* c */, } \" A");
    }

    @Test
    void addsToTheServersOfTheFile() {
        ConfigReading.write(directory, "mcp.json", "{\"servers\":{\"b\":{\"url\":\"http://127.0.0.1:2/mcp\"}}}");
        Config config = ConfigReading.read(
                directory, "mcpServers: {a: {url: 'http://127.0.0.1:1/mcp'}}\nmcpJson: mcp.json", Map.of());
        assertThat(config.servers()).extracting(UpstreamConfig::name).containsExactly("a", "b");
    }

    @Test
    void saysWhereInThatFileSomethingIsWrong() {
        assertThat(problems("{\n  // here\n  \"servers\": {\n    \"a\": {\"command\": \"npx\"}\n  }\n}"))
                .containsExactly(
                        "mcp.json:4:11 servers.a.command: this version cannot run stdio servers (expected: url, or"
                                + " disabled: true)");
        assertThat(problems("{\"server\": {}}"))
                .containsExactly("mcp.json:1:1 no servers (expected: the key mcpServers or servers)");
    }

    @Test
    void refusesToServeMoreThanTheFileAllowedElsewhere() {
        assertThat(problems("{\"servers\":{\"a\":{\"url\":\"http://b/mcp\",\"includeTools\":[\"x\"]}}}"))
                .singleElement()
                .asString()
                .startsWith("mcp.json:1:39 servers.a.includeTools: unknown key");
    }

    @Test
    void saysThatItDoesNotExist() {
        assertThat(ConfigReading.problems(directory, "mcpJson: nowhere.json", Map.of()))
                .containsExactly(
                        "headgate.yaml:1:10 mcpJson: nowhere.json does not exist (expected: a file as mcp.json)");
    }

    private Config read(String json) {
        ConfigReading.write(directory, "mcp.json", json);
        return ConfigReading.read(directory, "mcpJson: mcp.json", Map.of());
    }

    private List<String> problems(String json) {
        ConfigReading.write(directory, "mcp.json", json);
        return ConfigReading.problems(directory, "mcpJson: mcp.json", Map.of());
    }
}
