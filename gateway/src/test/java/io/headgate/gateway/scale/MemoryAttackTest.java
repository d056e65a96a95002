package io.headgate.gateway.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/**
 * Peers that send or ask for more than a small heap can hold: the gateway does not die of it, others are served
 * meanwhile, and afterwards the memory is there again.
 */
@Tag("slow")
// Starts processes, and waits for each up to half a minute where the machine is busy.
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class MemoryAttackTest {
    private static final int MIB = 1024 * 1024;
    private static final int LARGE_BODY = 3_900_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long MORE_LIVE_MIB = 12;

    private static final String INITIALIZE = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
            + "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"";

    private static DemoProcess demo;

    @BeforeAll
    static void start() {
        demo = DemoProcess.start();
    }

    @AfterAll
    static void stop() {
        demo.close();
    }

    @Test
    void whatClientsSayOfThemselvesFillsNoHeap(TestReporter reporter) {
        try (GatewayProcess gateway = gateway("-Xmx128m").start();
                Honest honest = new Honest(gateway)) {
            long before = live(gateway);
            for (int i = 0; i < 58; i++) {
                try (Attacker attacker = new Attacker(gateway.address())) {
                    attacker.head(INITIALIZE.length() + LARGE_BODY + 4)
                            .send(INITIALIZE)
                            .letters(LARGE_BODY)
                            .send("\"}}}");
                    assertThat(attacker.answer()).contains("Mcp-Session-Id");
                }
            }
            assertThat(gateway.metric("headgate_sessions_active")).isGreaterThanOrEqualTo(58);
            honest.served(reporter);
            isBack(gateway, before, reporter);
        }
    }

    @Test
    void bodiesThatDoNotEndFillNoHeap(TestReporter reporter) {
        try (GatewayProcess gateway = gateway("-Xmx128m").start();
                Honest honest = new Honest(gateway)) {
            long before = live(gateway);
            List<Attacker> attackers = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Attacker attacker = new Attacker(gateway.address());
                attackers.add(attacker);
                attacker.head(4 * MIB).letters(4 * MIB - 1);
            }
            honest.served(reporter);
            attackers.forEach(Attacker::close);
            isBack(gateway, before, reporter);
        }
    }

    @Test
    void answersThatNobodyReadsFillNoMemory(TestReporter reporter) {
        try (LoudServer loud = new LoudServer(0);
                GatewayProcess gateway =
                        gateway("-Xmx128m").and("loud", loud.url()).start();
                Honest honest = new Honest(gateway)) {
            Await.until(PATIENCE, gateway::state, () -> gateway.state().contains("\"loud\"") && tools(gateway) > 2);
            long before = live(gateway);
            List<Attacker> attackers = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                Attacker attacker = new Attacker(gateway.address());
                attackers.add(attacker);
                attacker.post(modernCall("loud__large", 15 * MIB), modernFields("loud__large"));
            }
            honest.wait(50);
            honest.served(reporter);
            attackers.forEach(Attacker::close);
            isBack(gateway, before, reporter);
        }
    }

    @Test
    void manyLargeResultsAtATimeOpenNoBreakerAndKillNothing(TestReporter reporter) throws Exception {
        try (LoudServer loud = new LoudServer(0);
                GatewayProcess gateway =
                        gateway("-Xmx256m").and("loud", loud.url()).start();
                Honest honest = new Honest(gateway)) {
            Await.until(PATIENCE, gateway::state, () -> tools(gateway) > 2);
            long before = live(gateway);
            ExecutorService threads = Executors.newCachedThreadPool();
            CountDownLatch done = new CountDownLatch(60);
            for (int i = 0; i < 60; i++) {
                threads.execute(() -> {
                    try (Attacker attacker = new Attacker(gateway.address())) {
                        attacker.post(modernCall("loud__large", 15 * MIB), modernFields("loud__large"));
                        attacker.discard(15 * MIB);
                    } finally {
                        done.countDown();
                    }
                });
            }
            assertThat(done.await(100, TimeUnit.SECONDS)).isTrue();
            threads.shutdown();
            assertThat(gateway.state()).contains("\"closed\"").doesNotContain("\"open\"");
            // The server is healthy, and is still called.
            try (McpClient client = McpClient.modern(gateway.address())) {
                assertThat(Await.result(PATIENCE, client.call("loud__large", "{\"bytes\":10}"))
                                .text())
                        .isEqualTo("xxxxxxxxxx");
            }
            honest.served(reporter);
            isBack(gateway, before, reporter);
        }
    }

    @Test
    void whatAServerPushesOutsideOfCallsFillsNoHeap(TestReporter reporter) {
        try (LoudServer loud = new LoudServer(8 * MIB);
                GatewayProcess gateway =
                        gateway("-Xmx128m").and("loud", loud.url()).start();
                Honest honest = new Honest(gateway);
                McpClient victim = McpClient.legacy(gateway.address())) {
            Await.until(PATIENCE, gateway::state, () -> tools(gateway) > 2);
            // Its session at the server is opened by a call, and nobody listens here.
            assertThat(Await.result(PATIENCE, victim.call("loud__large", "{\"bytes\":10}"))
                            .text())
                    .isEqualTo("xxxxxxxxxx");
            int pushedBefore = loud.pushed();
            Await.until(PATIENCE, () -> "much is pushed: " + loud.pushed(), () -> loud.pushed() > pushedBefore + 64);
            honest.served(reporter);
            assertThat(gateway.jvm().isAlive()).isTrue();
            assertThat(gateway.isReady()).isTrue();
        }
    }

    @Test
    void largeAnswersOnStreamsAreNotKeptWhole(TestReporter reporter) {
        try (LoudServer loud = new LoudServer(0);
                GatewayProcess gateway =
                        gateway("-Xmx128m").and("loud", loud.url()).start();
                Honest honest = new Honest(gateway)) {
            Await.until(PATIENCE, gateway::state, () -> tools(gateway) > 2);
            String session = openSession(gateway);
            long before = live(gateway);
            for (int i = 0; i < 40; i++) {
                try (Attacker client = new Attacker(gateway.address())) {
                    client.post(
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                                    + "\"name\":\"loud__streamed\",\"arguments\":{\"bytes\":" + 8 * MIB + "}}}",
                            "Mcp-Session-Id: " + session);
                    assertThat(client.discard(8 * MIB)).isGreaterThanOrEqualTo(8 * MIB);
                }
            }
            honest.served(reporter);
            isBack(gateway, before, reporter);
        }
    }

    @Test
    void withoutMemoryTheProcessEndsAndSaysWhy() {
        try (GatewayProcess gateway = GatewayProcess.before("a", demo.url())
                .with("memory: 4GiB")
                .jvm("-Xmx48m")
                .mayRunOutOfMemory()
                .start()) {
            List<Attacker> attackers = new ArrayList<>();
            for (int i = 0; i < 40 && gateway.jvm().isAlive(); i++) {
                try {
                    Attacker attacker = new Attacker(gateway.address());
                    attackers.add(attacker);
                    attacker.head(4 * MIB).letters(4 * MIB - 1);
                } catch (UncheckedIOException ended) {
                    break;
                }
            }
            assertThat(gateway.jvm().exitCode(PATIENCE)).isEqualTo(3);
            assertThat(gateway.jvm().errors()).contains("headgate: out of memory; the process ends");
            attackers.forEach(Attacker::close);
        }
    }

    private static String openSession(GatewayProcess gateway) {
        try (Attacker client = new Attacker(gateway.address())) {
            String answer = client.post(INITIALIZE + "1\"}}}").answer();
            String field = "Mcp-Session-Id: ";
            int at = answer.indexOf(field) + field.length();
            return answer.substring(at, answer.indexOf('\r', at));
        }
    }

    private static GatewayProcess.Builder gateway(String heap) {
        return GatewayProcess.before("a", demo.url()).jvm(heap);
    }

    private static double tools(GatewayProcess gateway) {
        return gateway.metric("headgate_catalog_items", "loud", "tool") > 0 ? 3 : 0;
    }

    private static String modernCall(String tool, int bytes) {
        return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":{\"bytes\":" + bytes + "},\"_meta\":{"
                + "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";
    }

    private static String[] modernFields(String tool) {
        return new String[] {"Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: " + tool};
    }

    private static void isBack(GatewayProcess gateway, long before, TestReporter reporter) {
        Await.until(
                PATIENCE,
                () -> "memory is back: " + live(gateway) + " MiB live, " + before + " before\n"
                        + gateway.metrics("headgate_memory"),
                () -> live(gateway) <= before + MORE_LIVE_MIB);
        reporter.publishEntry(
                "heap",
                before + " MiB live before, " + live(gateway) + " after\n" + gateway.metrics("headgate_memory"));
        assertThat(gateway.jvm().isAlive()).isTrue();
        assertThat(gateway.isReady()).isTrue();
    }

    /** What is left in the heap after a collection, in MiB. */
    private static long live(GatewayProcess gateway) {
        try {
            Process jcmd = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            Long.toString(gateway.jvm().pid()),
                            "GC.class_histogram")
                    .start();
            String text = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String total = text.lines()
                    .filter(line -> line.startsWith("Total"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no histogram\n" + text));
            return Long.parseLong(total.trim().split("\\s+", -1)[2]) / MIB;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A caller that makes one small call after another beside the attack. */
    private static final class Honest implements AutoCloseable {
        private final GatewayProcess gateway;
        private final McpClient client;
        private final List<Long> nanos = new ArrayList<>();
        private final List<String> failures = new ArrayList<>();
        private final AtomicBoolean ended = new AtomicBoolean();
        private final CompletableFuture<Void> end = new CompletableFuture<>();

        Honest(GatewayProcess gateway) {
            this.gateway = gateway;
            client = McpClient.modern(gateway.address());
            Await.result(PATIENCE, client.call("a__echo", "{\"message\":\"first\"}"));
            next();
        }

        private void next() {
            if (ended.get()) {
                end.complete(null);
                return;
            }
            long begun = System.nanoTime();
            var unused = client.call("a__echo", "{\"message\":\"hello\"}").whenComplete((answer, failure) -> {
                synchronized (this) {
                    if (failure != null || !answer.toString().contains("hello")) {
                        failures.add(String.valueOf(failure == null ? answer : failure));
                    }
                    nanos.add(System.nanoTime() - begun);
                }
                if (failure == null) {
                    next();
                } else {
                    end.complete(null);
                }
            });
        }

        synchronized int count() {
            return nanos.size();
        }

        /** Waits until so many more were served. */
        void wait(int more) {
            int before = count();
            Await.until(
                    PATIENCE, () -> "calls go on\n" + failures + gateway.jvm().said(), () -> count() >= before + more);
        }

        /** 99 of 100 calls were served within a second; the others may have been refused. */
        void served(TestReporter reporter) {
            wait(20);
            ended.set(true);
            Await.result(PATIENCE, end);
            synchronized (this) {
                List<Long> sorted = nanos.stream().sorted().toList();
                long millis = sorted.get((sorted.size() * 99 - 1) / 100) / 1_000_000;
                reporter.publishEntry(
                        "honest",
                        sorted.size() + " calls, 99 % within " + millis + " ms, " + failures.size() + " failed");
                assertThat(failures).hasSizeLessThanOrEqualTo(sorted.size() / 100);
                assertThat(millis).isLessThan(1_000);
            }
        }

        @Override
        public void close() {
            ended.set(true);
            client.close();
        }
    }
}
