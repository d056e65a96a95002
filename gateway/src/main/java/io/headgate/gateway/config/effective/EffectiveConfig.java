package io.headgate.gateway.config.effective;

import io.headgate.filter.Secret;
import io.headgate.filter.ratelimit.RateLimitConfig;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.config.RecordKeys;
import io.headgate.gateway.config.schema.KeyTexts;
import io.headgate.gateway.config.schema.Written;
import io.headgate.gateway.policy.ConfiguredFilter;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamTransport;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a file amounts to: every key with its value, also those that it leaves out, in an order that is always the same.
 *
 * <p>What is a secret stands there as {@code ***}: header fields, tokens, keys, and whatever was filled in. Of a URL that
 * may hold one only the host is shown. A key that is left out and has no value (a limit that is off, TLS that is not used)
 * is left out here, too.
 */
public final class EffectiveConfig {
    private static final String SERVERS = "mcpServers.";
    private static final JsonMapper JSON = new JsonMapper();

    private final KeyTexts texts = KeyTexts.read();
    private final Config config;
    private final @Nullable Path home;

    private EffectiveConfig(Config config, @Nullable Path home) {
        this.config = config;
        this.home = home == null ? null : home.toAbsolutePath().normalize();
    }

    /** As YAML that can be read again once the secrets are put back. */
    public static String yaml(Config config) {
        return YamlText.of(tree(config, null));
    }

    /** As one JSON object. */
    public static String json(Config config) {
        return JSON.writeValueAsString(plain(tree(config, null)));
    }

    /** As maps, lists, texts, numbers, true and false. */
    public static Map<String, Object> tree(Config config) {
        Map<String, Object> all = new LinkedHashMap<>();
        tree(config, null).forEach((key, value) -> all.put(key, plain(value)));
        return all;
    }

    /** With {@link Hidden} values; paths in the home of the file are told as from there, if it is given. */
    static Map<String, Object> tree(Config config, @Nullable Path home) {
        return new EffectiveConfig(config, home).root();
    }

    static Object plain(Object node) {
        if (node instanceof Map<?, ?> fields) {
            Map<String, Object> all = new LinkedHashMap<>();
            fields.forEach((key, value) -> all.put(key.toString(), plain(value)));
            return all;
        }
        if (node instanceof List<?> items) {
            return items.stream().map(EffectiveConfig::plain).toList();
        }
        return node instanceof Hidden hidden ? hidden.shown() : node;
    }

    private Map<String, Object> root() {
        Map<String, Object> root = new LinkedHashMap<>();
        for (String key : ConfigFile.KEYS) {
            if (key.equals("mcpServers")) {
                root.put(key, servers());
            } else if (key.equals("filters")) {
                root.put(key, filters());
            } else {
                Arrays.stream(Config.class.getRecordComponents())
                        .filter(component -> component.getName().equals(key))
                        .forEach(component -> put(root, key, RecordKeys.read(component, config), key, key));
            }
        }
        return root;
    }

    private Map<String, Object> servers() {
        Map<String, Object> servers = new LinkedHashMap<>();
        for (UpstreamConfig server : config.servers()) {
            String path = SERVERS + server.name();
            Map<String, Object> entry = new LinkedHashMap<>();
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            values.put("type", server.transport() == UpstreamTransport.SSE ? "sse" : "http");
            values.put("url", server.url());
            values.put("headers", secrets(server.headers()));
            values.put("era", server.era());
            values.put("prefix", server.prefix());
            values.put("stateless", server.isStateless());
            values.put("http2", server.http2PriorKnowledge());
            values.put("deadlineHeader", server.deadlineHeader());
            values.put("linkLocal", server.isLinkLocal());
            values.put("trust", server.trustFile() == null ? null : Path.of(server.trustFile()));
            values.put("limits", server.limits());
            values.forEach((key, value) -> put(entry, key, value, path + "." + key, "mcpServers.NAME." + key));
            servers.put(server.name(), entry);
        }
        return servers;
    }

    private static Map<String, Secret> secrets(Map<String, String> headers) {
        Map<String, Secret> secrets = new LinkedHashMap<>();
        headers.forEach((name, value) -> secrets.put(name, new Secret(value)));
        return secrets;
    }

    private List<Object> filters() {
        List<Object> filters = new ArrayList<>();
        for (ConfiguredFilter<?> filter : config.filters()) {
            filters.add(Map.of(filter.name(), node(filter.config(), filter.place(), "filters." + filter.name())));
        }
        return filters;
    }

    private void put(Map<String, Object> into, String key, @Nullable Object value, String path, String text) {
        if (value != null) {
            into.put(key, node(value, path, text));
        }
    }

    private Object node(Object value, String path, String text) {
        if (Written.isOne(value)) {
            return leaf(value, path, text);
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> entries = new LinkedHashMap<>();
            Written.ordered(map).forEach((key, each) -> put(entries, key, each, path + "." + key, text + ".NAME"));
            return entries;
        }
        if (value instanceof Collection<?> elements) {
            List<Object> items = new ArrayList<>();
            for (Object element : Written.ordered(elements)) {
                items.add(node(element, path + "[" + items.size() + "]", text + "[]"));
            }
            return items;
        }
        Map<String, Object> keys = new LinkedHashMap<>();
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            String name = component.getName();
            Object held = RecordKeys.read(component, value);
            if (!isImplied(value, name, held)) {
                put(keys, name, held, path + "." + name, text + "." + name);
            }
        }
        return keys;
    }

    /** True for what a file may only say together with something that this one does not say. */
    private static boolean isImplied(Object record, String key, @Nullable Object held) {
        boolean isAlone = record instanceof RateLimitConfig limits && limits.shared() == null && key.equals("nodes");
        return isAlone || (key.equals("tenant") && Objects.equals(held, ""));
    }

    private Object leaf(Object value, String path, String text) {
        if (value instanceof Secret secret) {
            return new Hidden(secret.value());
        }
        Object written = value instanceof Path file
                ? path(file)
                : Written.scalar(value, texts.of(text).isBytes());
        if (isFilled(path)) {
            return new Hidden(written);
        }
        return value instanceof URI url && mayHoldASecret(url, text)
                ? new Hidden(written, url.getScheme() + "://" + url.getRawAuthority() + "/" + Hidden.STARS)
                : written;
    }

    /** A receiver of records may have its secret in the path; of a server that is said only of the query. */
    private static boolean mayHoldASecret(URI url, String text) {
        boolean isServer = text.startsWith(SERVERS);
        return url.getRawQuery() != null || (!isServer && url.getRawPath().length() > 1);
    }

    private String path(Path file) {
        Path whole = file.toAbsolutePath().normalize();
        return (home != null && whole.startsWith(home) ? home.relativize(whole) : whole).toString();
    }

    /** True if the value, or something that it is made of, was filled in. */
    private boolean isFilled(String path) {
        if (config.filled().isEmpty()) {
            return false;
        }
        // A file of another program may have its servers under the other name.
        return isFilledOrBelow(path)
                || (path.startsWith(SERVERS) && isFilledOrBelow("servers." + path.substring(SERVERS.length())));
    }

    private boolean isFilledOrBelow(String path) {
        return config.filled().stream()
                .anyMatch(filled -> path.startsWith(filled)
                        && (path.length() == filled.length() || ".[".indexOf(path.charAt(filled.length())) >= 0));
    }
}
