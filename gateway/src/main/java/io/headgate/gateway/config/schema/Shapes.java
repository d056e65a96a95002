package io.headgate.gateway.config.schema;

import io.headgate.filter.FilterType;
import io.headgate.filter.FromFile;
import io.headgate.gateway.config.AdminConfig;
import io.headgate.gateway.config.ChainBase;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.gateway.config.RecordKeys;
import io.headgate.gateway.config.ServerEntry;
import io.headgate.gateway.policy.BuiltInFilters;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The shape of the file, from the records that it is bound to. */
final class Shapes {
    private static final Shape PATH = new Shape.Scalar(Form.PATH);

    private final KeyTexts texts;

    Shapes(KeyTexts texts) {
        this.texts = texts;
    }

    /** The keys of the file, in the order in which they are listed. */
    Shape.Keys file() {
        Config defaults = Config.of(Config.DEFAULT_LISTEN, AdminConfig.DEFAULT.listen(), List.of());
        List<Shape.Key> keys = new ArrayList<>();
        for (String name : ConfigFile.KEYS) {
            keys.add(
                    switch (name) {
                        case "include" -> key(name, new Shape.OneOf(List.of(PATH, new Shape.Items(PATH))), null);
                        case "mcpServers" ->
                            key(name, new Shape.Named(keys(ServerEntry.class, "mcpServers.NAME")), null);
                        case "mcpJson" -> key(name, PATH, null);
                        case "filters" -> key(name, filters(), null);
                        default -> ofConfig(name, defaults);
                    });
        }
        return new Shape.Keys(Config.class, keys, List.of());
    }

    private static Shape.Key key(String name, Shape shape, @Nullable Object otherwise) {
        return new Shape.Key(name, name, shape, /* isRequired= */ false, otherwise);
    }

    private Shape.Key ofConfig(String name, Config defaults) {
        RecordComponent component = Arrays.stream(Config.class.getRecordComponents())
                .filter(each -> each.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no shape for the key " + name));
        return key(name, shape(component.getType(), name), RecordKeys.read(component, defaults));
    }

    /** A list is the whole chain; keys add one to another. */
    private Shape.Keys filters() {
        Shape.Chain chain = chain();
        Shape.Key base = new Shape.Key(
                "extends",
                "filters.extends",
                shape(ChainBase.class, "filters.extends"),
                /* isRequired= */ true,
                /* otherwise= */ null);
        Shape.Key with = new Shape.Key("with", "filters.with", chain, /* isRequired= */ false, /* otherwise= */ null);
        return new Shape.Keys(ChainBase.class, List.of(base, with), List.of(chain));
    }

    private Shape.Chain chain() {
        List<Shape.Key> filters = new ArrayList<>();
        for (FilterType<?> type : BuiltInFilters.ALL) {
            String path = "filters." + type.name();
            filters.add(
                    new Shape.Key(type.name(), path, shape(type.configType(), path), /* isRequired= */ false, null));
        }
        return new Shape.Chain(filters);
    }

    private Shape shape(Type type, String path) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            Type element = arguments[arguments.length - 1];
            return generic.getRawType() == Map.class
                    ? new Shape.Named(shape(element, path + ".NAME"))
                    : new Shape.Items(shape(element, path + "[]"));
        }
        Class<?> plain = (Class<?>) type;
        Form form = Form.of(plain);
        if (form != null) {
            return scalar(form, texts.of(path));
        }
        if (plain.isEnum()) {
            return new Shape.Choice(Arrays.stream(plain.getEnumConstants())
                    .map(each -> ((Enum<?>) each).name().toLowerCase(Locale.ROOT))
                    .toList());
        }
        if (plain.isAnnotationPresent(FromFile.class)) {
            return new Shape.Elsewhere(keys(plain, path));
        }
        return isValue(plain) ? new Shape.OneOf(shorts(plain, path)) : keys(plain, path);
    }

    private static Shape scalar(Form form, KeyText text) {
        if (!text.words().isEmpty()) {
            return new Shape.Choice(text.words());
        }
        return new Shape.Scalar(form == Form.WHOLE && text.isBytes() ? Form.SIZE : form);
    }

    /** True for what is one value for people, though a record holds it: it can be written as a whole, and has no defaults. */
    private static boolean isValue(Class<?> type) {
        return !RecordKeys.shorthands(type).isEmpty()
                && RecordKeys.factory(type) == null
                && RecordKeys.defaults(type) == null;
    }

    private List<Shape> shorts(Class<?> type, String path) {
        List<Shape> shorts = new ArrayList<>();
        for (Method method : RecordKeys.shorthands(type)) {
            Parameter only = method.getParameters()[0];
            shorts.add(shape(only.getParameterizedType(), path));
        }
        // The order of methods is not one of the source: a single value comes first.
        shorts.sort((one, other) -> Boolean.compare(one instanceof Shape.Items, other instanceof Shape.Items));
        return shorts;
    }

    private Shape.Keys keys(Class<?> type, String path) {
        Parameter[] parameters = RecordKeys.creator(type).getParameters();
        RecordComponent[] components = type.getRecordComponents();
        Object defaults = RecordKeys.defaults(type);
        Object made = defaults != null ? defaults : made(type);
        List<Shape.Key> keys = new ArrayList<>();
        for (int i = 0; i < parameters.length; i++) {
            String name = components[i].getName();
            String at = path + "." + name;
            boolean isRequired = defaults == null && !isNullable(parameters[i]);
            Object otherwise = isRequired || made == null ? null : RecordKeys.read(components[i], made);
            keys.add(new Shape.Key(name, at, shape(parameters[i].getParameterizedType(), at), isRequired, otherwise));
        }
        return new Shape.Keys(type, keys, shorts(type, path));
    }

    private static boolean isNullable(Parameter parameter) {
        return parameter.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    /** A record of which only what must be said is said; null if it cannot be made so. */
    private static @Nullable Object made(Class<?> type) {
        Executable creator = RecordKeys.creator(type);
        @Nullable
        Object[] arguments = Arrays.stream(creator.getParameters())
                .map(each -> isNullable(each) ? null : sample(each.getParameterizedType()))
                .toArray();
        try {
            return creator instanceof Constructor<?> constructor
                    ? constructor.newInstance(arguments)
                    : ((Method) creator).invoke(null, arguments);
        } catch (InvocationTargetException refused) {
            return null;
        } catch (ReflectiveOperationException impossible) {
            throw new LinkageError("record is not accessible", impossible);
        }
    }

    private static @Nullable Object sample(Type type) {
        if (type instanceof ParameterizedType generic) {
            Object element = sample(generic.getActualTypeArguments()[0]);
            if (generic.getRawType() == Map.class) {
                return Map.of();
            }
            return element == null ? List.of() : generic.getRawType() == Set.class ? Set.of(element) : List.of(element);
        }
        Class<?> plain = (Class<?>) type;
        Form form = Form.of(plain);
        if (form != null) {
            return form.sample();
        }
        if (plain.isEnum()) {
            return plain.getEnumConstants()[0];
        }
        Object defaults = RecordKeys.defaults(plain);
        if (defaults != null || !isValue(plain)) {
            return defaults != null ? defaults : made(plain);
        }
        try {
            Method method = RecordKeys.shorthands(plain).get(0);
            return method.invoke(null, sample(method.getGenericParameterTypes()[0]));
        } catch (ReflectiveOperationException impossible) {
            throw new LinkageError("record is not accessible", impossible);
        }
    }
}
