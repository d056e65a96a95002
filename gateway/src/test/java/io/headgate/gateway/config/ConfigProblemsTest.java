package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of a file that cannot be used. */
class ConfigProblemsTest {
    private static final String SERVER = "mcpServers: {a: {url: 'http://127.0.0.1:1/mcp'}}\n";
    private static final String KEYS =
            "include, listen, admin, data, tls, http, mcpServers, mcpJson, filters, sessions, parking, seal, catalog, memory, shutdown";

    @TempDir
    Path directory;

    @ParameterizedTest
    @MethodSource({"values", "servers", "filters", "memory", "rateLimits", "yaml"})
    void saysWhereAndWhatIsWrong(String text, String problem) {
        assertThat(ConfigReading.problems(directory, text, Map.of())).containsExactly("headgate.yaml:" + problem);
    }

    static Stream<Arguments> values() {
        return Stream.of(
                arguments(
                        SERVER + "listn: :8080",
                        "2:1 listn: unknown key; did you mean 'listen'? (expected: " + KEYS + ")"),
                arguments(SERVER + "colour: red", "2:1 colour: unknown key (expected: " + KEYS + ")"),
                arguments(SERVER + "listen: 8080", "2:9 listen: 8080 (expected: HOST:PORT, [::1]:PORT or :PORT)"),
                arguments(SERVER + "listen: :65536", "2:9 listen: :65536 (expected: HOST:PORT, [::1]:PORT or :PORT)"),
                arguments(SERVER + "listen:", "2:8 listen: no value (expected: HOST:PORT, [::1]:PORT or :PORT)"),
                arguments(SERVER + "listen: [a]", "2:9 listen: a list (expected: HOST:PORT, [::1]:PORT or :PORT)"),
                arguments(
                        SERVER + "http:\n  limits:\n    bodyBytes: 4MB",
                        "4:16 http.limits.bodyBytes: 4MB (expected: a whole number, or a size such as 64KiB)"),
                arguments(
                        SERVER + "http:\n  limits:\n    bodyBytes: 99GiB",
                        "4:16 http.limits.bodyBytes: 99GiB (expected: a whole number, or a size such as 64KiB)"),
                arguments(
                        SERVER + "http: {limits: {headerCount: 0}}", "2:30 http.limits.headerCount: 0 (expected: > 0)"),
                arguments(
                        SERVER + "http: {transport: epol}",
                        "2:19 http.transport: epol; did you mean 'epoll'? (expected: auto, epoll, io_uring, nio)"),
                arguments(
                        SERVER + "shutdown: {grace: 5}",
                        "2:19 shutdown.grace: 5 (expected: a duration such as 250ms, 30s or 1m30s)"),
                arguments(SERVER + "tls: {key: k.pem}", "2:6 tls.certificate: missing (expected: a path)"),
                arguments(
                        SERVER + "seal: {keys: [{id: 1, key: hunter2}]}",
                        "2:28 seal.keys[0].key: *** (expected: 32 random bytes in Base64)"),
                arguments(SERVER + "catalog: 5", "2:10 catalog: 5 (expected: the keys pageSize)"),
                arguments(SERVER + "sessions: {max: -1}", "2:17 sessions.max: -1 (expected: >= 1)"));
    }

