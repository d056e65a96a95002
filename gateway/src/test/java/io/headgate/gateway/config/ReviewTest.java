package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.headgate.filter.timeout.TimeoutConfig;
import io.headgate.gateway.policy.BuiltInFilters;
import io.headgate.gateway.policy.ConfiguredFilter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a reviewer would say of a file that can be read. */
class ReviewTest {
    private static final String SERVERS =
            "mcpServers: {crm: {url: 'http://127.0.0.1:1/mcp'}, old: {command: x, disabled: true}}\n";
    private static final String ADDED = SERVERS + "filters:\n  extends: default\n  with:\n    - ";

    @TempDir
    Path directory;

    @BeforeEach
    void writeKeys() {
        var unused = ConfigReading.write(
                directory, "keys.yaml", "keys: [{caller: a, key: 'sha256:" + "0".repeat(64) + "'}]");
    }

    @ParameterizedTest
    @MethodSource({"servers", "patterns", "addresses", "chains"})
    void warns(String text, String warning) {
        assertThat(ConfigReading.warnings(directory, text)).containsExactly("headgate.yaml:" + warning);
    }

    static Stream<Arguments> servers() {
        return Stream.of(
                arguments(
                        "mcpServers:\n  a: {url: 'http://127.0.0.1:1/mcp'}\n"
                                + "  b: {url: 'http://127.0.0.1:2/mcp', prefix: a__}",
                        "3:46 warning: mcpServers.b.prefix: that of a too, so of tools with one name clients see one only"
                                + " (expected: a prefix of its own)"),
                arguments(
                        SERVERS + "data: $HOME/data",
                        "2:7 warning: data: a $ that fills nothing in (expected: ${NAME}, or $$ for the character itself)"));
    }

    static Stream<Arguments> patterns() {
        String nothing = " fits no tool of any server (expected: as in crm__*, old__*)";
        return Stream.of(
                arguments(
                        ADDED + "retry: {idempotent: ['crm__get_*', 'cmr__*', 'old__*', '*_get']}",
                        "5:42 warning: filters.with[0].retry.idempotent[1]: cmr__*" + nothing),
                arguments(
                        ADDED + "timeout: {tools: [{match: crm__, idle: 5s}]}",
                        "5:33 warning: filters.with[0].timeout.tools[0].match: crm__" + nothing),
                arguments(
                        ADDED + "rateLimit: {limits: [{per: address, rate: 9/s, cost: {'export*': 5}}]}",
                        "5:72 warning: filters.with[0].rateLimit.limits[0].cost.export*: export*" + nothing),
                arguments(
                        ADDED + "audit: {values: {forecast: [city]}}",
                        "5:34 warning: filters.with[0].audit.values.forecast: forecast" + nothing),
                arguments(
                        ADDED + "concurrency: {batch: ['crm__.*']}",
                        "5:29 warning: filters.with[0].concurrency.batch[0]: crm__.* has a dot before the star, as a regular"
                                + " expression (expected: crm__*, because a star alone is any text)"),
                arguments(
                        ADDED + "retry: {trust: [crm, old, cmr]}",
                        "5:33 warning: filters.with[0].retry.trust[2]: cmr is no server"
                                + " (expected: a name under mcpServers)"));
    }

    static Stream<Arguments> addresses() {
        String exposed =
                " without identity: every program that reaches it may call (expected: identity as the first filter,"
                        + " or an address of the loopback)";
        return Stream.of(
                arguments(SERVERS + "listen: 0.0.0.0:8080", "2:9 warning: listen: 0.0.0.0:8080" + exposed),
                arguments(SERVERS + "listen: ':8080'", "2:9 warning: listen: :8080" + exposed),
                arguments(
                        SERVERS + "data: headgate.yaml/data",
                        "2:7 warning: data: headgate.yaml is no directory"
                                + " (expected: a directory that the gateway can write)"));
    }

    static Stream<Arguments> chains() {
        String limits = "rateLimit: {limits: [{per: address, rate: 1/s}]}";
        return Stream.of(
                arguments(
                        SERVERS + "filters:\n  - " + limits,
                        "2:1 warning: filters: without concurrency, breaker, retry, timeout of the default chain (expected:"
                                + " {extends: default, with: [...]} to add to it, or {extends: none, with: [...]} if they"
                                + " are not wanted)"),
                arguments(
                        chain("timeout: 2m", "retry: {}"),
                        "6:7 warning: filters.with[1].retry: behind the timeout of all attempts, without one for each: an"
                                + " attempt that hangs leaves no time for another (expected: timeout behind retry)"),
                arguments(
                        chain("retry: {}", "breaker: {}"),
                        "6:7 warning: filters.with[1].breaker: behind retry: each attempt of a call counts, and an open"
                                + " breaker is asked again and again (expected: before retry)"),
                arguments(
                        chain("retry: {}", limits),
                        "6:7 warning: filters.with[1].rateLimit: behind retry: each attempt of a call takes tokens"
                                + " (expected: before retry)"),
                arguments(
                        chain(limits, "audit: {}"),
                        "6:7 warning: filters.with[1].audit: behind rateLimit: what that refuses is not recorded"
                                + " (expected: behind identity, before all others)"),
                arguments(
                        chain("retry: {}", "retry: {}"),
                        "6:7 warning: filters.with[1].retry: a second time in the chain (expected: once)"),
                arguments(
                        chain("rateLimit: {limits: [{per: [caller, tool], rate: 1/s}]}"),
                        "5:34 warning: filters.with[0].rateLimit.limits[0].per: caller+tool without identity: all callers"
                                + " are one (expected: identity as the first filter, or per: address)"));
    }

