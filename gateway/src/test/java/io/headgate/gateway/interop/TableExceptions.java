package io.headgate.gateway.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What does not pass, each with the reason that the page gives; no list of clients, servers or checks means all. */
record TableExceptions(List<Entry> entries) {

    record Entry(List<String> clients, List<String> servers, List<String> checks, String why) {
        boolean excuses(TableClient client, TableServer server, String check) {
            return matches(clients, client.key()) && matches(servers, server.key()) && matches(checks, check);
        }

        private static boolean matches(List<String> names, String name) {
            return names.isEmpty() || names.contains(name);
        }
    }

    static TableExceptions read() {
        Path file = InteropTools.script("exceptions.yml");
        try {
            Object root = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
            List<Entry> entries = new ArrayList<>();
            if (root instanceof List<?> list) {
                for (Object one : list) {
                    if (one instanceof Map<?, ?> entry) {
                        entries.add(new Entry(
                                names(entry.get("clients")),
                                names(entry.get("servers")),
                                names(entry.get("checks")),
                                String.valueOf(entry.get("why"))));
                    }
                }
            }
            return new TableExceptions(List.copyOf(entries));
        } catch (IOException e) {
            throw new AssertionError(file.toString(), e);
        }
    }

    private static List<String> names(@Nullable Object list) {
        return list instanceof List<?> names
                ? names.stream().map(String::valueOf).toList()
                : List.of();
    }

    boolean excuses(TableClient client, TableServer server, String check) {
        return indexOf(client, server, check) >= 0;
    }

    /** The first entry that excuses it; -1 if none does. */
    int indexOf(TableClient client, TableServer server, String check) {
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).excuses(client, server, check)) {
                return i;
            }
        }
        return -1;
    }
}