    static Stream<Arguments> servers() {
        return Stream.of(
                arguments("", "1:1 mcpServers: nothing to serve (expected: at least one server)"),
                arguments(
                        "mcpServer: {}",
                        "1:1 mcpServer: unknown key; did you mean 'mcpServers'? (expected: " + KEYS + ")"),
                arguments("mcpServers: {}", "1:1 mcpServers: nothing to serve (expected: at least one server)"),
                arguments(
                        "mcpServers: {a: {command: npx, disabled: true}}",
                        "1:1 mcpServers: nothing to serve (expected: at least one server)"),
                arguments("mcpServers: [a]", "1:13 mcpServers: a list (expected: names with servers)"),
                arguments(
                        "mcpServers:\n  a: http://b",
                        "2:6 mcpServers.a: http://b (expected: a server, as in url: http://...)"),
                arguments("mcpServers:\n  a: {}", "2:3 mcpServers.a: no url (expected: url: http://...)"),
                arguments(
                        "mcpServers:\n  a b: {url: 'http://c/mcp'}",
                        "2:3 mcpServers.a b: no name for a server (expected: 1 to 64 of A-Z a-z 0-9 _ -, and no two _ in a row)"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://me:hunter2@b/mcp'}",
                        "2:12 mcpServers.a.url: credentials in a URL (expected: headers: {Authorization: ...})"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://me:hunter2@b c/mcp'}",
                        "2:12 mcpServers.a.url: *** (expected: a URL)"),
                arguments(
                        "mcpServers:\n  a: {url: 'ftp://b/mcp'}",
                        "2:12 mcpServers.a.url: no http URL (expected: http://... or https://...)"),
                arguments(
                        "mcpServers:\n  a:\n    command: npx\n    args: [x]",
                        "3:5 mcpServers.a.command: this version cannot run stdio servers (expected: url, or disabled: true)"),
                arguments(
                        "mcpServers:\n  a: {type: htp, url: 'http://b/mcp'}",
                        "2:13 mcpServers.a.type: htp; did you mean 'http'? (expected: http, streamable-http, sse, stdio)"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://b/mcp', headers: {Host: c}}",
                        "2:38 mcpServers.a.headers.Host: is written by the gateway (expected: another field)"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://b/mcp', headers: {X: \"c\\r\\nd: e\"}}",
                        "2:38 mcpServers.a.headers.X: *** (expected: printable ASCII)"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://b/mcp', stateles: true}",
                        "2:28 mcpServers.a.stateles: unknown key; did you mean 'stateless'? (expected: type, url, serverUrl,"
                                + " httpUrl, headers, command, args, env, cwd, disabled, era, prefix, stateless, http2, deadlineHeader,"
                                + " linkLocal, trust, limits)"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://b/mcp', era: modren}",
                        "2:33 mcpServers.a.era: modren; did you mean 'modern'? (expected: auto, modern, legacy)"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://b/mcp', type: sse, era: modern}",
                        "2:44 mcpServers.a.era: modern, but type: sse is of 2024-11-05 (expected: legacy, auto)"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://b/mcp', stateless: yes}",
                        "2:39 mcpServers.a.stateless: yes (expected: true or false)"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://b/mcp', prefix: 'a b'}",
                        "2:36 mcpServers.a.prefix: no prefix of a name (expected: at most 64 of A-Z a-z 0-9 _ . -)"),
                arguments(
                        "mcpServers:\n  a: {url: 'http://b/mcp', deadlineHeader: Mcp-Name}",
                        "2:44 mcpServers.a.deadlineHeader: no free name of a header field "
                                + "(expected: X-Request-Timeout-Ms)"));
    }

    static Stream<Arguments> memory() {
        return Stream.of(
                arguments(SERVER + "memory: 1MiB", "2:9 memory: bytes: 1048576 (expected: >= 16MiB)"),
                arguments(SERVER + "memory: {bytes: 4MiB}", "2:17 memory.bytes: 4194304 (expected: >= 16MiB)"),
                arguments(
                        SERVER + "memory: {callerPercent: 101}", "2:25 memory.callerPercent: 101 (expected: 1 to 100)"),
                arguments(
                        SERVER + "memory: {bites: 1GiB}",
                        "2:10 memory.bites: unknown key; did you mean 'bytes'? "
                                + "(expected: bytes, callerPercent, serverPercent)"));
    }

