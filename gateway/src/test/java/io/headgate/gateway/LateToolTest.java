package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.ModernClient.Answer;
import io.headgate.testkit.ScriptedServer;
import io.headgate.testkit.ScriptedServer.Reply;
import io.headgate.testkit.ScriptedServer.Request;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tool that appears at a server which does not announce it, behind a gateway that wants keys. */
class LateToolTest {
    private static final String KEY = "key-of-alice-0f9d";

    private final AtomicInteger lists = new AtomicInteger();
    private final AtomicInteger calls = new AtomicInteger();
    private volatile String tools = tool("early");

    @TempDir
    private Path directory;

    private final ScriptedServer server = new ScriptedServer(this::answer);
    private Gateway gateway;

    @BeforeEach
    void start() throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.US_ASCII));
        Files.writeString(
                directory.resolve("keys.yaml"),
                "keys: [{caller: alice, key: \"sha256:" + HexFormat.of().formatHex(hash) + "\"}]\n");
        Path file = directory.resolve("headgate.yaml");
        Files.writeString(file, """
                listen: 127.0.0.1:0
                admin: 127.0.0.1:0
                shutdown: {grace: 1s}
                mcpServers: {s: {url: "%s"}}
                filters: [{identity: {apiKeys: keys.yaml}}, {timeout: 20s}]
                """.formatted(server.url()));
        gateway = Gateway.start(ConfigFile.read(file));
        Await.until("the gateway is ready", gateway::isReady);
    }

    @AfterEach
    void stop() {
        gateway.stop();
        server.close();
    }

    @Test
    void isFoundByTheFirstCall() {
        ModernClient alice = new ModernClient(gateway.address(), "X-API-Key", KEY);
        assertThat(alice.call("s__late", "{}").last().at("/error/code").asInt()).isEqualTo(-32602);
        tools = tool("early") + "," + tool("late");
        Answer answer = alice.call("s__late", "{}");
        assertThat(answer.text()).as(answer.toString()).isEqualTo("done");
        assertThat(calls).hasValue(1);
        GatewayMetrics metrics = new GatewayMetrics(gateway);
        assertThat(metrics.get("headgate_catalog_lookups_total{outcome=\"found\"}"))
                .isEqualTo(1);
        assertThat(metrics.get("headgate_catalog_lookups_total{outcome=\"unknown\"}"))
                .isEqualTo(1);
        // What is known costs no look.
        int before = lists.get();
        assertThat(alice.call("s__late", "{}").text()).isEqualTo("done");
        assertThat(lists).hasValue(before);
    }

    @Test
    void aFloodOfUnknownNamesIsAFewReads() {
        ModernClient alice = new ModernClient(gateway.address(), "X-API-Key", KEY);
        int before = lists.get();
        long began = System.nanoTime();
        List<CompletableFuture<Answer>> flood = IntStream.range(0, 300)
                .mapToObj(i ->
                        alice.send("tools/call", "s__nope" + i, "\"name\":\"s__nope" + i + "\",\"arguments\":{}", ""))
                .toList();
        assertThat(flood.stream().map(CompletableFuture::join))
                .allMatch(answer -> answer.last().at("/error/code").asInt() == -32602);
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began);
        assertThat((long) lists.get() - before).isBetween(1L, 2 + seconds / 2);
        assertThat(calls).hasValue(0);
    }

    /** Neither what there is nor how long it takes to find out is told to a stranger. */
    @Test
    void aStrangerCausesNoRead() {
        int before = lists.get();
        ModernClient stranger = new ModernClient(gateway.address());
        for (String name : List.of("s__early", "s__late", "nope")) {
            Answer answer = stranger.call(name, "{}");
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.last().at("/error/code").asInt()).isEqualTo(1401);
        }
        assertThat(lists).hasValue(before);
        assertThat(new GatewayMetrics(gateway).get("headgate_catalog_lookups_total"))
                .isZero();
    }

    private static String tool(String name) {
        return "{\"name\":\"" + name + "\",\"inputSchema\":{\"type\":\"object\"}}";
    }

    private Reply answer(Request request) {
        String result = switch (request.method()) {
            case "server/discover" ->
                "\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},"
                        + "\"ttlMs\":3600000,\"cacheScope\":\"private\"";
            case "tools/list" -> {
                lists.incrementAndGet();
                yield "\"ttlMs\":3600000,\"cacheScope\":\"private\",\"tools\":[" + tools + "]";
            }
            case "tools/call" -> {
                calls.incrementAndGet();
                yield "\"content\":[{\"type\":\"text\",\"text\":\"done\"}]";
            }
            default -> "\"_meta\":{}";
        };
        return request.result("{\"resultType\":\"complete\"," + result + "}");
    }
}
