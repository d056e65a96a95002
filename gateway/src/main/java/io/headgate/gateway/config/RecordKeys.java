package io.headgate.gateway.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a record says of the keys that it is made of: how it is made of them, what a key is that is left out, and which
 * values stand for the whole record.
 *
 * <p>The rules are those of {@link RecordBinder}; what describes the file asks here, too.
 */
public final class RecordKeys {
    /** Kept, because a file has the same records for each of its servers, and most have no such constant. */
    private static final ClassValue<Optional<Object>> DEFAULTS = new ClassValue<>() {
        @Override
        protected Optional<Object> computeValue(Class<?> type) {
            return findDefaults(type);
        }
    };

    private RecordKeys() {}

    /** The names of the keys, in the order of the record. */
    public static List<String> names(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
    }

    /** What makes the record of its keys: the factory that has {@link JsonCreator}, or else the constructor. */
    public static Executable creator(Class<?> type) {
        Method factory = factory(type);
        try {
            return factory != null
                    ? factory
                    : type.getConstructor(Arrays.stream(type.getRecordComponents())
                            .map(RecordComponent::getType)
                            .toArray(Class<?>[]::new));
        } catch (NoSuchMethodException impossible) {
            throw new LinkageError("record is not accessible", impossible);
        }
    }

    /** The factory of keys; null if the constructor is taken. */
    public static @Nullable Method factory(Class<?> type) {
        return creators(type, JsonCreator.Mode.PROPERTIES).stream().findFirst().orElse(null);
    }

    /** The factories that take a value as a whole, as one scalar or as one list. */
    public static List<Method> shorthands(Class<?> type) {
        return creators(type, JsonCreator.Mode.DELEGATING);
    }

    private static List<Method> creators(Class<?> type, JsonCreator.Mode mode) {
        List<Method> found = new ArrayList<>();
        for (Method method : type.getMethods()) {
            JsonCreator creator = method.getAnnotation(JsonCreator.class);
            if (creator != null && creator.mode() == mode) {
                found.add(method);
            }
        }
        return found;
    }

    /** The record's constant {@code DEFAULT}, or null if it has none. */
    public static @Nullable Object defaults(Class<?> type) {
        return DEFAULTS.get(type).orElse(null);
    }

    private static Optional<Object> findDefaults(Class<?> type) {
        try {
            return Optional.of(type.getField("DEFAULT").get(null));
        } catch (NoSuchFieldException none) {
            return Optional.empty();
        } catch (IllegalAccessException impossible) {
            throw new LinkageError("DEFAULT is not accessible", impossible);
        }
    }

    /** What a record holds. */
    public static @Nullable Object read(RecordComponent component, Object from) {
        try {
            return component.getAccessor().invoke(from);
        } catch (ReflectiveOperationException impossible) {
            throw new LinkageError("record is not accessible", impossible);
        }
    }
}