    static Stream<Arguments> filters() {
        return Stream.of(
                arguments(
                        SERVER + "filters: {timeout: 60s}",
                        "2:10 filters: keys with values (expected: a list, as in - timeout: 60s, or extends and with)"),
                arguments(
                        SERVER + "filters: [timeout]",
                        "2:11 filters[0]: timeout (expected: one filter, as in - timeout: 60s)"),
                arguments(
                        SERVER + "filters:\n  - timeot: 60s",
                        "3:5 filters[0].timeot: unknown filter; did you mean 'timeout'? "
                                + "(expected: identity, audit, rateLimit, concurrency, breaker, retry, timeout)"),
                arguments(
                        SERVER + "filters:\n  - timeout: 60",
                        "3:14 filters[0].timeout: 60 (expected: a duration such as 250ms, 30s or 1m30s)"),
                arguments(
                        SERVER + "filters:\n  - timeout: {idle: 0s}",
                        "3:21 filters[0].timeout.idle: 0s (expected: > 0)"),
                arguments(
                        SERVER + "filters:\n  - timeout: {idel: 1s}",
                        "3:15 filters[0].timeout.idel: unknown key; did you mean 'idle'? (expected: idle, cap, tools)"),
                arguments(
                        SERVER + "filters:\n  - timeout: {tools: [{match: a, idle: 5s, cap: 1s}]}",
                        "3:49 filters[0].timeout.tools[0].cap: 1s (expected: >= idle, which is 5s)"),
                arguments(
                        SERVER + "filters:\n  - timeout: {tools: [{match: a}]}",
                        "3:31 filters[0].timeout.tools[0].match: a without a time (expected: idle, cap or both)"),
                arguments(
                        SERVER + "filters:\n  - breaker: {failures: [transport, toolError]}",
                        "3:37 filters[0].breaker.failures[1]: toolError; did you mean 'tool_error'? "
                                + "(expected: transport, timeout, protocol, throttled, tool_error)"),
                arguments(
                        SERVER + "filters:\n  - breaker: {probes: 0}",
                        "3:23 filters[0].breaker.probes: 0 (expected: 1 to 1000)"),
                arguments(
                        SERVER + "filters:\n  - retry: {budget: {percent: 120}}",
                        "3:31 filters[0].retry.budget.percent: 120 (expected: 0 to 100)"),
                arguments(
                        SERVER + "filters:\n  - retry: {hedge: {after: 1s, percentile: 95}}",
                        "3:20 filters[0].retry.hedge: both of after and percentile (expected: one of them)"),
                arguments(
                        SERVER + "filters:\n  - concurrency: {algorithm: vegas}",
                        "3:30 filters[0].concurrency.algorithm: vegas (expected: gradient, aimd)"),
                arguments(
                        SERVER + "filters:\n  - concurrency: {min: 0}",
                        "3:24 filters[0].concurrency.min: 0 (expected: 1..100000)"),
                arguments(
                        SERVER + "filters:\n  - concurrency: {classes: [{name: slow, tools: []}]}",
                        "3:49 filters[0].concurrency.classes[0].tools: none (expected: at least one pattern)"),
                arguments(
                        SERVER + "filters:\n  - concurrency: {maxwait: 1s}",
                        "3:19 filters[0].concurrency.maxwait: unknown key; did you mean 'maxWait'?"
                                + " (expected: algorithm, min, max, initial, queue, maxWait, classes, batch)"));
    }

