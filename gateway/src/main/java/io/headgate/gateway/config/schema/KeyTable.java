package io.headgate.gateway.config.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The page with every key of the file. */
public final class KeyTable {
    private static final String HEAD = """
            # Keys of the file

            Every key that `headgate.yaml` may have. [full.yaml](examples/full.yaml) shows them in use, and
            [headgate.schema.json](headgate.schema.json) tells them to editors.

            | written | means |
            |---|---|
            | `NAME`, `[]` | a name of your own; each element of a list |
            | duration | `250ms`, `30s`, `1m30s`, `2h` |
            | size | bytes, or `64KiB`, `16MiB`, `1GiB` |
            | rate | `100/s`, `600/m`, `1000/h` |
            | address | `HOST:PORT`, `[::1]:PORT`, `:PORT`; port 0 takes a free one |
            | pattern | the name of a tool, or one with stars such as `crm__*`; a star is any text |
            | secret | best `${NAME}` or `${file:PATH}`, and never shown |

            `${NAME}`, `${NAME:-default}`, `${env:NAME}` and `${file:PATH}` may fill any value, or a part of one. A relative path
            starts at the file that names it.

            This page and the schemas are generated from the code, with the texts of its `keys.properties`.
            """;

    private static final String COLUMNS = "\n| key | takes | default | meaning |\n|---|---|---|---|\n";

    private final KeyTexts texts = KeyTexts.read();
    private final StringBuilder page = new StringBuilder(HEAD);

    private KeyTable() {}

    /** The page in Markdown. */
    public static String markdown() {
        KeyTable table = new KeyTable();
        table.write(new Shapes(table.texts).file());
        return table.page.toString();
    }

    private void write(Shape.Keys file) {
        page.append("\n## The root\n").append(COLUMNS);
        file.keys().forEach(key -> row(key, key.name()));
        for (Shape.Key key : file.keys()) {
            if (!rowsOf(key.shape(), "").isEmpty()) {
                section(key, "##");
            }
            if (key.shape() instanceof Shape.Keys keys) {
                keys.shorts().stream()
                        .filter(Shape.Chain.class::isInstance)
                        .forEach(chain -> filters(((Shape.Chain) chain).filters()));
            }
        }
    }

    private void filters(List<Shape.Key> filters) {
        page.append("\nEach element of a list of filters is one with its configuration, as in `- timeout: 60s`.\n");
        page.append("\n| filter | does |\n|---|---|\n");
        filters.forEach(filter -> page.append("| [`" + filter.name() + "`](#" + anchor(filter.name()) + ") | "
                + escaped(texts.of(filter.path()).sentence()) + " |\n"));
        filters.forEach(filter -> section(filter, "###"));
    }

    private void section(Shape.Key key, String heading) {
        page.append("\n" + heading + " `" + key.name() + "`\n").append(COLUMNS);
        List<Row> rows = rowsOf(key.shape(), "");
        rows.forEach(row -> row(row.key(), row.name()));
        for (Row row : rows) {
            if (row.key().shape() instanceof Shape.Elsewhere elsewhere) {
                page.append("\nThe file that `" + row.name() + "` names has these keys:\n")
                        .append(COLUMNS);
                rowsOf(elsewhere.keys(), "").forEach(each -> row(each.key(), each.name()));
            }
        }
    }

    /** A key, and what it is called in its table. */
    private record Row(Shape.Key key, String name) {}

    /** The keys below a shape, those of records in it behind their own. */
    private static List<Row> rowsOf(Shape shape, String name) {
        List<Row> rows = new ArrayList<>();
        if (shape instanceof Shape.Keys keys) {
            for (Shape.Key key : keys.keys()) {
                String at = name.isEmpty() ? key.name() : name + "." + key.name();
                rows.add(new Row(key, at));
                rows.addAll(rowsOf(key.shape(), at));
            }
        } else if (shape instanceof Shape.Items items) {
            rows.addAll(rowsOf(items.element(), name + "[]"));
        } else if (shape instanceof Shape.Named named) {
            rows.addAll(rowsOf(named.element(), name.isEmpty() ? "NAME" : name + ".NAME"));
        }
        return rows;
    }

    private void row(Shape.Key key, String name) {
        KeyText text = texts.of(key.path());
        page.append("| `" + name + "` | " + escaped(takes(key.shape())) + " | " + escaped(otherwise(key, text)) + " | "
                + escaped(text.sentence()) + " |\n");
    }

    private static String takes(Shape shape) {
        if (shape instanceof Shape.Scalar scalar) {
            return scalar.form().words();
        }
        if (shape instanceof Shape.Choice choice) {
            return choice.words().stream().map(word -> "`" + word + "`").collect(Collectors.joining(", "));
        }
        if (shape instanceof Shape.Items items) {
            return "list of " + takes(items.element());
        }
        if (shape instanceof Shape.Named named) {
            return "map to " + takes(named.element());
        }
        if (shape instanceof Shape.OneOf several) {
            return several.shapes().stream().map(KeyTable::takes).collect(Collectors.joining(", or "));
        }
        if (shape instanceof Shape.Keys keys) {
            return keys.shorts().stream()
                    .map(each -> ", or " + takes(each))
                    .collect(Collectors.joining("", "keys", ""));
        }
        return shape instanceof Shape.Elsewhere ? "path" : "list of filters";
    }

    private static String otherwise(Shape.Key key, KeyText text) {
        if (key.isRequired()) {
            return "required";
        }
        if (text.otherwise() != null) {
            return isWord(key.shape(), text.otherwise()) ? "`" + text.otherwise() + "`" : text.otherwise();
        }
        return key.otherwise() == null ? "" : written(key.otherwise(), text);
    }

    private static boolean isWord(Shape shape, String text) {
        return (shape instanceof Shape.Choice choice && choice.words().contains(text))
                || shape.equals(new Shape.Scalar(Form.BOOLEAN));
    }

    private static String written(@Nullable Object otherwise, KeyText text) {
        if (otherwise instanceof Collection<?> elements) {
            return Written.ordered(elements).stream()
                    .map(each -> String.valueOf(Written.scalar(each, /* isBytes= */ false)))
                    .collect(Collectors.joining(", ", "`[", "]`"));
        }
        if (otherwise instanceof Map<?, ?>) {
            return "`{}`";
        }
        // What holds keys has their defaults.
        return otherwise == null || (otherwise instanceof Record && Form.of(otherwise.getClass()) == null)
                ? ""
                : "`" + Written.scalar(otherwise, text.isBytes()) + "`";
    }

    private static String anchor(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    private static String escaped(String cell) {
        return cell.replace("|", "\\|");
    }
}
