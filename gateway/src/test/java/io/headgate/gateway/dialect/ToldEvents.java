package io.headgate.gateway.dialect;

import io.headgate.filter.Events;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Listens to events and keeps their names. */
final class ToldEvents implements Events.Listener {
    final Events events = new Events();
    final List<String> names = new ArrayList<>();

    ToldEvents() {
        events.listen(this);
    }

    @Override
    public void happened(String name, Map<String, String> facts) {
        names.add(name);
    }

    @Override
    public void refused(String name, @Nullable InetAddress from) {
        names.add(name);
    }
}
