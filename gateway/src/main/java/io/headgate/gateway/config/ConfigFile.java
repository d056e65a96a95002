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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads a file into a {@link Config}, and says everything that is wrong with it at once. */
public final class ConfigFile {
    /** What may stand at the root. */
    public static final List<String> KEYS = List.of(
            Parts.INCLUDE,
            "listen",
            "admin",
            "data",
            "tls",
            "http",
            Parts.SERVERS,
            "mcpJson",
            "filters",
            "sessions",
            "parking",
            "seal",
            "catalog",
            "memory",
            "shutdown");

    private final Path path;
    private final Problems problems = new Problems();
    private final ConfigFiles files = new ConfigFiles(problems);
    private final List<String> notes = new ArrayList<>();
    private final RecordBinder binder;

    private ConfigFile(Path path, Substitution.Environment environment) {
        this.path = path;
        this.binder = new RecordBinder(problems, files, environment);
    }

    /** Reads a file and all that it names, with the environment of this process. */
    public static Config read(Path path) {
        return read(path, System::getenv);
    }

    static Config read(Path path, Substitution.Environment environment) {
        ConfigFile reader = new ConfigFile(path, environment);
        Parts parts = new Parts(KEYS, reader.problems, reader.files, reader.binder);
        parts.read(path);
        return reader.config(parts);
    }

    private Config config(Parts parts) {
        Map<String, Value.Field> fields = parts.entries();
        // Without sound files, that nothing is to be served is a consequence and no problem of its own.
        boolean isSound = problems.isEmpty();
        TlsConfig tls = fields.containsKey("tls") ? bind(fields, "tls", TlsConfig.class) : null;
        if (tls != null) {
            PemCheck.check(tls, places(fields, "tls"), problems);
        }
        Config config = new Config(
                bind(fields, "listen", Config.DEFAULT_LISTEN),
                bind(fields, "admin", AdminConfig.DEFAULT),
                data(fields.get("data")),
                tls,
                bind(fields, "http", HttpConfig.DEFAULT),
                servers(parts, isSound),
                filters(fields.get("filters")),
                bind(fields, "sessions", SessionConfig.DEFAULT),
                bind(fields, "parking", ParkingConfig.DEFAULT),
                bind(fields, "seal", SealConfig.DEFAULT),
                bind(fields, "catalog", CatalogConfig.DEFAULT),
                bind(fields, "memory", MemoryConfig.DEFAULT),
                bind(fields, "shutdown", ShutdownConfig.DEFAULT),
                List.copyOf(notes),
                files.all(),
                binder.filled(),
                files.digest());
        if (!problems.isEmpty()) {
            throw new ConfigRejected(problems.lines(), files.all());
        }
        return config;
    }

    private Path data(Value.@Nullable Field field) {
        Path named = field == null ? null : binder.path(field.value(), "data");
        return named != null ? named : TextFile.directoryOf(path).resolve(Config.DEFAULT_DATA);
    }

    /** What a key holds; what to go on with if it is left out, or if it is wrong, which ends the reading later. */
    private <T> T bind(Map<String, Value.Field> fields, String key, T otherwise) {
        @SuppressWarnings("unchecked")
        Class<T> type = (Class<T>) otherwise.getClass();
        T bound = bind(fields, key, type);
        return bound == null ? otherwise : bound;
    }

    private <T> @Nullable T bind(Map<String, Value.Field> fields, String key, Class<T> type) {
        Value.Field field = fields.get(key);
        return field == null ? null : binder.bind(field.value(), key, type);
    }

    private List<UpstreamConfig> servers(Parts parts, boolean isSound) {
        ServersReader reader = new ServersReader(binder, problems, notes);
        int before = problems.count();
        parts.servers().forEach(servers -> reader.read(servers.value(), Parts.SERVERS));
        Value.Field named = parts.entries().get("mcpJson");
        if (named != null) {
            mcpJson(named, reader);
        }
        List<UpstreamConfig> servers = reader.servers();
        if (servers.isEmpty() && isSound && problems.count() == before) {
            Place place = Stream.concat(parts.servers().stream(), Stream.ofNullable(named))
                    .map(Value.Field::place)
                    .findFirst()
                    .orElse(new Place(path.toString(), 1, 1));
            problems.add(place, Parts.SERVERS, "nothing to serve (expected: at least one server)");
        }
        return servers;
    }

    /** Reads a file of another program, which has its servers under one of two keys and may have more. */
    private void mcpJson(Value.Field named, ServersReader reader) {
        Path json = binder.path(named.value(), "mcpJson");
        String text = json == null ? null : files.read(json, named.value().place(), "mcpJson", "a file as mcp.json");
        Value root = text == null ? null : YamlTree.read(String.valueOf(json), Jsonc.toYaml(text), problems);
        if (root == null) {
            return;
        }
        Value.Fields fields = root instanceof Value.Fields written ? written : new Value.Fields(root.place(), Map.of());
        String key = fields.entries().containsKey("mcpServers") ? "mcpServers" : "servers";
        Value.Field field = fields.entries().get(key);
        if (field == null) {
            problems.add(root.place(), "", "no servers (expected: the key mcpServers or servers)");
            return;
        }
        reader.read(field.value(), key);
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

    private static Map<String, Place> places(Map<String, Value.Field> fields, String key) {
        Map<String, Place> places = new LinkedHashMap<>();
        Value.Field field = fields.get(key);
        if (field != null && field.value() instanceof Value.Fields inner) {
            inner.entries()
                    .forEach((name, value) -> places.put(name, value.value().place()));
        }
        return places;
    }
}
