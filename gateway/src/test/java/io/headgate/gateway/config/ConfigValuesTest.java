package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.NamePattern;
import io.headgate.filter.breaker.BreakerConfig;
import io.headgate.filter.breaker.FailureKind;
import io.headgate.filter.retry.RetryConfig;
import io.headgate.filter.timeout.TimeoutConfig;
import io.headgate.filter.timeout.ToolTimeout;
import io.headgate.gateway.http.Transport;
import io.headgate.gateway.policy.ConfiguredFilter;
import io.headgate.gateway.upstream.EraChoice;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is made of a file that can be used. */
class ConfigValuesTest {
    private static final String SERVER = "mcpServers: {a: {url: 'http://127.0.0.1:1/mcp'}}\n";

    @TempDir
    Path directory;

    @Test
    void leavesTheDefaultsWhereTheFileSaysNothing() {
        Config config = read(SERVER);
        assertThat(config.listen()).hasToString("127.0.0.1:8080");
        assertThat(config.admin().listen()).hasToString("127.0.0.1:9090");
        assertThat(config.tls()).isNull();
        assertThat(config.shutdown().grace()).isEqualTo(Duration.ofSeconds(25));
        assertThat(config.filters())
                .extracting(ConfiguredFilter::name)
                .containsExactly("concurrency", "breaker", "retry", "timeout");
        assertThat(config.servers()).extracting(UpstreamConfig::prefix).containsExactly("a__");
    }

    @Test
    void readsTheEraOfAServer() {
        assertThat(read("""
                        mcpServers:
                          a: {url: 'http://127.0.0.1:1/mcp'}
                          b: {url: 'http://127.0.0.1:1/mcp', era: auto}
                          c: {url: 'http://127.0.0.1:1/mcp', era: modern}
                          d: {url: 'http://127.0.0.1:1/sse', type: sse, era: legacy}
                        """).servers())
                .extracting(UpstreamConfig::era)
                .containsExactly(EraChoice.AUTO, EraChoice.AUTO, EraChoice.MODERN, EraChoice.LEGACY);
    }

    @Test
    void readsUnitsNumbersAndEnums() {
        Config config = read(SERVER + """
                listen: '[::1]:0'
                http: {transport: io_uring, limits: {bodyBytes: 1MiB, headerTimeout: 1m30s}}
                sessions: {max: 7, perCaller: 3, idle: 250ms}
                parking: {perCaller: 2, time: 30s, bytes: 1MiB}
                shutdown: {grace: 0s}
                """);
        assertThat(config.listen()).isEqualTo(new Address("::1", 0)).hasToString("[::1]:0");
        assertThat(config.http().transport()).isEqualTo(Transport.IO_URING);
        assertThat(config.http().limits().bodyBytes()).isEqualTo(1 << 20);
        assertThat(config.http().limits().headerTimeout()).isEqualTo(Duration.ofSeconds(90));
        assertThat(config.http().limits().headerCount()).isEqualTo(100);
        assertThat(config.sessions().perCaller()).isEqualTo(3);
        assertThat(config.parking().max()).isEqualTo(10_000);
        assertThat(config.parking().perCaller()).isEqualTo(2);
        assertThat(config.parking().time()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.parking().bytes()).isEqualTo(1024 * 1024);
        assertThat(config.sessions().idle()).isEqualTo(Duration.ofMillis(250));
        assertThat(config.shutdown().grace()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.0.1:8080",
                "[fe80::1]",
                "[febf::1]:80",
                "[::ffff:169.254.169.254]",
                "[::ffff:a9fe:a9fe]"
            })
    void refusesALinkLocalServerUnlessItIsAllowed(String host) {
        String server = "mcpServers: {a: {url: 'http://" + host + "/mcp'%s}}\n";
        assertThat(ConfigReading.problems(directory, server.formatted(""), Map.of()))
                .containsExactly("headgate.yaml:1:23 mcpServers.a.url: a link-local address, where a cloud keeps"
                        + " credentials (expected: another address, or linkLocal: true)");
        assertThat(read(server.formatted(", linkLocal: true")).servers())
                .singleElement()
                .satisfies(each -> assertThat(each.isLinkLocal()).isTrue());
    }

    @Test
    void takesAServersTransportFromItsType() {
        Config config = read("""
                mcpServers:
                  a: {type: sse, url: 'http://127.0.0.1:1/sse'}
                  b: {type: http, url: 'http://127.0.0.1:1/mcp'}
                  c: {url: 'http://127.0.0.1:1/sse'}
                """);
        assertThat(config.servers())
                .extracting(UpstreamConfig::transport)
                .containsExactly(UpstreamTransport.SSE, UpstreamTransport.HTTP, UpstreamTransport.HTTP);
    }