    static Stream<Arguments> rateLimits() {
        String limit = SERVER + "filters:\n  - rateLimit: {limits: [{per: caller, ";
        String place = "filters[0].rateLimit.limits[0].";
        return Stream.of(
                arguments(
                        SERVER + "filters:\n  - rateLimit: {}",
                        "3:16 filters[0].rateLimit.limits: missing (expected: a value)"),
                arguments(
                        limit + "rate: 1/s, tool: [a]}]}",
                        "3:51 " + place + "tool: unknown key; did you mean 'tools'? (expected: name, per, rate, burst,"
                                + " tools, cost)"),
                arguments(
                        limit + "rate: 100}]}",
                        "3:46 " + place + "rate: 100 (expected: a rate such as 100/s, 600/m or 1000/h)"),
                arguments(
                        limit + "rate: 1/s, burst: 2, cost: {a: 3}}]}",
                        "3:67 " + place + "cost: 3 (expected: 0 to the burst, which is 2)"),
                arguments(
                        limit + "rate: 1/s}], trustedProxies: [10.0.0.0/40]}",
                        "3:70 filters[0].rateLimit.trustedProxies[0]: 10.0.0.0/40 (expected: an address, or a range such"
                                + " as 10.0.0.0/8 or fd00::/8)"),
                arguments(
                        limit + "rate: 1/s}], nodes: 2, shared: 'http://:hunter2@r'}",
                        "3:71 filters[0].rateLimit.shared: *** (expected: redis://HOST:PORT or"
                                + " rediss://:PASSWORD@HOST:PORT)"),
                arguments(
                        limit.replace("caller", "[caller, all]") + "rate: 1/s}]}",
                        "3:32 " + place + "per: [caller, all] (expected: all alone, or some of the others)"),
                arguments(
                        limit.replace("caller", "[caler]") + "rate: 1/s}]}",
                        "3:33 " + place
                                + "per[0]: caler; did you mean 'caller'? (expected: caller, tenant, tool, upstream,"
                                + " address, all)"));
    }

    static Stream<Arguments> yaml() {
        return Stream.of(
                arguments(SERVER + "data: a\ndata: b", "3:1 data: a second time (expected: once, as on line 2)"),
                arguments("a: [*b]", "1:5 an alias (expected: the value itself)"),
                arguments(SERVER + "data: &x y", "2:7 data: an anchor (expected: the value without one)"),
                arguments(SERVER + "data: !!javax.script.X u", "2:7 data: a tag (expected: the value without one)"),
                arguments("a: " + "[".repeat(2000), "1:35 nested too deep (expected: at most 32 levels)"),
                arguments(SERVER + "---\n" + SERVER, "3:1 a second document (expected: one)"),
                arguments(SERVER + "data: a\u0000b", "2:8 a character that no text has (expected: YAML)"),
                arguments("\uFEFF" + SERVER, "1:1 a byte order mark (expected: UTF-8 without one)"),
                arguments("listen: [a", "1:11 not YAML: expected ',' or ']', but got <stream end>"));
    }

    @Test
    void saysEverythingAtOnceInTheOrderOfTheLines() {
        String text = """
                listen: nowhere
                mcpServers:
                  a: {command: npx}
                  b: {url: '${NOT_SET}', prefx: x, prefix: 'b b'}
                filters:
                  - timeout: soon
                data: ${NOT_SET}
                """;
        assertThat(ConfigReading.problems(directory, text, Map.of()))
                .extracting(problem -> problem.replaceAll("^headgate.yaml:(\\d+:\\d+ [^:]*).*", "$1"))
                .containsExactly(
                        "1:9 listen",
                        "3:7 mcpServers.a.command",
                        "4:12 mcpServers.b.url",
                        "4:26 mcpServers.b.prefx",
                        "4:44 mcpServers.b.prefix",
                        "6:14 filters[0].timeout",
                        "7:7 data");
    }

    @Test
    void refusesAFileOfWords() {
        assertThat(ConfigReading.problems(directory, "just words", Map.of()))
                .containsExactly(
                        "headgate.yaml:1:1 just words (expected: keys with values, as in listen: 127.0.0.1:8080)");
    }

    @Test
    void refusesWhatIsNotUtf8() throws IOException {
        Path file = Files.write(directory.resolve("utf16.yaml"), SERVER.getBytes(StandardCharsets.UTF_16));
        assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(
                                ConfigRejected.class, () -> ConfigFile.read(file))
                        .problems())
                .containsExactly(file + ":1:1 not UTF-8 (expected: a text file)");
    }

    @Test
    void saysThatAFileDoesNotExist() {
        Path file = directory.resolve("nowhere.yaml");
        assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(
                                ConfigRejected.class, () -> ConfigFile.read(file))
                        .problems())
                .containsExactly(file + ":1:1 " + file + " does not exist (expected: a file)");
    }
}
