package io.headgate.gateway.telemetry;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says what each meter means, so that the code that counts needs not; a meter that says it itself is left as it is. */
final class Descriptions implements MeterFilter {
    private final Map<String, String> byName;

    private Descriptions(Map<String, String> byName) {
        this.byName = byName;
    }

    /** Those of the filters and of the gateway. */
    static Descriptions read() {
        Properties all = new Properties();
        load("/io/headgate/filter/meters.properties", all);
        load("meters.properties", all);
        return new Descriptions(
                all.stringPropertyNames().stream().collect(Collectors.toMap(name -> name, all::getProperty)));
    }

    private static void load(String table, Properties into) {
        try (Reader lines = new InputStreamReader(
                Objects.requireNonNull(Descriptions.class.getResourceAsStream(table)), StandardCharsets.UTF_8)) {
            into.load(lines);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    @Nullable
    String of(String name) {
        return byName.get(name);
    }

    Map<String, String> all() {
        return byName;
    }

    @Override
    public Meter.Id map(Meter.Id id) {
        String description = id.getDescription() == null ? byName.get(id.getName()) : null;
        return description == null
                ? id
                : new Meter.Id(id.getName(), Tags.of(id.getTags()), id.getBaseUnit(), description, id.getType());
    }
}
