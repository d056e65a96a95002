package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.ModernClient.Answer;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.testkit.Await;
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
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A tool that appears at a server which does not announce it, behind a gateway that wants keys. */
class LateToolTest {
    private static final String KEY = "key-of-alice-0f9d";

    private final AtomicInteger lists = new AtomicInteger();
    private final AtomicInteger calls = new AtomicInteger();
    private volatile String tools = tool("early");

    @TempDir
    private Path directory;

    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .handle((request, response) -> request.receive()
                    .aggregate()
                    .asString()
                    .flatMap(body -> response.header("content-type", "application/json")
                            .sendString(Mono.just(answer(new JsonMapper().readTree(body))))
                            .then()))
            .bindNow();
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
                mcpServers: {s: {url: "http://127.0.0.1:%d/mcp"}}
                filters: [{identity: {apiKeys: keys.yaml}}, {timeout: 20s}]
                """.formatted(server.port()));
        gateway = Gateway.start(ConfigFile.read(file));
        Await.until("the gateway is ready", gateway::isReady);
    }

    @AfterEach
    void stop() {
        gateway.stop();
        server.disposeNow();
    }

    @Test
    void isFoundByTheFirstCall() {
        ModernClient alice = new ModernClient(gateway, "X-API-Key", KEY);
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
        ModernClient alice = new ModernClient(gateway, "X-API-Key", KEY);
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
        ModernClient stranger = new ModernClient(gateway);
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

    private String answer(JsonNode message) {
        String result = switch (message.path("method").asString()) {
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
        return "{\"jsonrpc\":\"2.0\",\"id\":" + message.get("id") + ",\"result\":{\"resultType\":\"complete\"," + result
                + "}}";
    }
}
