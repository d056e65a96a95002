package io.headgate.gateway.config.schema;

import io.headgate.gateway.config.ServerEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON Schema of the file, draft-07, for editors.
 *
 * <p>It knows names, types and forms. What only the whole file can tell (a range, a second key of the same kind, a file that
 * is not there) is left to {@code headgate check}.
 */
public final class ConfigSchema {
    private static final Map<String, Object> REFERENCE = Map.of("$ref", "#/definitions/reference");

    private final KeyTexts texts = KeyTexts.read();
    private final Map<String, Object> definitions = new LinkedHashMap<>();

    private ConfigSchema() {}

    /** The schema of the file. */
    public static String file() {
        ConfigSchema schema = new ConfigSchema();
        Shape.Keys file = new Shapes(schema.texts).file();
        return schema.print("Headgate", "What one Headgate gateway does. Check it with headgate check.", file);
    }

    /** The schema of the file that is named where a record has one of its own. */
    public static String keysFile() {
        ConfigSchema schema = new ConfigSchema();
        List<Shape.Keys> found = new ArrayList<>();
        schema.findElsewhere(new Shapes(schema.texts).file(), found);
        return schema.print("Headgate keys", "Who has which key.", found.get(0));
    }

    private void findElsewhere(Shape shape, List<Shape.Keys> found) {
        if (shape instanceof Shape.Elsewhere elsewhere) {
            found.add(elsewhere.keys());
        } else if (shape instanceof Shape.Keys keys) {
            keys.keys().forEach(key -> findElsewhere(key.shape(), found));
        } else if (shape instanceof Shape.Chain chain) {
            chain.filters().forEach(key -> findElsewhere(key.shape(), found));
        }
    }

    private String print(String title, String description, Shape.Keys root) {
        Map<String, Object> whole = new LinkedHashMap<>();
        whole.put("$schema", "http://json-schema.org/draft-07/schema#");
        whole.put("title", title);
        whole.put("description", description);
        whole.putAll(object(root));
        Map<String, Object> reference = new LinkedHashMap<>();
        reference.put("description", "Filled in: ${NAME}, ${NAME:-default}, ${env:NAME} or ${file:PATH}.");
        reference.put("type", "string");
        reference.put("pattern", "\\$");
        definitions.put("reference", reference);
        whole.put("definitions", definitions);
        DefaultIndenter lines = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer =
                new DefaultPrettyPrinter().withObjectIndenter(lines).withArrayIndenter(lines);
        return JsonMapper.builder()
                        .defaultPrettyPrinter(printer)
                        .build()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(whole)
                + "\n";
    }

    private Map<String, Object> schema(Shape shape) {
        if (shape instanceof Shape.Scalar scalar) {
            return scalar(scalar.form());
        }
        if (shape instanceof Shape.Choice choice) {
            return anyOf(List.of(Map.of("enum", choice.words()), REFERENCE));
        }
        if (shape instanceof Shape.Items items) {
            return fields("type", "array", "items", schema(items.element()));
        }
        if (shape instanceof Shape.Named named) {
            Map<String, Object> map = fields("type", "object", "additionalProperties", schema(named.element()));
            if (named.element() instanceof Shape.Keys) {
                map.put("propertyNames", Map.of("pattern", "^(?!.*__)[A-Za-z0-9_-]{1,64}$"));
            }
            return map;
        }
        if (shape instanceof Shape.Keys keys) {
            List<Map<String, Object>> all = new ArrayList<>();
            keys.shorts().forEach(each -> all.add(schema(each)));
            all.add(object(keys));
            return anyOf(all);
        }
        if (shape instanceof Shape.OneOf several) {
            return anyOf(several.shapes().stream().map(this::schema).toList());
        }
        if (shape instanceof Shape.Elsewhere) {
            return scalar(Form.PATH);
        }
        definitions.computeIfAbsent("filter", name -> filter((Shape.Chain) shape));
        return fields("type", "array", "items", Map.of("$ref", "#/definitions/filter"));
    }

