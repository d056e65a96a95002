package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

class LoggerNamesTest {
    private final Fleet fleet = new Fleet();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"level\":\"info\", \"logger\" : \"db\",\"data\":1.0} | {\"level\":\"info\", \"logger\" : \"u1/db\",\"data\":1.0}",
                "{\"level\":\"info\",\"data\":\"x\"} | {\"logger\":\"u1\",\"level\":\"info\",\"data\":\"x\"}",
                "{\"logger\":\"u2/\\\"a\\\"\"} | {\"logger\":\"u1/u2/\\\"a\\\"\"}",
                "{\"logger\":7} | {\"logger\":\"u1\"}",
                "{} | {\"logger\":\"u1\"}"
            })
    void aPrefixedServersLogSaysWhoLogs(String before, String after) {
        said(fleet.add("u1").tool("t"), before);
        fleet.start();
        assertThat(heard("", "u1__t").params()).hasToString(after);
        assertThat(heard("u1", "t").params()).hasToString(before);
    }

    @Test
    void anUnprefixedServersLogPassesAsItIs() {
        JsonRpc.Notification log = said(fleet.add("u1", "").tool("t"), "{\"logger\":\"db\"}");
        fleet.start();
        assertThat(heard("", "t")).isSameAs(log);
    }

    private static JsonRpc.Notification said(FakeUpstream upstream, String params) {
        JsonRpc.Notification log = new JsonRpc.Notification(Methods.MESSAGE, RawJson.of(params));
        upstream.answer = exchange -> Flux.just(log, JsonRpc.Success.of("{\"content\":[]}"));
        return log;
    }

    private JsonRpc.Notification heard(String server, String tool) {
        JsonRpc first = fleet.router
                .handle(Fleet.exchange(server, Methods.TOOLS_CALL, "{\"name\":\"" + tool + "\"}"))
                .blockFirst(Fleet.BOUND);
        return (JsonRpc.Notification) Objects.requireNonNull(first);
    }
}
