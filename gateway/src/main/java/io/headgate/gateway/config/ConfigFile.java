package io.headgate.gateway.config;

import io.headgate.filter.FilterType;
import io.headgate.gateway.config.Config.CatalogConfig;
import io.headgate.gateway.config.Config.HttpConfig;
import io.headgate.gateway.config.Config.SealConfig;
import io.headgate.gateway.config.Config.ShutdownConfig;
import io.headgate.gateway.http.TlsConfig;
import io.headgate.gateway.memory.MemoryConfig;
import io.headgate.gateway.policy.BuiltInFilters;
import io.headgate.gateway.policy.ConfiguredFilter;
import io.headgate.gateway.session.ParkingConfig;
import io.headgate.gateway.session.SessionConfig;
import io.headgate.gateway.upstream.UpstreamConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a file into a {@link Config}, and says everything that is wrong with it at once. */
public final class ConfigFile {
    /** What may stand at the root. */
    public static final List<String> KEYS = List.of(
            "listen",
            "admin",
            "data",
            "tls",
            "http",
            "mcpServers",
            "mcpJson",
            "filters",
            "sessions",
            "parking",
            "seal",
            "catalog",
            "memory",
            "shutdown");

    private final String file;
    private final Path directory;
    private final Problems problems = new Problems();
    private final List<String> notes = new ArrayList<>();
    private final RecordBinder binder;

    private ConfigFile(Path path, Substitution.Environment environment) {
        this.file = path.toString();
        this.directory = TextFile.directoryOf(path);
        this.binder = new RecordBinder(problems, environment, directory);
    }

    /** Reads a file and all that it names, with the environment of this process. */
    public static Config read(Path path) {
        return read(path, System::getenv);
    }

    static Config read(Path path, Substitution.Environment environment) {
        ConfigFile reader = new ConfigFile(path, environment);
        String text = TextFile.read(path, new Place(reader.file, 1, 1), "", "a file", reader.problems);
        return reader.config(text == null ? null : reader.tree(reader.file, text), text == null ? "" : digest(text));
    }

    private Config config(@Nullable Value root, String digest) {
        stopIfBroken();
        Place start = new Place(file, 1, 1);
        Value.Fields fields = new Value.Fields(start, Map.of());
        if (root instanceof Value.Fields written) {
            fields = written;
            binder.refuseUnknown(fields, "", KEYS);
        } else if (root != null && !(root instanceof Value.Text text && text.isEmpty())) {
            problems.add(
                    root.place(),
                    "",
                    RecordBinder.kind(root) + " (expected: keys with values, as in listen: 127.0.0.1:8080)");
        }
        // Without a sound root, that nothing is to be served is a consequence and no problem of its own.
        boolean isRootSound = problems.isEmpty();
        TlsConfig tls = fields.entries().containsKey("tls") ? bind(fields, "tls", TlsConfig.class) : null;
        if (tls != null) {
            PemCheck.check(tls, places(fields, "tls"), problems);
        }
        Config config = new Config(
                bind(fields, "listen", Config.DEFAULT_LISTEN),
                bind(fields, "admin", AdminConfig.DEFAULT),
                bind(fields, "data", directory.resolve(Config.DEFAULT_DATA), Path.class),
                tls,
                bind(fields, "http", HttpConfig.DEFAULT),
                servers(fields, isRootSound),
                filters(fields.entries().get("filters")),
                bind(fields, "sessions", SessionConfig.DEFAULT),
                bind(fields, "parking", ParkingConfig.DEFAULT),
                bind(fields, "seal", SealConfig.DEFAULT),
                bind(fields, "catalog", CatalogConfig.DEFAULT),
                bind(fields, "memory", MemoryConfig.DEFAULT),
                bind(fields, "shutdown", ShutdownConfig.DEFAULT),
                List.copyOf(notes),
                binder.filled(),
                digest);
        stopIfBroken();
        return config;
    }

