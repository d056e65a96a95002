package io.headgate.gateway.hostile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Values that the file describes in words: sizes in angle brackets, variables, escapes. */
final class Words {
    private static final Pattern SIZE = Pattern.compile(
            "<([\\d,.]+)\\s*(bytes?|chars?|characters?|digits|KiB|MiB|KB|MB|B)(?:\\s*([+-])\\s*([\\d,]+)(?: bytes?)?)?"
                    + "(?:\\s+(?:string|of)[^>]*)?>");
    private static final Pattern URIS = Pattern.compile("<([\\d,]+) URIs?>");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]*)}");
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0rnt]))");

    private Words() {}

    /** Fills in variables and the sizes in angle brackets. */
    static String expand(String text, Map<String, String> variables) {
        String filled = VARIABLE.matcher(text).replaceAll(found -> {
            String value = variables.get(found.group(1));
            if (value == null) {
                throw new Unbuildable("${" + found.group(1) + "}");
            }
            return Matcher.quoteReplacement(value);
        });
        String sized = SIZE.matcher(filled).replaceAll(found -> "a".repeat(size(found)));
        return sized.replace(
                "<random>", Long.toHexString(ThreadLocalRandom.current().nextLong()));
    }

    /** A value with the strings in it filled in; a list may hold one item that stands for many. */
    static @Nullable Object expandValue(@Nullable Object value, Map<String, String> variables) {
        if (value instanceof String text) {
            return text.startsWith("<raw>") ? text : expand(text, variables);
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> items = new ArrayList<>();
            for (Object item : list) {
                Matcher many = URIS.matcher(String.valueOf(item));
                if (many.matches()) {
                    for (int i = 0; i < number(many.group(1)); i++) {
                        items.add("file:///r/" + i);
                    }
                } else {
                    items.add(expandValue(item, variables));
                }
            }
            return items;
        }
        return value;
    }

    /** {@code 1,000,000} as a number. */
    static int number(String digits) {
        return (int) Double.parseDouble(digits.replace(",", ""));
    }

    /** {@code 4} and {@code MiB} as bytes. */
    static int bytes(String digits, @Nullable String unit) {
        double factor = switch (unit == null ? "" : unit) {
            case "KiB" -> 1 << 10;
            case "KB" -> 1_000;
            case "MiB" -> 1 << 20;
            case "MB" -> 1_000_000;
            case "GiB" -> 1 << 30;
            default -> 1;
        };
        return (int) Math.min(Integer.MAX_VALUE - 16, Double.parseDouble(digits.replace(",", "")) * factor);
    }

    private static int size(java.util.regex.MatchResult found) {
        int size = bytes(found.group(1), found.group(2));
        String extra = found.group(4);
        if (extra == null) {
            return size;
        }
        return "-".equals(found.group(3)) ? size - number(extra) : size + number(extra);
    }

    /** Resolves escapes that the file left as text, such as {@code \\xff} and {@code \\u200b}. */
    static String unescape(String text) {
        return ESCAPE.matcher(text).replaceAll(found -> {
            String hex = found.group(1) == null ? found.group(2) : found.group(1);
            char resolved = hex != null
                    ? (char) Integer.parseInt(hex, 16)
                    : switch (found.group(3)) {
                        case "r" -> '\r';
                        case "n" -> '\n';
                        case "t" -> '\t';
                        default -> '\0';
                    };
            return Matcher.quoteReplacement(String.valueOf(resolved));
        });
    }

    /** One byte per character up to 0xFF, UTF-8 if there is any beyond. */
    static byte[] rawBytes(String text) {
        boolean narrow = text.chars().allMatch(c -> c <= 0xFF);
        return text.getBytes(narrow ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
