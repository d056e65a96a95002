package io.headgate.gateway.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.headgate.filter.FromFile;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Which keys of the records that a file is made of it does not show, neither in use nor as a comment at their place. */
final class ShownKeys {
    /** A key that is commented out: {@code # key: value}, also with more blanks where it is one of a commented key. */
    private static final Pattern COMMENTED = Pattern.compile("(?m)^( *)# ( *[A-Za-z]+:(?: .*)?)$");

    /** Instead of the key beside which they cannot stand, so a comment names them. */
    private static final Set<String> INSTEAD = Set.of("serverUrl", "httpUrl", "percentile");

    private final Path file;
    private final String text;
    private final Value root;
    private final List<String> missing = new ArrayList<>();

    ShownKeys(Path file) throws IOException {
        this.file = file;
        this.text = Files.readString(file);
        this.root = tree(file);
    }

    List<String> missing() {
        return missing;
    }

    /** Looks for a key of the root. */
    void lookFor(String name, Class<?> type) {
        lookAt(fields(root).flatMap(fields -> value(fields, name)).toList(), type, name);
    }

    /** Looks for the keys of the values of a map; each needs to be in one of them. */
    void lookForEach(String name, Class<?> type) {
        lookAt(
                fields(root)
                        .flatMap(fields -> value(fields, name))
                        .flatMap(ShownKeys::fields)
                        .flatMap(fields -> fields.entries().values().stream())
                        .map(Value.Field::value)
                        .toList(),
                type,
                name);
    }

    /** Looks for a filter and its keys, which must not stand there in short. */
    void lookForFilter(String name, Class<?> type) {
        List<Value> shown = fields(root)
                .flatMap(fields -> value(fields, "filters"))
                .flatMap(ShownKeys::items)
                .flatMap(ShownKeys::fields)
                .flatMap(fields -> value(fields, name))
                .filter(Value.Fields.class::isInstance)
                .toList();
        lookAt(shown, type, "filters." + name);
    }

    /** Looks at what is shown of a type at a place; several values may show different keys of it. */
    private void lookAt(List<Value> shown, Type type, String path) {
        if (shown.isEmpty()) {
            missing.add(path);
        } else if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            List<Value> inner = shown.stream().flatMap(ShownKeys::inner).toList();
            Type element = arguments[arguments.length - 1];
            // An empty list shows enough of what has no keys.
            if (!inner.isEmpty() || hasKeysOnly(element)) {
                lookAt(inner, element, path + "[]");
            }
        } else if (((Class<?>) type).isAnnotationPresent(FromFile.class)) {
            lookAtKeys(shown.stream().map(this::named).toList(), (Class<?>) type, path);
        } else if (((Class<?>) type).isRecord() && shown.stream().anyMatch(Value.Fields.class::isInstance)) {
            lookAtKeys(shown, (Class<?>) type, path);
        } else if (hasKeysOnly(type)) {
            missing.add(path);
        }
    }

    private void lookAtKeys(List<Value> shown, Class<?> type, String path) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = component.getName();
            if (INSTEAD.contains(name)) {
                if (!text.matches("(?s).*#[^\\n]*\\b" + name + "\\b.*")) {
                    missing.add(path + "." + name);
                }
                continue;
            }
            List<Value> values = shown.stream()
                    .flatMap(ShownKeys::fields)
                    .flatMap(fields -> value(fields, name))
                    .toList();
            lookAt(values, component.getGenericType(), path + "." + name);
        }
    }

    /** True for a record that a file cannot write in short, as one value. */
    private static boolean hasKeysOnly(Type type) {
        return type instanceof Class<?> plain
                && plain.isRecord()
                && Scalars.of(plain) == null
                && Stream.of(plain.getMethods())
                        .noneMatch(method ->
                                method.isAnnotationPresent(JsonCreator.class) && method.getParameterCount() == 1);
    }

    private Value named(Value value) {
        try {
            return tree(file.resolveSibling(((Value.Text) value).written()));
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    private static Value tree(Path file) throws IOException {
        Problems problems = new Problems();
        String whole = COMMENTED.matcher(Files.readString(file)).replaceAll("$1$2");
        Value tree = YamlTree.read(file.toString(), whole, problems);
        if (tree == null || !problems.isEmpty()) {
            throw new AssertionError("with its commented keys it is no YAML: " + problems.lines());
        }
        return tree;
    }

    private static Stream<Value> inner(Value value) {
        return Stream.concat(
                items(value),
                fields(value)
                        .flatMap(fields -> fields.entries().values().stream())
                        .map(Value.Field::value));
    }

    private static Stream<Value> items(Value value) {
        return value instanceof Value.Items items ? items.values().stream() : Stream.of();
    }

    private static Stream<Value.Fields> fields(Value value) {
        return value instanceof Value.Fields fields ? Stream.of(fields) : Stream.of();
    }

    private static Stream<Value> value(Value.Fields fields, String name) {
        return Stream.ofNullable(fields.entries().get(name)).map(Value.Field::value);
    }
}
