package io.headgate.gateway.upstream.era;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import io.headgate.filter.TraceContext;
import io.headgate.filter.Trail;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class TraceTest {
    private static final String OK = "{\"resultType\":\"complete\",\"content\":[]}";
    private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    @Test
    void aModernServerIsToldOurSpanOfTheClientsTrace() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            Exchange exchange = traced(modern("\"traceparent\":\"" + PARENT + "\",\"tracestate\":\"a=1\",\"x/y\":1"));

            fixture.call(exchange);

            Received sent = fixture.server().received("tools/call").get(0);
            String ours = trail(exchange).trace().traceparent();
            assertThat(ours).startsWith(PARENT.substring(0, 36)).endsWith("-00").isNotEqualTo(PARENT);
            assertThat(sent.body())
                    .contains("\"traceparent\":\"" + ours + "\",\"tracestate\":\"a=1\",\"x/y\":1}")
                    .doesNotContain(PARENT);
            assertThat(sent.header("traceparent")).isEqualTo(ours);
            assertThat(sent.header("tracestate")).isEqualTo("a=1");
            assertThat(trail(exchange).attempts()).isEqualTo(1);
        }
    }

    @Test
    void aTraceBeginsWhereTheClientSentABadOne() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            Exchange exchange = traced(modern("\"traceparent\":\"00-zz\",\"tracestate\":\"a=1\""));

            fixture.call(exchange);

            Received sent = fixture.server().received("tools/call").get(0);
            String ours = trail(exchange).trace().traceparent();
            assertThat(sent.body()).contains("\"traceparent\":\"" + ours + "\"").doesNotContain("tracestate", "zz");
            assertThat(sent.header("traceparent")).isEqualTo(ours);
            assertThat(sent.header("tracestate")).isNull();
        }
    }

    @Test
    void aLegacyServerIsToldTooWhateverMetaThereIs() throws IOException {
        try (UpstreamFixture fixture =
                UpstreamFixture.legacy(new UpstreamFixture.LegacyScript((request, wire) -> wire.result(request, OK)))) {
            Exchange without = traced(UpstreamFixture.legacyCall("tools/call", "{\"name\":\"echo\"}", null));
            Exchange with = traced(UpstreamFixture.legacyCall(
                    "tools/call", "{\"name\":\"echo\",\"_meta\":{\"traceparent\":\"" + PARENT + "\"}}", null));

            fixture.call(without);
            fixture.call(with);

            for (int i = 0; i < 2; i++) {
                Received sent = fixture.server().received("tools/call").get(i);
                String ours = trail(i == 0 ? without : with).trace().traceparent();
                assertThat(sent.body()).contains("\"_meta\":{\"traceparent\":\"" + ours + "\"}");
                assertThat(sent.header("traceparent")).isEqualTo(ours);
            }
        }
    }

    @Test
    void withoutATrailNothingIsAdded() throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.modern((request, wire) -> wire.result(request, OK))) {
            fixture.call(modern("\"traceparent\":\"" + PARENT + "\",\"tracestate\":\"a=1\""));

            Received sent = fixture.server().received("tools/call").get(0);
            assertThat(sent.body()).contains("\"traceparent\":\"" + PARENT + "\",\"tracestate\":\"a=1\"");
            assertThat(sent.header("traceparent")).isNull();
        }
    }

    private static Exchange modern(String meta) {
        return UpstreamFixture.modernCall(
                "tools/call", "\"name\":\"echo\",\"arguments\":{}", meta, new Target("u1", Target.Kind.TOOL, "echo"));
    }

    private static Exchange traced(Exchange exchange) {
        return exchange.withTrail(new Trail(TraceContext.of(exchange)));
    }

    private static Trail trail(Exchange exchange) {
        Trail trail = exchange.trail();
        if (trail == null) {
            throw new AssertionError("no trail");
        }
        return trail;
    }
}
