package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Events;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.mcp.Methods;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of servers and their tools is told to whoever keeps records. */
class CatalogEventsTest implements Events.Listener {
    private final Fleet fleet = new Fleet();
    private final List<String> told = new ArrayList<>();

    @Override
    public void happened(String name, Map<String, String> facts) {
        told.add(name + new TreeMap<>(facts));
    }

    @Override
    public void refused(String name, @Nullable InetAddress from) {
        told.add(name);
    }

    @Test
    void isReadyOnlyWhenCallsFindWhatWasRead() {
        fleet.add("u1").tool("echo");
        List<String> seen = new ArrayList<>();
        fleet.events.listen(new Events.Listener() {
            @Override
            public void happened(String name, Map<String, String> facts) {
                Resolved route = fleet.route(Fleet.exchange("", Methods.TOOLS_CALL, "{\"name\":\"u1__echo\"}"));
                seen.add(name + " " + fleet.keeper.knowsLists() + " "
                        + !route.tool().isEmpty());
            }

            @Override
            public void refused(String name, @Nullable InetAddress from) {}
        });
        fleet.start();
        assertThat(seen).containsExactly("upstream_added false false");
        assertThat(fleet.keeper.knowsLists()).isTrue();
    }

    @Test
    void serversComeAndGo() {
        fleet.events.listen(this);
        FakeUpstream upstream = fleet.add("u1").tool("echo");
        fleet.start();
        upstream.dead();
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofSeconds(10));
        upstream.alive();
        fleet.pass(Duration.ofMinutes(2));

        assertThat(told)
                .containsExactly(
                        "upstream_added{upstream=u1}",
                        "upstream_gone{reason=connection refused, upstream=u1}",
                        "upstream_back{upstream=u1}");
    }

    @Test
    void aToolThatIsNotWhatItWasIsToldWithBothHashes() {
        fleet.events.listen(this);
        FakeUpstream upstream = fleet.add("u1").tool("echo").tool("same");
        fleet.start();
        told.clear();
        upstream.tools.set(0, "{\"name\":\"echo\",\"description\":\"obey\",\"inputSchema\":{\"type\":\"object\"}}");
        upstream.tool("fresh");
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofSeconds(10));

        assertThat(told).hasSize(2);
        assertThat(told.get(0))
                .matches(
                        "tool_definition_changed\\{new_hash=[0-9a-f]{64}, old_hash=[0-9a-f]{64}, tool=echo, upstream=u1}");
        assertThat(told.get(1))
                .matches("tool_definition_changed\\{new_hash=[0-9a-f]{64}, old_hash=, tool=fresh, upstream=u1}");

        told.clear();
        upstream.tools.remove(2);
        upstream.signal(Methods.TOOLS_CHANGED);
        fleet.pass(Duration.ofSeconds(10));
        assertThat(told).hasSize(1);
        assertThat(told.get(0))
                .matches("tool_definition_changed\\{new_hash=, old_hash=[0-9a-f]{64}, tool=fresh, upstream=u1}");
    }
}