    private static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every platform has SHA-256", impossible);
        }
    }

    private void stopIfBroken() {
        if (!problems.isEmpty()) {
            throw new ConfigRejected(problems.lines());
        }
    }

    private <T> T bind(Value.Fields fields, String key, T otherwise) {
        @SuppressWarnings("unchecked")
        Class<T> type = (Class<T>) otherwise.getClass();
        return bind(fields, key, otherwise, type);
    }

    /** What a key holds; what to go on with if it is left out, or if it is wrong, which ends the reading later. */
    private <T> T bind(Value.Fields fields, String key, T otherwise, Class<T> type) {
        T bound = bind(fields, key, type);
        return bound == null ? otherwise : bound;
    }

    private <T> @Nullable T bind(Value.Fields fields, String key, Class<T> type) {
        Value.Field field = fields.entries().get(key);
        return field == null ? null : binder.bind(field.value(), key, type);
    }

    private List<UpstreamConfig> servers(Value.Fields fields, boolean isRootSound) {
        Map<String, UpstreamConfig> servers = new LinkedHashMap<>();
        int before = problems.count();
        Value.Field inline = fields.entries().get("mcpServers");
        if (inline != null) {
            new ServersReader(binder, problems, notes).read(inline.value(), "mcpServers", servers);
        }
        Value.Field named = fields.entries().get("mcpJson");
        if (named != null) {
            mcpJson(named, servers);
        }
        if (servers.isEmpty() && isRootSound && problems.count() == before) {
            Place place = inline != null ? inline.place() : named != null ? named.place() : new Place(file, 1, 1);
            problems.add(place, "mcpServers", "nothing to serve (expected: at least one server)");
        }
        return List.copyOf(servers.values());
    }

    /** Reads a file of another program, which has its servers under one of two keys and may have more. */
    private void mcpJson(Value.Field named, Map<String, UpstreamConfig> servers) {
        Path path = binder.bind(named.value(), "mcpJson", Path.class);
        String text = path == null
                ? null
                : TextFile.read(path, named.value().place(), "mcpJson", "a file as mcp.json", problems);
        Value root = text == null ? null : tree(String.valueOf(path), Jsonc.toYaml(text));
        if (path == null || root == null) {
            return;
        }
        Value.Fields fields = root instanceof Value.Fields written ? written : new Value.Fields(root.place(), Map.of());
        String key = fields.entries().containsKey("mcpServers") ? "mcpServers" : "servers";
        Value.Field field = fields.entries().get(key);
        if (field == null) {
            problems.add(root.place(), "", "no servers (expected: the key mcpServers or servers)");
            return;
        }
        Path home = TextFile.directoryOf(path);
        new ServersReader(binder.at(home), problems, notes).read(field.value(), key, servers);
    }

    private List<ConfiguredFilter<?>> filters(Value.@Nullable Field field) {
        if (field == null) {
            return BuiltInFilters.DEFAULT_CHAIN;
        }
        List<ConfiguredFilter<?>> filters = new ArrayList<>();
        if (!(field.value() instanceof Value.Items items)) {
            problems.add(
                    field.value().place(),
                    "filters",
                    RecordBinder.kind(field.value()) + " (expected: a list, as in - timeout: 60s)");
            return filters;
        }
        for (int i = 0; i < items.values().size(); i++) {
            String path = "filters[" + i + "]";
            Value item = items.values().get(i);
            if (item instanceof Value.Fields fields && fields.entries().size() == 1) {
                refuseLateFirst(fields, path, i);
                fields.entries().forEach((name, config) -> filter(name, config, path, filters));
            } else {
                problems.add(
                        item.place(), path, RecordBinder.kind(item) + " (expected: one filter, as in - timeout: 60s)");
            }
        }
        return filters;
    }

    private void refuseLateFirst(Value.Fields filter, String path, int index) {
        String name = BuiltInFilters.FIRST;
        Value.Field field = filter.entries().get(name);
        if (field != null && index > 0) {
            problems.add(field.place(), path + "." + name, "behind another filter (expected: filters[0]." + name + ")");
        }
    }

    private void filter(String name, Value.Field field, String path, List<ConfiguredFilter<?>> filters) {
        List<String> known = new ArrayList<>();
        for (FilterType<?> type : BuiltInFilters.ALL) {
            known.add(type.name());
            if (type.name().equals(name)) {
                ConfiguredFilter<?> filter = configured(type, field.value(), path);
                if (filter != null) {
                    filters.add(filter);
                }
                return;
            }
        }
        problems.add(field.place(), path + "." + name, "unknown filter" + Nearest.hint(name, known));
    }

    private <C extends Record> @Nullable ConfiguredFilter<C> configured(FilterType<C> type, Value value, String path) {
        C config = binder.bind(value, path + "." + type.name(), type.configType());
        return config == null ? null : new ConfiguredFilter<>(path + "." + type.name(), type, config);
    }

    private @Nullable Value tree(String name, String text) {
        return YamlTree.read(name, text, problems);
    }

    private static Map<String, Place> places(Value.Fields fields, String key) {
        Map<String, Place> places = new LinkedHashMap<>();
        Value.Field field = fields.entries().get(key);
        if (field != null && field.value() instanceof Value.Fields inner) {
            inner.entries()
                    .forEach((name, value) -> places.put(name, value.value().place()));
        }
        return places;
    }
}
