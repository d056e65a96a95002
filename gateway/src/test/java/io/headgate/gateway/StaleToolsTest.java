package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.testkit.Await;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server that begins to want an argument in a header field, and a client that knows nothing of such fields. */
class StaleToolsTest {
    private static final Address FREE = new Address("127.0.0.1", 0);

    private final AtomicInteger lists = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger executed = new AtomicInteger();

    @Test
    void aCallIsRepeatedOnceWithWhatTheToolWantsNow() throws Exception {
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> request.receive()
                        .aggregate()
                        .asString()
                        .flatMap(body -> {
                            String answer = answer(request, new JsonMapper().readTree(body));
                            return response.status(answer.contains("-32020") ? 400 : 200)
                                    .header("content-type", "application/json")
                                    .sendString(Mono.just(answer))
                                    .then();
                        }))
                .bindNow();
        UpstreamConfig config = new UpstreamConfig(
                "s",
                URI.create("http://127.0.0.1:" + server.port() + "/mcp"),
                UpstreamTransport.HTTP,
                "s__",
                Map.of(),
                /* isStateless= */ false,
                /* http2PriorKnowledge= */ false,
                /* trustFile= */ null,
                UpstreamLimits.DEFAULT);
        try (Gateway gateway = Gateway.start(Config.of(FREE, FREE, List.of(config)))) {
            Await.until("the gateway is ready", gateway::isReady);
            JsonNode answer = LegacyPeer.of(gateway.address(), LegacyPeer.ALL).call("s__where", "{\"region\":\"eu\"}");
            assertThat(answer.at("/result/content/0/text").asString())
                    .as(answer.toString())
                    .isEqualTo("eu");
            assertThat(refused).hasValue(1);
            assertThat(executed).hasValue(1);
            assertThat(lists).hasValue(2);
        } finally {
            server.disposeNow();
        }
    }

    private String answer(HttpServerRequest request, JsonNode message) {
        String result = switch (message.path("method").asString()) {
            case "server/discover" ->
                "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},"
                        + "\"ttlMs\":60000,\"cacheScope\":\"private\"}";
            case "initialize" -> "";
            case "tools/list" -> tools(lists.incrementAndGet() > 1);
            default -> {
                if (!"eu".equals(request.requestHeaders().get("mcp-param-region"))) {
                    refused.incrementAndGet();
                    yield "";
                }
                executed.incrementAndGet();
                yield "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"eu\"}]}";
            }
        };
        String head = "{\"jsonrpc\":\"2.0\",\"id\":" + message.get("id");
        return result.isEmpty()
                ? head + ",\"error\":{\"code\":-32020,\"message\":\"Header mismatch: Mcp-Param-Region\"}}"
                : head + ",\"result\":" + result + "}";
    }

    private static String tools(boolean withField) {
        return "{\"resultType\":\"complete\",\"ttlMs\":60000,\"cacheScope\":\"private\",\"tools\":[{\"name\":\"where\","
                + "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"region\":{\"type\":\"string\""
                + (withField ? ",\"x-mcp-header\":\"Region\"" : "") + "}}}}]}";
    }
}
