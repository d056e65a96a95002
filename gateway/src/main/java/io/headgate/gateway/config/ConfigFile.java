package io.headgate.gateway.config;

import io.headgate.gateway.config.Config.CatalogConfig;
import io.headgate.gateway.config.Config.HttpConfig;
import io.headgate.gateway.config.Config.SealConfig;
import io.headgate.gateway.config.Config.ShutdownConfig;
import io.headgate.gateway.http.TlsConfig;
import io.headgate.gateway.memory.MemoryConfig;
import io.headgate.gateway.session.ParkingConfig;
import io.headgate.gateway.session.SessionConfig;
import io.headgate.gateway.upstream.UpstreamConfig;
import java.nio.file.Path;
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
    private final Written written = new Written();
    private final RecordBinder binder;

    private ConfigFile(Path path, Substitution.Environment environment) {
        this.path = path;
        this.binder = new RecordBinder(problems, files, written, environment);
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
        ServersReader servers = new ServersReader(binder, problems, written);
        ChainReader chain = new ChainReader(binder, problems, written);
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
                servers(parts, servers, isSound),
                chain.read(fields.get("filters")),
                bind(fields, "sessions", SessionConfig.DEFAULT),
                bind(fields, "parking", ParkingConfig.DEFAULT),
                bind(fields, "seal", SealConfig.DEFAULT),
                bind(fields, "catalog", CatalogConfig.DEFAULT),
                bind(fields, "memory", MemoryConfig.DEFAULT),
                bind(fields, "shutdown", ShutdownConfig.DEFAULT),
                List.of(),
                files.all(),
                binder.filled(),
                files.digest(),
                written);
        new Review(config, problems, written, servers.prefixes()).look(chain.isWhole());
        if (!problems.isEmpty()) {
            throw new ConfigRejected(problems, files.all());
        }
        return config.withWarnings(problems.warnings());
    }

    private Path data(Value.@Nullable Field field) {
        Path named = null;
        if (field != null) {
            written.put("data", field.value().place());
            named = binder.path(field.value(), "data");
        }
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

    private List<UpstreamConfig> servers(Parts parts, ServersReader reader, boolean isSound) {
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
