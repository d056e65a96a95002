package io.headgate.gateway.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.headgate.filter.FromFile;
import io.headgate.filter.NamePattern;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes records of {@link Value}s: each component is a key of the same name.
 *
 * <p>A key that is left out takes its value from the record's constant {@code DEFAULT}; without one it is null if the
 * parameter is {@link Nullable}, and a problem otherwise. The parameters are those of the factory that has {@link
 * JsonCreator}, or else of the constructor; a second factory, of mode {@code DELEGATING}, makes the record of a single
 * scalar, and a third one of a list. What they refuse with an {@link IllegalArgumentException} of the form {@code component: value (expected: ...)}
 * is reported at that component's key.
 */
final class RecordBinder {
    /** An element of a list, or a key of one, as the constructor of a record names it. */
    private static final Pattern ELEMENT = Pattern.compile("(\\w+)\\[(\\d{1,9})](?:\\.(\\w+))?");

    private final Problems problems;
    private final ConfigFiles files;
    private final Written written;
    private final Substitution substitution;

    /** False where what is written may be a secret in the wrong place. */
    private final boolean quotes;

    /** What was filled in, by the paths of the whole configuration. */
    private final Set<String> filled;

    /** Where the file that is read stands in the whole configuration; empty for the root. */
    private final String base;

    RecordBinder(Problems problems, ConfigFiles files, Written written, Substitution.Environment environment) {
        this(
                problems,
                files,
                written,
                new Substitution(environment, files),
                /* quotes= */ true,
                new LinkedHashSet<>(),
                "");
    }

    private RecordBinder(
            Problems problems,
            ConfigFiles files,
            Written written,
            Substitution substitution,
            boolean quotes,
            Set<String> filled,
            String base) {
        this.filled = filled;
        this.base = base;
        this.problems = problems;
        this.files = files;
        this.written = written;
        this.substitution = substitution;
        this.quotes = quotes;
    }

    /** The paths of the values that were filled in so far. */
    Set<String> filled() {
        return Set.copyOf(filled);
    }

    /** The record, or null if something is wrong with it, which then is among the problems. */
    <R> @Nullable R bind(Value value, String path, Class<R> type) {
        return type.cast(bindType(value, path, type));
    }

    /** A path that is no file of the configuration itself, or null as with {@link #bind}. */
    @Nullable
    Path path(Value value, String path) {
        return (Path) scalar(value, path, Scalars.path(value.place().directory()));
    }

    /** The text with everything filled in, or null if it cannot be. */
    Substitution.@Nullable Filled text(Value value, String path, String expected) {
        if (!(value instanceof Value.Text text)) {
            problems.add(value.place(), path, shown(value) + " (expected: " + expected + ")");
            return null;
        }
        if (text.isEmpty()) {
            problems.add(value.place(), path, "no value (expected: " + expected + ")");
            return null;
        }
        if (Substitution.hasBareName(text.written())) {
            // Without the name, because it may be a part of a password.
            problems.warn(
                    value.place(),
                    path,
                    "a $ that fills nothing in (expected: ${NAME}, or $$ for the character itself)");
        }
        try {
            Substitution.Filled whole =
                    substitution.fill(text.written(), value.place().directory());
            if (whole.isSecret()) {
                filled.add(join(base, path));
            }
            return whole;
        } catch (Substitution.Unfilled unfilled) {
            problems.add(value.place(), path, String.valueOf(unfilled.getMessage()));
            return null;
        }
    }