    @Test
    void bindsAFilterInShortAndInFull() {
        Config config = read(SERVER + "filters: [timeout: 5s, timeout: {idle: 1s, cap: 2s}, timeout: {}]");
        assertThat(config.filters())
                .extracting(filter -> (Object) filter.config())
                .containsExactly(
                        TimeoutConfig.of(Duration.ofSeconds(5)),
                        TimeoutConfig.of(Duration.ofSeconds(1), Duration.ofSeconds(2)),
                        TimeoutConfig.of(null, null));
        assertThat(config.filters().get(1).place()).isEqualTo("filters[1].timeout");
    }

    @Test
    void bindsWhatGuardsServers() {
        Config config = read(SERVER + """
                filters:
                  - breaker: {failures: [throttled, tool_error], slow: 2s}
                  - retry: {idempotent: ["get_*"], budget: {percent: 5}, hedge: {percentile: 95}}
                  - timeout: {cap: 20s, tools: [{match: "report_*", cap: 2m}, {match: "*", idle: 30s}]}
                  - breaker: {}
                  - retry: {}
                """);
        BreakerConfig breaker = (BreakerConfig) config.filters().get(0).config();
        assertThat(breaker.failures()).containsExactlyInAnyOrder(FailureKind.THROTTLED, FailureKind.TOOL_ERROR);
        assertThat(breaker.slow()).isEqualTo(Duration.ofSeconds(2));
        assertThat(breaker.probes()).isEqualTo(3);
        RetryConfig retry = (RetryConfig) config.filters().get(1).config();
        assertThat(retry.idempotent()).containsExactly(NamePattern.of("get_*"));
        assertThat(retry.budget()).isEqualTo(new RetryConfig.Budget(5, 10));
        assertThat(retry.hedge()).isEqualTo(new RetryConfig.Hedge(null, 95));
        TimeoutConfig timeout = (TimeoutConfig) config.filters().get(2).config();
        assertThat(timeout.tools())
                .containsExactly(
                        new ToolTimeout(NamePattern.of("report_*"), null, Duration.ofMinutes(2)),
                        new ToolTimeout(NamePattern.of("*"), Duration.ofSeconds(30), null));
        assertThat(config.filters().get(3).config()).isEqualTo(BreakerConfig.DEFAULT);
        assertThat(config.filters().get(4).config()).isEqualTo(RetryConfig.DEFAULT);
    }

    @Test
    void leavesAnEmptyChainEmpty() {
        assertThat(read(SERVER + "filters: []").filters()).isEmpty();
    }

    @Test
    void readsAnEntryAsClientsWriteItAndWithWhatIsOurs() {
        UpstreamConfig server = read("""
                        mcpServers:
                          one-server:
                            type: streamable-http
                            url: https://example.com:8443/mcp
                            headers: {Authorization: Bearer x}
                            prefix: ""
                            stateless: true
                            http2: true
                            limits: {tools: 5, idleTimeout: 2s}
                        """).servers().get(0);
        assertThat(server.name()).isEqualTo("one-server");
        assertThat(server.url()).hasToString("https://example.com:8443/mcp");
        assertThat(server.headers()).containsExactly(Map.entry("Authorization", "Bearer x"));
        assertThat(server.prefix()).isEmpty();
        assertThat(server.isStateless()).isTrue();
        assertThat(server.http2PriorKnowledge()).isTrue();
        assertThat(server.limits().tools()).isEqualTo(5);
        assertThat(server.limits().idleTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(server.limits().messageBytes()).isEqualTo(16 << 20);
    }

    @Test
    void keepsTheOrderOfTheServersAndSkipsDisabledOnes() {
        Config config = read("""
                mcpServers:
                  z: {serverUrl: 'http://127.0.0.1:1/mcp'}
                  off: {command: npx, disabled: true, whatever: 5}
                  a: {httpUrl: 'http://127.0.0.1:2/mcp', timeout: 30, alwaysAllow: [x]}
                """);
        assertThat(config.servers()).extracting(UpstreamConfig::name).containsExactly("z", "a");
        assertThat(config.warnings()).hasSize(2).allMatch(note -> note.endsWith(": not used by a gateway"));
    }

    private Config read(String text) {
        return ConfigReading.read(directory, text, Map.of());
    }
}
