package io.headgate.gateway.config.effective;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigReading;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What changes between two files is said in words, and what gets looser is marked. */
class ConfigDiffTest {
    private static final String SERVERS = "mcpServers: {a: {url: 'http://a/mcp'}}\n";

    @TempDir
    Path directory;

    @Test
    void findsNothingBetweenAFileAndItsDefaults() {
        assertThat(lines(
                        SERVERS,
                        SERVERS + "listen: 127.0.0.1:8080\nsessions: {max: 100000, idle: 30m}\n"
                                + "filters: [concurrency: {}, breaker: {}, retry: {}, timeout: 300s]\n"))
                .isEmpty();
    }

    @Test
    void saysWhichServersComeGoAndChange() {
        String from = """
                mcpServers:
                  a: {url: 'http://a/mcp', headers: {X: "${TOKEN}", Y: one}}
                  b: {url: 'http://b/mcp'}
                """;
        String to = """
                mcpServers:
                  a: {url: 'http://c/mcp', headers: {X: "${OTHER}", Z: one}, linkLocal: true, limits: {idleTimeout: 1m}}
                  d: {url: 'http://d/mcp'}
                """;
        assertThat(lines(from, to))
                .containsExactly(
                        "server a: url changes from http://a/mcp to http://c/mcp",
                        "server a: headers.X changes (a secret)",
                        "server a: headers.Y is removed",
                        "server a: headers.Z is added",
                        "server a: linkLocal changes from false to true (looser)",
                        "server a: limits.idleTimeout changes from 5m to 1m",
                        "server b is removed",
                        "server d is added");
    }

    @Test
    void saysWhichFiltersComeGoMoveAndChange() {
        String from = "filters: [audit: {}, breaker: {}, retry: {}, timeout: 1m, concurrency: {}]\n" + SERVERS;
        String to = "filters: [timeout: 10m, breaker: {open: 5s}, retry: {}, concurrency: {max: 50}, timeout: 5s]\n"
                + SERVERS;
        assertThat(lines(from, to))
                .containsExactly(
                        "filter audit is removed (looser)",
                        "filter breaker: open changes from 1s to 5s",
                        "filter timeout #1 moves from place 4 to place 1",
                        "filter timeout #1: idle changes from 1m to 10m (looser)",
                        "filter concurrency: max changes from 10000 to 50",
                        "filter timeout #2 is added");
    }

    @Test
    void tellsTheLimitsApartByTheirNames() {
        String from = """
                filters:
                  - rateLimit:
                      limits:
                        - {per: caller, rate: 100/s, tools: ['b*'], cost: {'a*': 2, 'b*': 3}}
                        - {per: tool, rate: 5/m}
                        - {per: tenant, rate: 60/m}
                """;
        String to = """
                filters:
                  - rateLimit:
                      limits:
                        - {per: tenant, rate: 2/s}
                        - {per: caller, rate: 3600/h, burst: 200, cost: {'b*': 3, 'a*': 2}}
                        - {per: all, rate: 9/s}
                """;
        assertThat(lines(from + SERVERS, to + SERVERS))
                .containsExactly(
                        "filter rateLimit: limits[caller].rate changes from 100/s to 3600/h",
                        "filter rateLimit: limits[caller].burst changes from 100 to 200 (looser)",
                        "filter rateLimit: limits[caller].tools[b*] is removed",
                        "the order of filter rateLimit: limits[caller].cost changes from [a*, b*] to [b*, a*]",
                        "filter rateLimit: limits[tool] is removed (looser)",
                        "filter rateLimit: limits[tenant].rate changes from 60/m to 2/s (looser)",
                        "filter rateLimit: limits[tenant].burst changes from 60 to 2",
                        "filter rateLimit: limits[all] is added",
                        "the order of filter rateLimit: limits changes from [caller, tenant] to [tenant, caller]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "listen: 127.0.0.1:1            | listen: 0.0.0.0:1               | true",
                "listen: 0.0.0.0:1              | listen: '[::1]:1'               | false",
                "admin: {token: '0123456789abcdef'} | admin: {}                   | true",
                "http: {allowedOrigins: []}     | http: {allowedOrigins: [a]}     | true",
                "http: {allowedOrigins: [a]}    | http: {allowedOrigins: []}      | false",
                "http: {limits: {bodyBytes: 4MiB}} | http: {limits: {bodyBytes: 1GiB}} | true",
                "http: {limits: {bodyMinRate: 2KiB}} | http: {limits: {bodyMinRate: 1KiB}} | true",
                "sessions: {perCaller: 9}       | sessions: {}                    | true",
                "sessions: {}                   | sessions: {perCaller: 9}        | false",
                "sessions: {idle: 59m}          | sessions: {idle: 1h}            | true",
                "filters: [retry: {}]           | filters: [retry: {hedge: {after: 1s}}] | true",
                "filters: [breaker: {slow: 5s}] | filters: [breaker: {}]          | true",
                "filters: [breaker: {failureRate: 50}] | filters: [breaker: {failureRate: 90}] | true",
                "filters: [breaker: {open: 9s}] | filters: [breaker: {open: 8s}]  | true",
                "filters: [breaker: {failures: [timeout, protocol]}] | filters: [breaker: {failures: [timeout]}] | true",
                "filters: [timeout: 9s]         | filters: []                     | true",
                "filters: []                    | filters: [retry: {}]            | true",
                "filters: [audit: {}]           | filters: [audit: {durability: async}] | true",
                "filters: [audit: {durability: async}] | filters: [audit: {}]     | false",
                "filters: [audit: {methods: {tasks/get: strict}}] | filters: [audit: {}] | true",
                "filters: [audit: {methods: {tasks/get: strict}}] | filters: [audit: {methods: {tasks/get: async}}] | true",
                "filters: [retry: {budget: {percent: 5}}] | filters: [retry: {budget: {percent: 6}}] | true",
                "filters: [rateLimit: {limits: [{per: all, rate: 9/s, cost: {a: 2}}]}] | filters: [rateLimit: {limits: [{per: all, rate: 9/s}]}] | true",
                "filters: [rateLimit: {limits: [{per: all, rate: 9/s}]}] | filters: [rateLimit: {limits: [{per: all, rate: 9/s, tools: [a]}]}] | true",
                "catalog: {pageSize: 1}         | catalog: {pageSize: 2}          | false",
            })
    void marksWhatIsLooser(String from, String to, boolean isLooser) {
        List<Change> changes = diff(from + "\n" + SERVERS, to + "\n" + SERVERS);
        assertThat(changes)
                .singleElement()
                .satisfies(change ->
                        assertThat(change.isLooser()).as(change.text()).isEqualTo(isLooser));
    }