    @ParameterizedTest
    @MethodSource
    void refuses(String text, String problem) {
        assertThat(ConfigReading.problems(directory, text, Map.of())).containsExactly("headgate.yaml:" + problem);
    }

    static Stream<Arguments> refuses() {
        return Stream.of(
                arguments(
                        ADDED + "retry: {idempotent: ['^crm__(get|list)$']}",
                        "5:28 filters.with[0].retry.idempotent[0]: ^crm__(get|list)$ is a regular expression"
                                + " (expected: a name, or one with stars such as crm__*)"),
                arguments(
                        SERVERS + "listen: 127.0.0.1:9090",
                        "2:9 listen: 127.0.0.1:9090 is the port of admin, which is 127.0.0.1:9090 too"
                                + " (expected: a port of its own for each)"),
                arguments(
                        SERVERS + "admin: {listen: '127.0.0.1:8080'}\nlisten: 0.0.0.0:8080",
                        "2:17 admin.listen: 127.0.0.1:8080 is the port of listen too"
                                + " (expected: a port of its own for each)"),
                arguments(
                        SERVERS + "data: headgate.yaml\nfilters: {extends: default, with: [{audit: {}}]}",
                        "2:7 data: headgate.yaml is no directory (expected: a directory that the gateway can write)"),
                arguments(
                        chain("rateLimit: {limits: [{per: caller, rate: 1/s}]}", "identity: {apiKeys: keys.yaml}"),
                        "6:7 filters.with[1].identity: behind another filter (expected: filters.with[0].identity)"),
                arguments(
                        chain("audit: {}", "audit: {}"),
                        "6:7 filters.with[1].audit: a second time: both would write one log (expected: once)"),
                arguments(
                        ADDED + "timeout: 5m\n    - timeout: 1m",
                        "6:7 filters.with[1].timeout: a second time beside the default chain"
                                + " (expected: once, or a list that is the whole chain)"),
                arguments(
                        SERVERS + "filters: {extends: defualt}",
                        "2:20 filters.extends: defualt; did you mean 'default'? (expected: default, none)"));
    }

    @Test
    void saysNothingOfWhatIsUsual() {
        String text = SERVERS + "listen: '[::1]:8080'\nadmin: 127.0.0.1:9090\ndata: $$data\n"
                + "filters: {extends: default, with: [{retry: {idempotent: ['crm__files.*', '*'], trust: [crm]}}]}";
        assertThat(ConfigReading.warnings(directory, text)).isEmpty();
        String guarded = SERVERS + "listen: ':8080'\nfilters:\n  extends: default\n  with:\n"
                + "    - identity: {apiKeys: keys.yaml}\n    - audit: {}\n"
                + "    - rateLimit: {limits: [{per: caller, rate: 1/s}]}\n";
        assertThat(ConfigReading.warnings(directory, guarded)).isEmpty();
        assertThat(ConfigReading.warnings(directory, SERVERS)).isEmpty();
    }

    @Test
    void addsToTheDefaultChainBeforeItAndTunesItInItsPlace() {
        Config config = ConfigReading.read(
                directory,
                ADDED + "timeout: 7s\n    - audit: {}\n" + "    - rateLimit: {limits: [{per: address, rate: 1/s}]}\n",
                Map.of());
        assertThat(config.filters())
                .extracting(ConfiguredFilter::name)
                .containsExactly("audit", "rateLimit", "concurrency", "breaker", "retry", "timeout");
        assertThat(config.filters().get(5).config()).isEqualTo(TimeoutConfig.of(Duration.ofSeconds(7)));
        assertThat(config.filters().subList(2, 5)).isEqualTo(BuiltInFilters.DEFAULT_CHAIN.subList(0, 3));
        assertThat(ConfigReading.read(directory, chain("timeout: 1s"), Map.of()).filters())
                .extracting(ConfiguredFilter::name)
                .containsExactly("timeout");
    }

    @Test
    void tellsErrorsWithTheWarningsAmongThem() {
        ConfigRejected rejected = catchThrowableOfType(
                ConfigRejected.class,
                () -> ConfigReading.read(directory, "listen: :1\n" + SERVERS + "shutdown: x\n", Map.of()));
        assertThat(rejected.problems()).singleElement().asString().contains("3:11 shutdown");
        assertThat(rejected.withWarnings())
                .hasSize(2)
                .first()
                .asString()
                .contains(":1:9 warning: listen: :1 without identity");
    }

    /** A chain that is all there is. */
    private static String chain(String... filters) {
        return SERVERS + "filters:\n  extends: none\n  with:\n    - " + String.join("\n    - ", filters);
    }
}
