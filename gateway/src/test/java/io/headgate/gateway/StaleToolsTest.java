package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.testkit.Await;
import io.headgate.testkit.ScriptedServer;
import io.headgate.testkit.ScriptedServer.Reply;
import io.headgate.testkit.ScriptedServer.Request;
import io.headgate.testkit.SessionClient;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A server that begins to want an argument in a header field, and a client that knows nothing of such fields. */
class StaleToolsTest {
    private static final Address FREE = new Address("127.0.0.1", 0);

    private final AtomicInteger lists = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger executed = new AtomicInteger();

    @Test
    void aCallIsRepeatedOnceWithWhatTheToolWantsNow() {
        ScriptedServer server = new ScriptedServer(this::answer);
        UpstreamConfig config = new UpstreamConfig(
                "s",
                server.url(),
                UpstreamTransport.HTTP,
                "s__",
                Map.of(),
                /* isStateless= */ false,
                /* http2PriorKnowledge= */ false,
                /* trustFile= */ null,
                UpstreamLimits.DEFAULT);
        try (Gateway gateway = Gateway.start(Config.of(FREE, FREE, List.of(config)))) {
            Await.until("the gateway is ready", gateway::isReady);
            JsonNode answer =
                    SessionClient.of(gateway.address(), SessionClient.ALL).call("s__where", "{\"region\":\"eu\"}");
            assertThat(answer.at("/result/content/0/text").asString())
                    .as(answer.toString())
                    .isEqualTo("eu");
            assertThat(refused).hasValue(1);
            assertThat(executed).hasValue(1);
            assertThat(lists).hasValue(2);
        } finally {
            server.close();
        }
    }

    private Reply answer(Request request) {
        String result = switch (request.method()) {
            case "server/discover" ->
                "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},"
                        + "\"ttlMs\":60000,\"cacheScope\":\"private\"}";
            case "initialize" -> "";
            case "tools/list" -> tools(lists.incrementAndGet() > 1);
            default -> {
                if (!"eu".equals(request.field("mcp-param-region"))) {
                    refused.incrementAndGet();
                    yield "";
                }
                executed.incrementAndGet();
                yield "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"eu\"}]}";
            }
        };
        return result.isEmpty()
                ? request.error(-32020, "Header mismatch: Mcp-Param-Region").status(400)
                : request.result(result);
    }

    private static String tools(boolean withField) {
        return "{\"resultType\":\"complete\",\"ttlMs\":60000,\"cacheScope\":\"private\",\"tools\":[{\"name\":\"where\","
                + "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"region\":{\"type\":\"string\""
                + (withField ? ",\"x-mcp-header\":\"Region\"" : "") + "}}}}]}";
    }
}
