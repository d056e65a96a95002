package io.headgate.gateway.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Events;
import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.FilterType;
import io.headgate.filter.Handler;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Secrets;
import io.headgate.filter.Target;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** The order of the file is the order of the chain. */
class ChainTest {
    private static final FilterContext CONTEXT = new FilterContext(
            "",
            new SimpleMeterRegistry(),
            InstantSource.system(),
            Schedulers.immediate(),
            Path.of("target"),
            new Events(),
            new Secrets());

    private final List<String> made = new ArrayList<>();
    private final List<String> seen = new ArrayList<>();

    @Test
    void letsTheFirstFilterSeeAnExchangeFirst() throws BadMessage {
        Handler chain = new Chain(List.of(filter("one"), filter("two"), filter("three")), null, CONTEXT)
                .before(exchange -> {
                    seen.add("end");
                    return Flux.empty();
                });
        call(chain);
        call(chain);
        assertThat(seen).containsExactly("one", "two", "three", "end", "one", "two", "three", "end");
        assertThat(made).containsExactlyInAnyOrder("filters[one]", "filters[two]", "filters[three]");
    }

    @Test
    void isTheEndItselfWithoutFilters() {
        Handler end = exchange -> Flux.empty();
        assertThat(new Chain(List.of(), null, CONTEXT).before(end)).isSameAs(end);
    }

    @Test
    void tellsTheStateOfEachFilterInOrder() {
        Chain chain = new Chain(List.of(filter("one"), filter("two")), null, CONTEXT);
        assertThat(chain.states())
                .containsExactly(
                        new Chain.FilterState("one", Map.of("name", "one")),
                        new Chain.FilterState("two", Map.of("name", "two")));
    }

    @Test
    void closesTheFirstFilterLast() {
        new Chain(List.of(filter("one"), filter("two")), null, CONTEXT).close(Set.of());
        assertThat(seen).containsExactly("close two", "close one");
    }

    @Test
    void closesWhatItMadeIfAFilterCannotBeMade() {
        ConfiguredFilter<Nothing> broken = new ConfiguredFilter<>(
                "filters[broken]",
                new FilterType<>("broken", Nothing.class, (config, context) -> {
                    throw new IllegalStateException("no");
                }),
                new Nothing());
        assertThatThrownBy(() -> new Chain(List.of(filter("one"), broken), null, CONTEXT))
                .hasMessage("no");
        assertThat(seen).containsExactly("close one");
    }

    /** A bucket would be taken over by a new filter too, so only the objects tell that nothing was made anew. */
    @Test
    void keepsWhatIsEqualAndHandsOnWhatIsNot() {
        List<Object> formers = new ArrayList<>();
        FilterType<Setting> type = new FilterType<>("set", Setting.class, (config, context) -> {
            Filter former = context.former();
            formers.add(former == null ? "none" : former);
            return new Noted("set " + config.number());
        });
        Chain first = new Chain(List.of(set(type, 1), set(type, 2)), null, CONTEXT);
        Chain second = new Chain(List.of(set(type, 3), set(type, 1)), first, CONTEXT);
        assertThat(formers).hasSize(3).startsWith("none", "none");
        assertThat(second.filters()).contains(named(first, "set 1")).doesNotContain(named(first, "set 2"));
        assertThat(formers.get(2)).isSameAs(named(first, "set 2"));
        first.close(second.filters());
        assertThat(seen).containsExactly("close set 2");
    }

    private record Setting(int number) {}

    private static ConfiguredFilter<Setting> set(FilterType<Setting> type, int number) {
        return new ConfiguredFilter<>("filters[set]", type, new Setting(number));
    }

    private static Filter named(Chain chain, String name) {
        return chain.filters().stream()
                .filter(filter -> name.equals(filter.state().get("name")))
                .findFirst()
                .orElseThrow();
    }

    private ConfiguredFilter<Nothing> filter(String name) {
        return new ConfiguredFilter<>(
                "filters[" + name + "]",
                new FilterType<>(name, Nothing.class, (config, context) -> {
                    made.add(context.place());
                    return new Noted(name);
                }),
                new Nothing());
    }

    private static void call(Handler chain) throws BadMessage {
        byte[] ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}".getBytes(StandardCharsets.UTF_8);
        Exchange exchange = new Exchange(
                new JsonRpc.Request(RequestId.of(1), "ping", Envelope.read(ping, JsonLimits.CLIENT)),
                new Target(""),
                Route.NONE,
                Caller.ANONYMOUS,
                new Client("2026-07-28", RawJson.of("{}"), null, null),
                null,
                RequestHeaders.NONE);
        assertThat(chain.handle(exchange).collectList().block(Duration.ofSeconds(2)))
                .isEmpty();
    }

    /** Notes what is done with it. */
    private final class Noted implements Filter {
        private final String name;

        Noted(String name) {
            this.name = name;
        }

        @Override
        public Flux<JsonRpc> filter(Exchange exchange, Handler next) {
            seen.add(name);
            return next.handle(exchange);
        }

        @Override
        public Map<String, Object> state() {
            return Map.of("name", name);
        }

        @Override
        public void close() {
            seen.add("close " + name);
        }
    }

    /** A filter without configuration. */
    record Nothing() {}
}
