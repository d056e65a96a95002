package io.headgate.gateway.scale;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.scale.FaultProxy.Fate;
import io.headgate.testkit.Await;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Servers that fail in the ways of real ones, before a gateway that guards them and repeats what it may. */
// Starts processes, and waits for each up to half a minute where the machine is busy.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class ResilienceTest {
    private static final int NOT_CALLED = 1_503;
    private static final int TOO_LATE = 1_504;
    private static final int LOST = 1_513;
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final Duration RECOVERY = Duration.ofSeconds(15);
    private static final String HELLO = "{\"message\":\"hello\"}";

    @TempDir
    Path directory;

    /** Five of a hundred calls lose their connection, half of them after they were executed. */
    @Test
    void noCallIsExecutedTwiceAndReadsHardlyFail(TestReporter reporter) {
        Path ledger = directory.resolve("ledger.jsonl");
        try (DemoProcess demo = DemoProcess.start("--ledger", ledger.toString());
                FaultProxy proxy = FaultProxy.before(demo.address());
                GatewayProcess gateway = GatewayProcess.before("demo", proxy.url())
                        .with(
                                "filters:",
                                "  - breaker: {}",
                                "  - retry: {idempotent: [\"*__echo\"]}",
                                "  - timeout: 20s")
                        .start()) {
            Supplier<Fate> fate = losing(5);
            proxy.decide(fate);
            Load appends = new Load(gateway, 5_000, "demo__append", i -> "{\"text\":\"text " + i + "\"}");
            Load echoes = new Load(gateway, 2_000, "demo__echo", i -> HELLO);
            appends.run(8);
            echoes.run(4);
            appends.await();
            echoes.await();

            Map<String, Long> executed = DemoProcess.ledger(ledger, "append").stream()
                    .map(entry -> entry.path("argumentsSha256").asString())
                    .collect(Collectors.groupingBy(sha -> sha, Collectors.counting()));
            double retries = gateway.metric("headgate_retry_attempts_total", "kind=\"retry\"");
            reporter.publishEntry(
                    "resets",
                    "append " + appends.codes + " executed " + executed.size() + ", echo " + echoes.codes + " retries "
                            + retries);
            assertThat(executed.values()).containsOnly(1L);
            assertThat(executed.keySet()).containsAll(appends.answered);
            assertThat(appends.codes.keySet()).containsOnly(LOST);
            assertThat(appends.failed()).isBetween(100, 500);
            assertThat(echoes.failed()).isLessThan(10);
            assertThat(retries).isPositive();
        }
    }

    /** A server that loses every call gets a fifth more of them, and not three times as many. */
    @Test
    void anOutageCostsAServerAFifthMore(TestReporter reporter) {
        try (DemoProcess demo = DemoProcess.start();
                FaultProxy proxy = FaultProxy.before(demo.address());
                GatewayProcess gateway = GatewayProcess.before("demo", proxy.url())
                        .with(
                                "filters:",
                                "  - retry: {backoff: 5ms, idempotent: [\"*\"], budget: {perSecond: 0}}",
                                "  - timeout: 20s")
                        .start()) {
            proxy.decide(() -> Fate.LOSE);
            Load load = new Load(gateway, 2_000, "demo__echo", i -> HELLO);
            load.run(8);
            load.await();

            reporter.publishEntry("outage", "2000 calls, the server got " + proxy.calls());
            assertThat(load.codes.keySet()).containsOnly(LOST);
            assertThat(proxy.calls()).isBetween(2_200, 2_400);
            assertThat(gateway.state()).contains("\"overBudget\":");
        }
    }

    @Test
    void aServerThatFailsIsLeftAloneUntilItIsWell(TestReporter reporter) {
        try (DemoProcess demo = DemoProcess.start();
                FaultProxy proxy = FaultProxy.before(demo.address());
                DemoProcess other = DemoProcess.start();
                GatewayProcess gateway = GatewayProcess.before("demo", proxy.url())
                        .and("other", other.url())
                        .with("filters:", "  - breaker: {open: 1s}", "  - retry: {}", "  - timeout: 20s")
                        .start();
                McpClient client = McpClient.modern(gateway.address())) {
            proxy.decide(() -> Fate.LOSE);
            Await.until(RECOVERY, gateway::state, () -> code(client, "demo__echo", HELLO) == NOT_CALLED);
            int sent = proxy.calls();
            assertThat(sent).isBetween(20, 30);

            Answer refused = Await.result(McpClient.PATIENCE, client.call("demo__echo", HELLO));
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.headers().get("retry-after")).isEqualTo("1");
            assertThat(refused.error().path("data").path("retryAfterMs").asInt())
                    .isBetween(1, 1_000);
            assertThat(proxy.calls()).isEqualTo(sent);
            assertThat(gateway.metric("headgate_breaker_state", "\"demo\"")).isEqualTo(2);
            assertThat(code(client, "other__echo", HELLO)).isZero();
            var tools = Await.result(McpClient.PATIENCE, client.listTools()).result();
            assertThat(tools.path("tools").toString()).contains("demo__echo");

            proxy.decide(() -> Fate.PASS);
            long healed = System.nanoTime();
            Await.until(RECOVERY, gateway::state, () -> code(client, "demo__echo", HELLO) == 0);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - healed);
            for (int i = 0; i < 5; i++) {
                assertThat(code(client, "demo__echo", HELLO)).isZero();
            }
            assertThat(gateway.metric("headgate_breaker_state", "\"demo\"")).isZero();
            reporter.publishEntry("breaker", "open after " + sent + " calls, back after " + millis + " ms");
        }
    }

    /** Five seconds away, with fewer calls than it takes to judge; what failed then refuses nothing later. */
    @Test
    // Most of it is waiting, so the others run meanwhile.
    @Execution(ExecutionMode.CONCURRENT)
    void aServerThatAnswersAgainIsCalledWhateverFailedBefore() {
        try (DemoProcess demo = DemoProcess.start();
                FaultProxy proxy = FaultProxy.before(demo.address());
                GatewayProcess gateway =
                        GatewayProcess.before("demo", proxy.url()).start();
                McpClient client = McpClient.legacy(gateway.address())) {
            assertThat(code(client, "demo__echo", HELLO)).isZero();
            proxy.decide(() -> Fate.LOSE);
            assertThat(codes(client, 17, Duration.ofMillis(300))).containsOnly(LOST);
            proxy.decide(() -> Fate.PASS);
            assertThat(codes(client, 34, Duration.ofMillis(200))).containsOnly(0);
            assertThat(gateway.metric("headgate_breaker_state", "\"demo\"")).isZero();
        }
    }

    @Test
    void aServerThatHangsIsLeftAloneAfterAFewCalls() {
        try (DemoProcess demo = DemoProcess.start();
                FaultProxy proxy = FaultProxy.before(demo.address());
                GatewayProcess gateway = GatewayProcess.before("demo", proxy.url())
                        .with("filters:", "  - breaker: {}", "  - timeout: 1s")
                        .start();
                McpClient client = McpClient.modern(gateway.address())) {
            assertThat(code(client, "demo__echo", HELLO)).isZero();
            proxy.decide(() -> Fate.STALL);
            int sent = proxy.calls();
            Load hung = new Load(gateway, 8, "demo__echo", i -> HELLO);
            hung.run(8);
            hung.await();
            assertThat(hung.codes.keySet()).containsOnly(TOO_LATE);
            assertThat(code(client, "demo__echo", HELLO)).isEqualTo(NOT_CALLED);
            assertThat(proxy.calls()).isEqualTo(sent + 8);

            proxy.decide(() -> Fate.PASS);
            Await.until(RECOVERY, gateway::state, () -> code(client, "demo__echo", HELLO) == 0);
        }
    }

    @Test
    void aSlowServerIsLeftAloneAndTheOthersAreNot() {
        try (DemoProcess slow = DemoProcess.start();
                DemoProcess other = DemoProcess.start();
                GatewayProcess gateway = GatewayProcess.before("slow", slow.url())
                        .and("other", other.url())
                        .with("filters:", "  - breaker: {slow: 300ms, open: 1s}", "  - timeout: 20s")
                        .start()) {
            Load load = new Load(gateway, 40, "slow__sleep", i -> "{\"ms\":400}");
            load.run(10);
            Load others = new Load(gateway, 200, "other__echo", i -> HELLO);
            others.run(2);
            load.await();
            others.await();
            assertThat(others.failed()).isZero();
            assertThat(load.codes.keySet()).containsOnly(NOT_CALLED);
            assertThat(load.answered).isNotEmpty();

            try (McpClient client = McpClient.modern(gateway.address())) {
                Await.until(RECOVERY, gateway::state, () -> code(client, "slow__sleep", "{\"ms\":1}") == 0);
                Await.until(
                        RECOVERY,
                        gateway::state,
                        () -> code(client, "slow__sleep", "{\"ms\":2}") == 0
                                && gateway.metric("headgate_breaker_state", "\"slow\"") == 0);
            }
        }
    }

    @Test
    void eachToolHasItsTimeAndASlowReadIsMadeTwice() {
        try (DemoProcess demo = DemoProcess.start();
                FaultProxy proxy = FaultProxy.before(demo.address());
                GatewayProcess gateway = GatewayProcess.before("demo", proxy.url())
                        .with(
                                "filters:",
                                "  - retry: {trust: [demo], hedge: {after: 200ms}}",
                                "  - timeout: {idle: 20s, tools: [{match: \"*__append\", idle: 500ms}]}")
                        .start();
                McpClient client = McpClient.modern(gateway.address())) {
            AtomicInteger number = new AtomicInteger();
            proxy.decide(() -> number.getAndIncrement() == 0 ? Fate.STALL : Fate.PASS);
            // The server says that it only reads, and the file believes it.
            assertThat(code(client, "demo__echo", HELLO)).isZero();
            assertThat(proxy.calls()).isEqualTo(2);

            number.set(0);
            assertThat(code(client, "demo__append", "{\"text\":\"t\"}")).isEqualTo(TOO_LATE);
            assertThat(proxy.calls()).isEqualTo(3);
            assertThat(code(client, "demo__sleep", "{\"ms\":700}")).isZero();
        }
    }

    /** The code of the error that a call ends with, 0 if it has a result. */
    private static int code(McpClient client, String tool, String arguments) {
        return codeOf(Await.result(McpClient.PATIENCE, client.call(tool, arguments)));
    }

    private static int codeOf(Answer answer) {
        return answer.message().has("result") ? 0 : answer.error().path("code").asInt();
    }

    /** The codes of so many calls, with a pause after each. */
    private static List<Integer> codes(McpClient client, int calls, Duration pause) {
        Executor later = CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
        List<Integer> codes = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            codes.add(code(client, "demo__echo", HELLO));
            var unused = Await.result(McpClient.PATIENCE, CompletableFuture.runAsync(() -> {}, later));
        }
        return codes;
    }

    private static Supplier<Fate> losing(int percent) {
        Random random = new Random(4);
        return () -> {
            synchronized (random) {
                return random.nextInt(100) >= percent ? Fate.PASS : random.nextBoolean() ? Fate.LOSE : Fate.LOSE_ANSWER;
            }
        };
    }

    /** So many calls of a tool by a few clients, each one after another. */
    private static final class Load {
        private final InetSocketAddress gateway;
        private final int calls;
        private final String tool;
        private final IntFunction<String> arguments;
        private final AtomicInteger begun = new AtomicInteger();
        private final Set<String> answered = ConcurrentHashMap.newKeySet();
        private final Map<Integer, AtomicInteger> codes = new ConcurrentHashMap<>();
        private final List<McpClient> clients = new ArrayList<>();
        private final List<CompletableFuture<Void>> ends = new ArrayList<>();

        Load(GatewayProcess gateway, int calls, String tool, IntFunction<String> arguments) {
            this.gateway = gateway.address();
            this.calls = calls;
            this.tool = tool;
            this.arguments = arguments;
        }

        void run(int numberOfClients) {
            for (int i = 0; i < numberOfClients; i++) {
                McpClient client = i % 2 == 0 ? McpClient.modern(gateway) : McpClient.legacy(gateway);
                CompletableFuture<Void> end = new CompletableFuture<>();
                clients.add(client);
                ends.add(end);
                next(client, end);
            }
        }

        void await() {
            var unused = Await.result(LONG, CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)));
            clients.forEach(McpClient::close);
        }

        int failed() {
            return codes.values().stream().mapToInt(AtomicInteger::get).sum();
        }

        private void next(McpClient client, CompletableFuture<Void> end) {
            int number = begun.getAndIncrement();
            if (number >= calls) {
                end.complete(null);
                return;
            }
            String written = arguments.apply(number);
            var unused = client.call(tool, written).whenComplete((answer, failure) -> {
                if (failure != null) {
                    end.completeExceptionally(failure);
                    return;
                }
                if (answer.message().has("result")) {
                    answered.add(sha256(written));
                } else {
                    int code = answer.error().path("code").asInt();
                    codes.computeIfAbsent(code, first -> new AtomicInteger()).incrementAndGet();
                }
                next(client, end);
            });
        }

        private static String sha256(String text) {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
