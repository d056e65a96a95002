package io.headgate.gateway.config;

import java.util.List;
import java.util.Map;

/** A node of a file, which remembers where it is written. */
sealed interface Value {
    Place place();

    /** A scalar as it is written, without its quotes, before anything is filled in. */
    record Text(Place place, String written, boolean isPlain) implements Value {
        /** True for what YAML reads as "no value": nothing at all, {@code ~} or {@code null}. */
        boolean isEmpty() {
            return isPlain && (written.isEmpty() || written.equals("~") || written.equals("null"));
        }
    }

    record Items(Place place, List<Value> values) implements Value {}

    record Fields(Place place, Map<String, Field> entries) implements Value {}

    /** A key and its value; the place is the key's. */
    record Field(Place place, Value value) {}
}
