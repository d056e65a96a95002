package io.headgate.gateway.config.effective;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/** Writes a tree as YAML that means exactly this tree to the reader of the file. */
final class YamlText {
    /** What needs no quotes: neither a number, nor a word with a meaning, nor anything with a sign of YAML. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z/][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]+)*"
            + "|(?:\\d+(?:h|m|s|ms|KiB|MiB|GiB))+|\\d+/[smh]|\\d+(?:\\.\\d+){3}(?::\\d+)?");

    private static final Set<String> WORDS = Set.of("true", "false", "null", "yes", "no", "on", "off");
    private static final JsonMapper JSON = new JsonMapper();

    private final StringBuilder text = new StringBuilder();

    private YamlText() {}

    static String of(Map<String, Object> tree) {
        YamlText yaml = new YamlText();
        yaml.fields(tree, 0, "");
        return yaml.text.toString();
    }

    /** The first line may stand behind the dash of a list. */
    private void fields(Map<?, ?> fields, int depth, String first) {
        String before = first;
        for (Map.Entry<?, ?> field : fields.entrySet()) {
            text.append(before.isEmpty() ? "  ".repeat(depth) : before);
            before = "";
            text.append(scalar(field.getKey().toString())).append(':');
            value(field.getValue(), depth);
        }
    }

    private void value(Object value, int depth) {
        if (value instanceof Map<?, ?> inner && !inner.isEmpty()) {
            text.append('\n');
            fields(inner, depth + 1, "");
        } else if (value instanceof List<?> items && !items.isEmpty()) {
            text.append('\n');
            for (Object item : items) {
                String dash = "  ".repeat(depth + 1) + "- ";
                if (item instanceof Map<?, ?> inner && !inner.isEmpty()) {
                    fields(inner, depth + 2, dash);
                } else {
                    text.append(dash).append(one(item)).append('\n');
                }
            }
        } else {
            text.append(' ').append(one(value)).append('\n');
        }
    }

    private static String one(Object value) {
        if (value instanceof Map<?, ?>) {
            return "{}";
        }
        if (value instanceof List<?> items) {
            return items.stream().map(YamlText::one).collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof Number || value instanceof Boolean) {
            return value.toString();
        }
        // A dollar would begin a reference.
        return value instanceof Hidden hidden
                ? JSON.writeValueAsString(hidden.shown())
                : scalar(value.toString().replace("$", "$$"));
    }

    private static String scalar(String text) {
        return PLAIN.matcher(text).matches() && !WORDS.contains(text) ? text : JSON.writeValueAsString(text);
    }
}