    private @Nullable Object bindType(Value value, String path, Type type) {
        if (!path.startsWith(Parts.SERVERS + ".")) {
            written.put(path, value.place());
        }
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            Type element = arguments[arguments.length - 1];
            if (generic.getRawType() == Map.class) {
                return map(value, path, element);
            }
            List<Object> items = items(value, path, element);
            return items == null || generic.getRawType() != Set.class ? items : new LinkedHashSet<>(items);
        }
        Class<?> plain = (Class<?>) type;
        if (plain == Path.class) {
            return file(value, path);
        }
        Scalars.Scalar scalar = Scalars.of(plain);
        if (scalar != null) {
            return scalar(value, path, scalar);
        }
        if (plain.isAnnotationPresent(FromFile.class)) {
            return fromFile(value, path, plain);
        }
        return plain.isEnum() ? enumeration(value, path, plain) : record(value, path, plain);
    }

    private @Nullable Path file(Value value, String path) {
        Path file = path(value, path);
        if (file != null) {
            files.note(file);
        }
        return file;
    }

    /** A record in the file that is named here. */
    private @Nullable Object fromFile(Value value, String path, Class<?> type) {
        Path file = path(value, path);
        String expected = "the keys " + String.join(", ", RecordKeys.names(type));
        String text = file == null ? null : files.read(file, value.place(), path, "a file with " + expected);
        if (file == null || text == null) {
            return null;
        }
        int before = problems.count();
        Value root = YamlTree.read(file.toString(), text, problems);
        if (root instanceof Value.Fields fields) {
            return new RecordBinder(
                            problems, files, new Written(), substitution, /* quotes= */ false, filled, join(base, path))
                    .fields(fields, "", type);
        }
        if (problems.count() == before) {
            Place place = root == null ? new Place(file.toString(), 1, 1) : root.place();
            problems.add(place, "", "no keys with values (expected: " + expected + ")");
        }
        return null;
    }

    private @Nullable Object scalar(Value value, String path, Scalars.Scalar scalar) {
        Substitution.Filled filled = text(value, path, scalar.expected());
        if (filled == null) {
            return null;
        }
        try {
            return scalar.parser().apply(filled.text());
        } catch (RuntimeException unreadable) {
            String shown = scalar.equals(Scalars.URL) ? "***" : filled.shown();
            problems.add(value.place(), path, shown + " (expected: " + scalar.expected() + ")");
            return null;
        }
    }

    private @Nullable Object enumeration(Value value, String path, Class<?> type) {
        Map<String, Object> constants = new LinkedHashMap<>();
        for (Object constant : type.getEnumConstants()) {
            constants.put(((Enum<?>) constant).name().toLowerCase(Locale.ROOT), constant);
        }
        Substitution.Filled filled = text(value, path, String.join(", ", constants.keySet()));
        if (filled == null) {
            return null;
        }
        Object constant = constants.get(filled.text());
        if (constant == null) {
            problems.add(value.place(), path, filled.shown() + Nearest.hint(filled.shown(), constants.keySet()));
        }
        return constant;
    }

    private @Nullable List<Object> items(Value value, String path, Type element) {
        if (!(value instanceof Value.Items items)) {
            problems.add(value.place(), path, shown(value) + " (expected: a list)");
            return null;
        }
        List<Object> bound = new ArrayList<>();
        for (int i = 0; i < items.values().size(); i++) {
            Object one = bindType(items.values().get(i), path + "[" + i + "]", element);
            if (one != null) {
                bound.add(one);
            }
        }
        return bound.size() == items.values().size() ? bound : null;
    }

    private @Nullable Map<String, Object> map(Value value, String path, Type element) {
        if (!(value instanceof Value.Fields fields)) {
            problems.add(value.place(), path, shown(value) + " (expected: keys with values)");
            return null;
        }
        Map<String, Object> bound = new LinkedHashMap<>();
        fields.entries().forEach((key, field) -> {
            Object one = bindType(field.value(), path + "." + key, element);
            if (one != null) {
                bound.put(key, one);
            }
        });
        return bound.size() == fields.entries().size() ? bound : null;
    }

    private @Nullable Object record(Value value, String path, Class<?> type) {
        if (value instanceof Value.Fields fields) {
            return fields(fields, path, type);
        }
        Method shorthand = shorthand(type, value);
        if (shorthand == null) {
            String keys = String.join(", ", RecordKeys.names(type));
            problems.add(value.place(), path, shown(value) + " (expected: the keys " + keys + ")");
            return null;
        }
        Object argument = bindType(value, path, shorthand.getGenericParameterTypes()[0]);
        Object made = argument == null ? null : construct(value, path, shorthand, argument);
        if (made instanceof NamePattern pattern) {
            written.put(path, pattern, value.place());
        }
        return made;
    }

    /** The record as {@link #bind} makes it, but with null for a key that is wrong: what else is wrong is to be said too. */
    <R> @Nullable R bindLoosely(Value.Fields fields, String path, Class<R> type) {
        return type.cast(fields(fields, path, type, /* isLoose= */ true));
    }

    private @Nullable Object fields(Value.Fields fields, String path, Class<?> type) {
        return fields(fields, path, type, /* isLoose= */ false);
    }

    private @Nullable Object fields(Value.Fields fields, String path, Class<?> type, boolean isLoose) {
        List<String> names = RecordKeys.names(type);
        refuseUnknown(fields, path, names);
        Executable creator = RecordKeys.creator(type);
        Parameter[] parameters = creator.getParameters();
        Object defaults = RecordKeys.defaults(type);
        @Nullable Object[] arguments = new @Nullable Object[parameters.length];
        boolean isWhole = true;
        for (int i = 0; i < parameters.length; i++) {
            String name = names.get(i);
            Value.Field field = fields.entries().get(name);
            if (field != null) {
                arguments[i] = bindType(field.value(), join(path, name), parameters[i].getParameterizedType());
                isWhole &= arguments[i] != null;
            } else if (defaults != null) {
                arguments[i] = RecordKeys.read(type.getRecordComponents()[i], defaults);
            } else if (!parameters[i].getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                problems.add(fields.place(), join(path, name), "missing (expected: " + expected(parameters[i]) + ")");
                isWhole = false;
            }
        }
        return isWhole || isLoose ? construct(fields, path, creator, arguments) : null;
    }

    /** Reports keys that are none of the known ones. */
    void refuseUnknown(Value.Fields fields, String path, List<String> known) {
        fields.entries().forEach((key, field) -> {
            if (!known.contains(key)) {
                problems.add(field.place(), join(path, key), "unknown key" + Nearest.hint(key, known));
            }
        });
    }

    private @Nullable Object construct(Value value, String path, Executable creator, @Nullable Object... arguments) {
        try {
            return creator instanceof Constructor<?> constructor
                    ? constructor.newInstance(arguments)
                    : ((Method) creator).invoke(null, arguments);
        } catch (InvocationTargetException refused) {
            refused(value, path, said(refused.getCause()));
            return null;
        } catch (ReflectiveOperationException impossible) {
            throw new LinkageError("record is not accessible", impossible);
        }
    }

    private static String said(@Nullable Throwable cause) {
        return cause == null ? "impossible" : String.valueOf(cause.getMessage());
    }

    private void refused(Value value, String path, String message) {
        int colon = message.indexOf(": ");
        String component = message.substring(0, Math.max(0, colon));
        Value culprit = named(value, component);
        if (culprit != null) {
            problems.add(culprit.place(), join(path, component), hidden(culprit, message.substring(colon + 2)));
        } else {
            problems.add(value.place(), path, hidden(value, message));
        }
    }

    /** What is at a key, or in a list at a key, as in {@code keys[2].caller}; null if nothing is. */
    private static @Nullable Value named(Value value, String name) {
        if (!(value instanceof Value.Fields fields)) {
            return null;
        }
        Value.Field field = fields.entries().get(name);
        Matcher element = ELEMENT.matcher(name);
        if (field != null || !element.matches()) {
            return field == null ? null : field.value();
        }
        Value.Field list = fields.entries().get(element.group(1));
        int index = Integer.parseInt(element.group(2));
        if (list == null
                || !(list.value() instanceof Value.Items items)
                || index >= items.values().size()) {
            return null;
        }
        Value found = items.values().get(index);
        return element.group(3) == null ? found : named(found, element.group(3));
    }

    /** What a constructor said, without the value if that was filled in. */
    private static String hidden(Value culprit, String reason) {
        boolean isFilled = culprit instanceof Value.Text text && text.written().contains("${");
        int expected = reason.indexOf(" (expected: ");
        return isFilled && expected >= 0 ? ((Value.Text) culprit).written() + reason.substring(expected) : reason;
    }

    private static String expected(Parameter parameter) {
        if (parameter.getType().isAnnotationPresent(FromFile.class)) {
            return "a file with the keys " + String.join(", ", RecordKeys.names(parameter.getType()));
        }
        Scalars.Scalar scalar = Scalars.of(parameter.getType());
        return scalar == null ? "a value" : scalar.expected();
    }

    /** The factory that takes a value as a whole: that of lists for a list if there is one, else that of scalars. */
    private static @Nullable Method shorthand(Class<?> type, Value value) {
        List<Method> all = RecordKeys.shorthands(type);
        return all.stream()
                .filter(method -> (method.getParameterTypes()[0] == List.class) == (value instanceof Value.Items))
                .findFirst()
                .orElse(all.isEmpty() ? null : all.get(0));
    }

    private String shown(Value value) {
        boolean isSecret = !quotes && value instanceof Value.Text text && !text.isEmpty();
        return isSecret ? "a text" : kind(value);
    }

    static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    static String kind(Value value) {
        if (value instanceof Value.Text text) {
            return text.isEmpty() ? "no value" : text.written();
        }
        return value instanceof Value.Items ? "a list" : "keys with values";
    }
}
