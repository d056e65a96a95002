package io.headgate.gateway.config;

import io.headgate.filter.FilterType;
import io.headgate.gateway.policy.BuiltInFilters;
import io.headgate.gateway.policy.ConfiguredFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the chain: a list is the chain as it stands, and keys say what it extends. */
final class ChainReader {
    private static final String KEY = "filters";
    private static final String EXTENDS = "extends";
    private static final String WITH = "with";
    private static final List<String> KNOWN =
            BuiltInFilters.ALL.stream().map(FilterType::name).toList();

    private final RecordBinder binder;
    private final Problems problems;
    private final Written written;
    private boolean isWhole = true;

    ChainReader(RecordBinder binder, Problems problems, Written written) {
        this.binder = binder;
        this.problems = problems;
        this.written = written;
    }

    /** True if every filter of the chain could be read. */
    boolean isWhole() {
        return isWhole;
    }

    List<ConfiguredFilter<?>> read(Value.@Nullable Field field) {
        if (field == null) {
            return BuiltInFilters.DEFAULT_CHAIN;
        }
        int before = problems.count();
        written.put(KEY, field.place());
        List<ConfiguredFilter<?>> chain = chain(field.value());
        isWhole = problems.count() == before;
        if (isWhole && field.value() instanceof Value.Items) {
            warnOfMissing(field.place(), chain);
        }
        return chain;
    }

    private List<ConfiguredFilter<?>> chain(Value value) {
        if (value instanceof Value.Items items) {
            return filters(items, KEY);
        }
        if (!(value instanceof Value.Fields fields) || !fields.entries().containsKey(EXTENDS)) {
            problems.add(
                    value.place(),
                    KEY,
                    RecordBinder.kind(value) + " (expected: a list, as in - timeout: 60s, or extends and with)");
            return List.of();
        }
        binder.refuseUnknown(fields, KEY, List.of(EXTENDS, WITH));
        Value.Field base = fields.entries().get(EXTENDS);
        ChainBase chosen = base == null ? null : binder.bind(base.value(), KEY + "." + EXTENDS, ChainBase.class);
        Value.Field with = fields.entries().get(WITH);
        List<ConfiguredFilter<?>> added = List.of();
        if (with != null && with.value() instanceof Value.Items items) {
            added = filters(items, KEY + "." + WITH);
        } else if (with != null) {
            problems.add(
                    with.value().place(),
                    KEY + "." + WITH,
                    RecordBinder.kind(with.value()) + " (expected: a list, as in - timeout: 60s)");
        }
        return chosen == ChainBase.DEFAULT ? extended(added) : added;
    }

    /** The default chain with its filters as they are given here, behind those that it does not have. */
    private List<ConfiguredFilter<?>> extended(List<ConfiguredFilter<?>> added) {
        List<ConfiguredFilter<?>> chain = new ArrayList<>(added);
        chain.removeIf(filter -> ofDefault(filter.name()));
        for (ConfiguredFilter<?> each : BuiltInFilters.DEFAULT_CHAIN) {
            List<ConfiguredFilter<?>> given = added.stream()
                    .filter(filter -> filter.name().equals(each.name()))
                    .toList();
            if (given.size() > 1) {
                String path = given.get(1).place();
                problems.add(
                        place(path),
                        path,
                        "a second time beside the default chain (expected: once, or a list that is the whole chain)");
            }
            chain.add(given.isEmpty() ? each : given.get(0));
        }
        return chain;
    }

    private Place place(String path) {
        Place place = written.place(path);
        return place == null ? new Place("", 1, 1) : place;
    }

    private static boolean ofDefault(String name) {
        return BuiltInFilters.DEFAULT_CHAIN.stream()
                .anyMatch(filter -> filter.name().equals(name));
    }

    private void warnOfMissing(Place place, List<ConfiguredFilter<?>> chain) {
        List<String> missing = BuiltInFilters.DEFAULT_CHAIN.stream()
                .map(ConfiguredFilter::name)
                .filter(name -> chain.stream().noneMatch(filter -> filter.name().equals(name)))
                .toList();
        if (!missing.isEmpty()) {
            problems.warn(
                    place,
                    KEY,
                    "without " + String.join(", ", missing)
                            + " of the default chain (expected: {extends: default, with:"
                            + " [...]} to add to it, or {extends: none, with: [...]} if they are not wanted)");
        }
    }

    private List<ConfiguredFilter<?>> filters(Value.Items items, String key) {
        List<ConfiguredFilter<?>> filters = new ArrayList<>();
        for (int i = 0; i < items.values().size(); i++) {
            String path = key + "[" + i + "]";
            Value item = items.values().get(i);
            if (item instanceof Value.Fields fields && fields.entries().size() == 1) {
                refuseLateFirst(fields, path, key, i);
                fields.entries().forEach((name, config) -> filter(name, config, path, filters));
            } else {
                problems.add(
                        item.place(), path, RecordBinder.kind(item) + " (expected: one filter, as in - timeout: 60s)");
            }
        }
        return filters;
    }

    private void refuseLateFirst(Value.Fields filter, String path, String key, int index) {
        String name = BuiltInFilters.FIRST;
        Value.Field field = filter.entries().get(name);
        if (field != null && index > 0) {
            problems.add(
                    field.place(), path + "." + name, "behind another filter (expected: " + key + "[0]." + name + ")");
        }
    }

    private void filter(String name, Value.Field field, String path, List<ConfiguredFilter<?>> filters) {
        String place = path + "." + name;
        for (FilterType<?> type : BuiltInFilters.ALL) {
            if (type.name().equals(name)) {
                written.put(place, field.place());
                Stream.ofNullable(configured(type, field.value(), place)).forEach(filters::add);
                return;
            }
        }
        problems.add(field.place(), place, "unknown filter" + Nearest.hint(name, KNOWN));
    }

    private <C extends Record> @Nullable ConfiguredFilter<C> configured(FilterType<C> type, Value value, String place) {
        C config = binder.bind(value, place, type.configType());
        return config == null ? null : new ConfiguredFilter<>(place, type, config);
    }
}
