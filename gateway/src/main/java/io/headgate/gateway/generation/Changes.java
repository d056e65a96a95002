package io.headgate.gateway.generation;

import io.headgate.gateway.config.Config;
import io.headgate.gateway.policy.ConfiguredFilter;
import io.headgate.gateway.upstream.UpstreamConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is another thing in one file than in another, in words, and what of it needs a restart. */
final class Changes {
    private Changes() {}

    static List<String> between(Config before, Config after) {
        List<String> changes = new ArrayList<>();
        Map<String, UpstreamConfig> old = byName(before);
        Map<String, UpstreamConfig> now = byName(after);
        old.forEach((name, server) -> {
            UpstreamConfig same = now.get(name);
            if (same == null) {
                changes.add("server " + name + " is removed");
            } else if (!same.equals(server)) {
                changes.add("server " + name + " is changed");
            }
        });
        now.keySet().stream()
                .filter(name -> !old.containsKey(name))
                .forEach(name -> changes.add("server " + name + " is added"));
        filters(before.filters(), after.filters(), changes);
        add(
                changes,
                "http.allowedHosts",
                before.http().allowedHosts(),
                after.http().allowedHosts());
        add(
                changes,
                "http.allowedOrigins",
                before.http().allowedOrigins(),
                after.http().allowedOrigins());
        add(changes, "sessions", before.sessions(), after.sessions());
        add(changes, "parking", before.parking(), after.parking());
        add(changes, "seal", before.seal(), after.seal());
        add(changes, "catalog", before.catalog(), after.catalog());
        add(changes, "shutdown", before.shutdown(), after.shutdown());
        return changes;
    }

    /** Keys that are not what the process was started with. */
    static List<String> needingRestart(Config started, Config now) {
        List<String> keys = new ArrayList<>();
        unlessEqual(keys, "listen", started.listen(), now.listen());
        unlessEqual(keys, "admin", started.admin(), now.admin());
        unlessEqual(keys, "data", started.data(), now.data());
        unlessEqual(keys, "tls", started.tls(), now.tls());
        unlessEqual(
                keys, "http.transport", started.http().transport(), now.http().transport());
        unlessEqual(keys, "http.limits", started.http().limits(), now.http().limits());
        unlessEqual(keys, "memory", started.memory(), now.memory());
        return keys;
    }

    private static void filters(
            List<ConfiguredFilter<?>> before, List<ConfiguredFilter<?>> after, List<String> changes) {
        List<String> oldNames = before.stream().map(ConfiguredFilter::name).toList();
        List<String> newNames = after.stream().map(ConfiguredFilter::name).toList();
        if (!oldNames.equals(newNames)) {
            changes.add("the filters are " + String.join(", ", newNames) + " (before: " + String.join(", ", oldNames)
                    + ")");
        }
        int said = changes.size();
        for (ConfiguredFilter<?> filter : after) {
            boolean isKnown = oldNames.contains(filter.name());
            boolean isSame = before.stream().anyMatch(filter::isSame);
            if (isKnown && !isSame) {
                changes.add("filter " + filter.name() + " is changed");
            }
        }
        if (oldNames.equals(newNames) && said == changes.size() && !areSame(before, after)) {
            changes.add("the order of the filters is changed");
        }
    }

    private static boolean areSame(List<ConfiguredFilter<?>> before, List<ConfiguredFilter<?>> after) {
        for (int i = 0; i < after.size(); i++) {
            if (!after.get(i).isSame(before.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, UpstreamConfig> byName(Config config) {
        Map<String, UpstreamConfig> servers = new LinkedHashMap<>();
        config.servers().forEach(server -> servers.put(server.name(), server));
        return servers;
    }

    private static void add(List<String> changes, String key, Object before, Object after) {
        if (!before.equals(after)) {
            changes.add(key + " is changed");
        }
    }

    private static void unlessEqual(List<String> keys, String key, @Nullable Object before, @Nullable Object after) {
        if (!Objects.equals(before, after)) {
            keys.add(key);
        }
    }
}
