package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.ModernClient;
import io.headgate.testkit.RawHttp1;
import java.net.URI;
import org.junit.jupiter.api.Test;

/**
 * A connection goes on after a request without a body that had to wait for the answer before it.
 *
 * <p>Reactor Netty 1.3.7 read nothing more then, and one call of some hundred thousand got no answer.
 */
class KeepAliveTest {
    @Test
    void aConnectionIsReadAfterARequestThatHadToWait() {
        DemoServer server = DemoServer.start(DemoServerOptions.builder().build());
        try (RawHttp1 client = new RawHttp1(URI.create(server.url()).getPort())) {
            client.send(post("initialize", "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{}", "X: y"));
            String session = "Mcp-Session-Id: " + client.answer().fields().get("mcp-session-id");

            client.send(
                    call("sleep", "{\"ms\":50}", session) + RawHttp1.get("localhost", DemoHttp.PATH, "Accept: none"));
            assertThat(client.answer().body()).contains("after 50 ms");
            assertThat(client.answer().status()).isEqualTo(406);

            client.send(call("echo", "{\"message\":\"still there\"}", session));
            assertThat(client.answer().body()).contains("still there");
        } finally {
            server.stop();
        }
    }

    private static String call(String tool, String arguments, String session) {
        return post("tools/call", ModernClient.params(tool, arguments), session);
    }

    private static String post(String method, String params, String field) {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":{" + params + "}}";
        return RawHttp1.postTo("localhost", DemoHttp.PATH, body, field);
    }
}
