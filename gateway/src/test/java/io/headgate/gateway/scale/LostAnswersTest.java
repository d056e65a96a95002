package io.headgate.gateway.scale;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A server that is killed in the middle of calls loses their answers, and the gateway says so and sends nothing twice. */
// Starts processes, and waits for each up to half a minute where the machine is busy.
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class LostAnswersTest {
    private static final int WRITERS = 16;
    private static final int NOT_CALLED = 1_503;
    private static final int LOST = 1_513;
    private static final int UNREACHABLE = 1_514;
    /** A legacy server may come back with the rest of a stream, so it is asked a few times before the answer is given up. */
    private static final Duration SOON = Duration.ofSeconds(20);

    private static final Duration BACK = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"modern", "legacy"})
    // Most of it is waiting, so the writers write meanwhile.
    @Execution(ExecutionMode.CONCURRENT)
    void aKilledServersAnswersAreSaidToBeLost(String era) {
        try (DemoProcess a = DemoProcess.start();
                DemoProcess b = DemoProcess.start("--era", era);
                GatewayProcess gateway =
                        GatewayProcess.before("a", a.url()).and("b", b.url()).start();
                McpClient modern = McpClient.modern(gateway.address());
                McpClient legacy = McpClient.legacy(gateway.address());
                McpClient other = McpClient.modern(gateway.address())) {
            List<CompletableFuture<Answer>> lost =
                    List.of(modern.call("b__sleep", "{\"ms\":20000}"), legacy.call("b__sleep", "{\"ms\":20001}"));
            Await.until(
                    McpClient.PATIENCE,
                    () -> "two calls run",
                    () -> gateway.metric("headgate_upstream_calls_total", "\"b\"") >= 2);
            CompletableFuture<Answer> kept = other.call("a__sleep", "{\"ms\":3000}");
            Await.until(
                    McpClient.PATIENCE,
                    () -> "a third call runs",
                    () -> gateway.metric("headgate_requests_active") >= 3);
            b.kill();

            for (CompletableFuture<Answer> each : lost) {
                JsonNode error = Await.result(SOON, each).error();
                assertThat(error.path("code").asInt()).isEqualTo(LOST);
                assertThat(error.path("data").path("delivery").asString()).isEqualTo("unknown");
            }
            assertThat(Await.result(McpClient.PATIENCE, kept).text()).isEqualTo("after 3000 ms");
            JsonNode refused = Await.result(SOON, modern.call("b__echo", "{\"message\":\"m\"}"))
                    .error();
            assertThat(refused.path("code").asInt()).isEqualTo(UNREACHABLE);

            b.restart();
            for (McpClient client : List.of(modern, legacy)) {
                Await.until(BACK, () -> "b serves again\n" + gateway.state(), () -> isServed(client));
            }
        }
    }

    /** Writers never stop while a server is killed and started again; its ledger says what it has executed. */
    @Test
    void noCallIsExecutedTwice(TestReporter reporter) {
        Path ledger = directory.resolve("ledger.jsonl");
        try (DemoProcess b = DemoProcess.start("--ledger", ledger.toString());
                GatewayProcess gateway = GatewayProcess.before("b", b.url()).start()) {
            Writers writers = new Writers(gateway);
            for (int round = 1; round <= 3; round++) {
                int more = writers.answered.size() + 500;
                Await.until(BACK, () -> "writers write " + writers.codes, () -> writers.answered.size() >= more);
                b.kill();
                b.restart();
            }
            int more = writers.answered.size() + 500;
            Await.until(BACK, () -> "writers write again " + writers.codes, () -> writers.answered.size() >= more);
            writers.stop();

            Map<String, Long> executed = DemoProcess.ledger(ledger, "append").stream()
                    .map(entry -> entry.path("argumentsSha256").asString())
                    .collect(Collectors.groupingBy(sha -> sha, Collectors.counting()));
            reporter.publishEntry("appended", writers.answered.size() + " answered, errors " + writers.codes);
            assertThat(executed.values()).containsOnly(1L);
            assertThat(executed.keySet()).containsAll(writers.answered);
            assertThat(executed.keySet()).doesNotContainAnyElementsOf(writers.refused);
            assertThat(writers.codes.keySet()).contains(LOST).isSubsetOf(LOST, UNREACHABLE, NOT_CALLED);
        }
    }

    private static boolean isServed(McpClient client) {
        return Await.result(McpClient.PATIENCE, client.call("b__echo", "{\"message\":\"m\"}"))
                .message()
                .has("result");
    }

    /** Clients that append one unique text after another, and remember what was said about each. */
    private static final class Writers {
        private final Set<String> answered = ConcurrentHashMap.newKeySet();
        private final Set<String> refused = ConcurrentHashMap.newKeySet();
        private final Map<Integer, AtomicInteger> codes = new ConcurrentHashMap<>();
        private final AtomicInteger texts = new AtomicInteger();
        private final AtomicBoolean writing = new AtomicBoolean(true);
        private final List<McpClient> clients = new ArrayList<>();
        private final List<CompletableFuture<Void>> ends = new ArrayList<>();

        Writers(GatewayProcess gateway) {
            for (int i = 0; i < WRITERS; i++) {
                boolean legacy = i % 2 == 0;
                McpClient client = legacy ? McpClient.legacy(gateway.address()) : McpClient.modern(gateway.address());
                CompletableFuture<Void> end = new CompletableFuture<>();
                clients.add(client);
                ends.add(end);
                write(client, end);
            }
        }

        void stop() {
            writing.set(false);
            var unused =
                    Await.result(McpClient.PATIENCE, CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)));
            clients.forEach(McpClient::close);
        }

        private void write(McpClient client, CompletableFuture<Void> end) {
            if (!writing.get()) {
                end.complete(null);
                return;
            }
            String arguments = "{\"text\":\"text " + texts.incrementAndGet() + "\"}";
            var unused = client.call("b__append", arguments).whenComplete((answer, failure) -> {
                if (failure != null) {
                    end.completeExceptionally(failure);
                    return;
                }
                remember(arguments, answer);
                write(client, end);
            });
        }

        private void remember(String arguments, Answer answer) {
            if (answer.message().has("result")) {
                answered.add(sha256(arguments));
                return;
            }
            int code = answer.error().path("code").asInt();
            codes.computeIfAbsent(code, first -> new AtomicInteger()).incrementAndGet();
            if (code == UNREACHABLE || code == NOT_CALLED) {
                refused.add(sha256(arguments));
            }
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
