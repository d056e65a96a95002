package io.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EventsTest {
    private final Events events = new Events();
    private final List<String> told = new ArrayList<>();

    @Test
    void theNewestListenerIsToldAndGoingTakesNoOtherAway() {
        Events.Listener first = listener("first");
        Events.Listener second = listener("second");
        assertThat(events.areHeard()).isFalse();
        events.listen(first);
        events.post("a", Map.of());
        events.listen(second);
        events.refused("b", null);
        events.unlisten(first);
        events.post("c", Map.of());
        assertThat(told).containsExactly("first a", "second b", "second c");
        events.unlisten(second);
        assertThat(events.areHeard()).isFalse();
    }

    @Test
    void theOneBeforeIsToldAgainWhenTheNewestGoes() {
        Events.Listener first = listener("first");
        Events.Listener neverUsed = listener("never used");
        events.listen(first);
        events.listen(neverUsed);
        events.unlisten(neverUsed);
        events.post("a", Map.of());
        assertThat(told).containsExactly("first a");
    }

    private Events.Listener listener(String who) {
        return new Events.Listener() {
            @Override
            public void happened(String name, Map<String, String> facts) {
                told.add(who + " " + name);
            }

            @Override
            public void refused(String name, @Nullable InetAddress from) {
                told.add(who + " " + name);
            }
        };
    }
}
