package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Events;
import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Handler;
import io.headgate.filter.Secrets;
import io.headgate.filter.breaker.BreakerConfig;
import io.headgate.filter.breaker.BreakerFilter;
import io.headgate.filter.concurrency.ConcurrencyConfig;
import io.headgate.filter.concurrency.ConcurrencyFilter;
import io.headgate.filter.retry.RetryConfig;
import io.headgate.filter.retry.RetryFilter;
import io.headgate.filter.timeout.TimeoutConfig;
import io.headgate.filter.timeout.TimeoutFilter;
import io.headgate.gateway.dialect.Dialects;
import io.headgate.gateway.dialect.FakeCall;
import io.headgate.gateway.session.Rounds;
import io.headgate.gateway.session.SessionConfig;
import io.headgate.gateway.session.Sessions;
import io.headgate.mcp.Methods;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A call's route is found once, and the whole chain and the router go by it. */
class OneLookUpTest {
    private static final String CALL = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
            + "\"u1__echo\",\"arguments\":{},\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";

    @TempDir
    private Path data;

    private final Fleet fleet = new Fleet();
    private final List<Filter> filters = new ArrayList<>();
    private final List<String> seen = new ArrayList<>();
    private final AtomicInteger lookUps = new AtomicInteger();
    private Runnable before = () -> {};

    @BeforeEach
    void start() {
        fleet.add("u1").tool("echo");
        fleet.add("u2").tool("other");
        fleet.start();
        FilterContext context = new FilterContext(
                "filters[0]", fleet.meters, fleet::now, fleet.time, data, fleet.events, new Secrets());
        filters.add(new TimeoutFilter(TimeoutConfig.of(null, null), context));
        filters.add(new BreakerFilter(BreakerConfig.DEFAULT, context));
        filters.add(new RetryFilter(RetryConfig.DEFAULT, context));
        filters.add(new ConcurrencyFilter(ConcurrencyConfig.DEFAULT, context));
    }

    @AfterEach
    void stop() {
        filters.forEach(Filter::close);
        fleet.keeper.close();
        fleet.time.dispose();
    }

    @Test
    void aCallIsLookedUpOnce() {
        Dialects dialects = dialects();
        dialects.handle(modern());
        assertThat(calls("u1")).hasSize(1);
        assertThat(lookUps).hasValue(1);
    }

    @Test
    void aCatalogueThatChangesInTheMiddleChangesNothing() {
        before = () -> {
            FakeUpstream u1 = fleet.upstream("u1");
            u1.tools.clear();
            u1.signal(Methods.TOOLS_CHANGED);
            fleet.pass(Duration.ofSeconds(10));
            assertThat(fleet.tools()).doesNotContain("u1__echo");
        };
        dialects().handle(modern());
        assertThat(seen).containsExactly("u1 u1__echo", "u1 u1__echo", "u1 u1__echo", "u1 u1__echo");
        assertThat(calls("u1")).extracting(exchange -> exchange.target().name()).containsExactly("echo");
        assertThat(lookUps).hasValue(1);
    }

    private List<Exchange> calls(String server) {
        return fleet.upstream(server).calls;
    }

    private static FakeCall modern() {
        return FakeCall.post(CALL)
                .with("MCP-Protocol-Version", "2026-07-28")
                .with("Mcp-Method", "tools/call")
                .with("Mcp-Name", "u1__echo");
    }

    private Dialects dialects() {
        Handler end = new Rounds(fleet.keeper::relearn, SessionConfig.DEFAULT, fleet.meters, fleet.time)
                .before(fleet.router.router());
        for (int i = filters.size() - 1; i >= 0; i--) {
            Handler next = end;
            end = filters.get(i).before(exchange -> {
                seen.add(exchange.route().server() + " " + exchange.route().tool());
                return next.handle(exchange);
            });
        }
        Handler chain = end;
        return new Dialects(
                exchange -> {
                    before.run();
                    return chain.handle(exchange);
                },
                head -> null,
                server -> fleet.keeper.servers().knows(server),
                (target, hasSession) -> {
                    lookUps.incrementAndGet();
                    return fleet.keeper.resolve(target, hasSession);
                },
                new Sessions(SessionConfig.DEFAULT, fleet.meters),
                fleet.meters,
                new Events());
    }
}
