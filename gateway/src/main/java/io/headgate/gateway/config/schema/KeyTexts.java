package io.headgate.gateway.config.schema;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;

/** What each key means, by its path: {@code http.limits.streams}, {@code mcpServers.NAME.url}, {@code seal.keys[].id}. */
public final class KeyTexts {
    private static final KeyTexts ALL = load();

    private final Map<String, KeyText> byPath = new TreeMap<>();

    private KeyTexts() {}

    /** Those of the filters and of the gateway; the first to ask waits for two resources. */
    public static KeyTexts read() {
        return ALL;
    }

    private static KeyTexts load() {
        Properties lines = new Properties();
        load("/io/headgate/filter/keys.properties", lines);
        load("keys.properties", lines);
        KeyTexts texts = new KeyTexts();
        lines.stringPropertyNames().forEach(path -> texts.byPath.put(path, KeyText.parse(lines.getProperty(path))));
        return texts;
    }

    private static void load(String table, Properties into) {
        try (Reader lines = new InputStreamReader(
                Objects.requireNonNull(KeyTexts.class.getResourceAsStream(table)), StandardCharsets.UTF_8)) {
            into.load(lines);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** What the list says of a key; one that it does not know has no meaning, which a test refuses. */
    public KeyText of(String path) {
        KeyText text = byPath.get(path);
        return text != null ? text : KeyText.parse("?");
    }

    /** True if keys below this one have texts of their own. */
    public boolean hasBelow(String path) {
        return byPath.keySet().stream().anyMatch(each -> each.startsWith(path + ".") || each.startsWith(path + "[]."));
    }

    Map<String, KeyText> all() {
        return byPath;
    }
}
