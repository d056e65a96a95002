package io.headgate.gateway.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Target;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** The order of the file is the order of the chain. */
class ChainTest {
    private final List<String> made = new ArrayList<>();
    private final List<String> seen = new ArrayList<>();

    @Test
    void letsTheFirstFilterSeeAnExchangeFirst() throws BadMessage {
        Handler chain = Chain.bind(
                List.of(filter("one"), filter("two"), filter("three")),
                exchange -> {
                    seen.add("end");
                    return Flux.empty();
                },
                new SimpleMeterRegistry(),
                InstantSource.system(),
                Schedulers.immediate());
        call(chain);
        call(chain);
        assertThat(seen).containsExactly("one", "two", "three", "end", "one", "two", "three", "end");
        assertThat(made).containsExactlyInAnyOrder("filters[one]", "filters[two]", "filters[three]");
    }

    @Test
    void isTheEndItselfWithoutFilters() {
        Handler end = exchange -> Flux.empty();
        assertThat(Chain.bind(
                        List.of(), end, new SimpleMeterRegistry(), InstantSource.system(), Schedulers.immediate()))
                .isSameAs(end);
    }

    private ConfiguredFilter<Nothing> filter(String name) {
        return new ConfiguredFilter<>(
                "filters[" + name + "]",
                new FilterType<>(name, Nothing.class, (config, context) -> {
                    made.add(context.place());
                    return (exchange, next) -> {
                        seen.add(name);
                        return next.handle(exchange);
                    };
                }),
                new Nothing());
    }

    private static void call(Handler chain) throws BadMessage {
        byte[] ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}".getBytes(StandardCharsets.UTF_8);
        Exchange exchange = new Exchange(
                new JsonRpc.Request(RequestId.of(1), "ping", Envelope.read(ping, JsonLimits.CLIENT)),
                new Target(""),
                Caller.ANONYMOUS,
                new Client("2026-07-28", RawJson.of("{}"), null, null),
                null,
                RequestHeaders.NONE);
        assertThat(chain.handle(exchange).collectList().block(Duration.ofSeconds(2)))
                .isEmpty();
    }

    /** A filter without configuration. */
    record Nothing() {}
}