    /** One; where one of them is several itself, all in one list, because editors show them all. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object> anyOf(List<Map<String, Object>> all) {
        List<Map<String, Object>> flat = new ArrayList<>();
        for (Map<String, Object> each : all) {
            Object inner = each.size() == 1 ? each.get("anyOf") : null;
            (inner == null ? List.of(each) : (List<Map<String, Object>>) inner)
                    .stream().filter(one -> !flat.contains(one)).forEach(flat::add);
        }
        return flat.size() == 1 ? flat.get(0) : fields("anyOf", flat);
    }

    private static Map<String, Object> scalar(Form form) {
        return switch (form) {
            case TEXT, SECRET, PATH, URL -> fields("type", List.of("string", "number", "boolean"));
            case BOOLEAN -> anyOf(List.of(Map.of("type", "boolean"), REFERENCE));
            case NUMBER -> anyOf(List.of(Map.of("type", "number"), REFERENCE));
            case WHOLE -> anyOf(List.of(Map.of("type", "integer"), REFERENCE));
            case SIZE -> anyOf(List.of(Map.of("type", "integer"), text(form), REFERENCE));
            default -> anyOf(List.of(text(form), REFERENCE));
        };
    }

    private static Map<String, Object> text(Form form) {
        return fields("type", "string", "pattern", "^" + form.pattern() + "$");
    }

    private Map<String, Object> filter(Shape.Chain chain) {
        Map<String, Object> properties = new LinkedHashMap<>();
        chain.filters().forEach(key -> properties.put(key.name(), described(key)));
        return fields(
                "type",
                "object",
                "additionalProperties",
                false,
                "minProperties",
                1,
                "maxProperties",
                1,
                "properties",
                properties);
    }

    private Map<String, Object> object(Shape.Keys keys) {
        Map<String, Object> properties = new LinkedHashMap<>();
        keys.keys().forEach(key -> properties.put(key.name(), described(key)));
        Map<String, Object> object = fields("type", "object", "additionalProperties", false, "properties", properties);
        List<String> required = keys.keys().stream()
                .filter(Shape.Key::isRequired)
                .map(Shape.Key::name)
                .toList();
        if (!required.isEmpty()) {
            object.put("required", required);
        }
        if (keys.type() == ServerEntry.class) {
            asServer(object, properties);
        }
        return object;
    }

    /** An entry of a server has a URL or is switched off, and may have what other programs keep there. */
    private static void asServer(Map<String, Object> object, Map<String, Object> properties) {
        for (String foreign : ServerEntry.FOREIGN) {
            properties.put(foreign, Map.of("description", "Of other programs, and not used by a gateway."));
        }
        List<Object> either = new ArrayList<>();
        for (String url : List.of("url", "serverUrl", "httpUrl")) {
            either.add(Map.of("required", List.of(url)));
        }
        either.add(fields("required", List.of("disabled"), "properties", Map.of("disabled", Map.of("const", true))));
        object.put("anyOf", either);
    }

    private Map<String, Object> described(Shape.Key key) {
        KeyText text = texts.of(key.path());
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("title", key.path());
        schema.put("description", text.sentence());
        Object otherwise = otherwise(key, text);
        if (otherwise != null) {
            schema.put("default", otherwise);
        }
        schema.putAll(schema(key.shape()));
        return schema;
    }

    /** What a key is that is left out, if that is one value. */
    private static @Nullable Object otherwise(Shape.Key key, KeyText text) {
        boolean isValue = key.shape() instanceof Shape.Scalar
                || key.shape() instanceof Shape.Choice
                || key.shape() instanceof Shape.OneOf;
        if (text.otherwise() != null) {
            return switch (text.otherwise()) {
                case "true" -> true;
                case "false" -> false;
                default ->
                    key.shape() instanceof Shape.Choice choice && choice.words().contains(text.otherwise())
                            ? text.otherwise()
                            : null;
            };
        }
        if (key.otherwise() == null) {
            return null;
        }
        if (key.otherwise() instanceof Collection<?> elements) {
            return Written.ordered(elements).stream()
                    .map(each -> Written.scalar(each, /* isBytes= */ false))
                    .toList();
        }
        if (key.otherwise() instanceof Map<?, ?> entries && entries.isEmpty()) {
            return entries;
        }
        return isValue ? Written.scalar(key.otherwise(), text.isBytes()) : null;
    }

    private static Map<String, Object> fields(Object... namesAndValues) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }
}