    @Test
    void saysTheSameInJson() {
        List<Change> changes = diff(SERVERS + "sessions: {max: 5}", SERVERS + "sessions: {max: 6}");
        JsonNode json = new JsonMapper().readTree(ConfigDiff.json(changes));
        assertThat(json.path("equal").asBoolean()).isFalse();
        assertThat(json.path("looser").asInt()).isEqualTo(1);
        assertThat(json.path("changes").path(0).toString())
                .isEqualTo("{\"kind\":\"changed\",\"path\":\"sessions.max\",\"from\":5,\"to\":6,\"looser\":true,"
                        + "\"text\":\"sessions.max changes from 5 to 6 (looser)\"}");
        assertThat(ConfigDiff.json(List.of())).isEqualTo("{\"equal\":true,\"looser\":0,\"changes\":[]}");
    }

    @Test
    void showsNoSecret() {
        String from = """
                admin: {token: '${TOKEN}'}
                mcpServers: {a: {url: 'http://a/${TOKEN}', headers: {X: '${TOKEN}'}}}
                """;
        String to = """
                mcpServers: {b: {url: 'http://a/?${OTHER}', headers: {X: '${OTHER}'}}}
                filters: [audit: {export: {url: 'http://s/${TOKEN}'}}]
                """;
        List<Change> changes = diff(from, to);
        assertThat(changes).hasSizeGreaterThan(4);
        assertThat(ConfigDiff.json(changes)).doesNotContain("secret-").contains("***");
    }

    /** A gateway tells no secret, so one cannot be said to change; one that comes or goes can. */
    @Test
    void comparesWithWhatAGatewayTells() {
        String text = """
                admin: {token: '${TOKEN}'}
                mcpServers: {a: {url: 'http://a/${TOKEN}', headers: {X: '${TOKEN}'}}}
                """;
        Config running = read(text);
        assertThat(ConfigDiff.of(ConfigDiff.told(EffectiveConfig.json(running)), read(text.replace("TOKEN", "OTHER"))))
                .isEmpty();
        assertThat(ConfigDiff.of(
                        ConfigDiff.told(EffectiveConfig.json(running)),
                        read("mcpServers: {a: {url: 'http://a/${TOKEN}', headers: {Y: x}, http2: true}}")))
                .extracting(Change::text)
                .containsExactly(
                        "server a: headers.X is removed",
                        "server a: headers.Y is added",
                        "server a: http2 changes from false to true",
                        "admin.token is removed (looser)");
    }

    private List<String> lines(String from, String to) {
        return diff(from, to).stream().map(Change::text).toList();
    }

    private List<Change> diff(String from, String to) {
        return ConfigDiff.of(read(from), directory, read(to), directory);
    }

    private Config read(String text) {
        return ConfigReading.read(
                directory, text, Map.of("TOKEN", "secret-0123456789abcdef", "OTHER", "secret-fedcba9876543210"));
    }
}
