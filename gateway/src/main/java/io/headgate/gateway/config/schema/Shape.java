package io.headgate.gateway.config.schema;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What may stand at a place of the file. */
sealed interface Shape {
    /** One value. */
    record Scalar(Form form) implements Shape {}

    /** One of a few words, in the order of their enumeration. */
    record Choice(List<String> words) implements Shape {}

    /** A list. */
    record Items(Shape element) implements Shape {}

    /** Names with values. */
    record Named(Shape element) implements Shape {}

    /**
     * Keys with values.
     *
     * @param shorts what may stand instead of the keys
     */
    record Keys(Class<?> type, List<Key> keys, List<Shape> shorts) implements Shape {}

    /** One of several shapes. */
    record OneOf(List<Shape> shapes) implements Shape {}

    /** The path of a file with these keys. */
    record Elsewhere(Keys keys) implements Shape {}

    /** A list of filters, each as one key with its configuration. */
    record Chain(List<Key> filters) implements Shape {}

    /**
     * A key.
     *
     * @param path where the list of texts has it
     * @param otherwise what it is if it is left out, as a record holds it; null for nothing
     */
    record Key(
            String name,
            String path,
            Shape shape,
            boolean isRequired,
            @Nullable Object otherwise) {}
}
