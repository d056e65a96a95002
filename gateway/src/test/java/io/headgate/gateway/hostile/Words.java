package io.headgate.gateway.hostile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Values that the file describes in words: sizes in angle brackets, variables, escapes. */
final class Words {
    private static final Pattern SIZE = Pattern.compile(
            "<(?:an? |one )?([\\d,.]+)[\\s-]*(bytes?|chars?|characters?|digits?|spaces?|commas?|letters?|KiB|MiB|KB|MB|B)"
                    + "(?:\\s*([+-])\\s*([\\d,]+)(?: \\w+)?)?"
                    + "(?:\\s+(?:string|text|value|name|long|of (?:\"([^\"]+)\"|[^>]*))[^>]*)?>");

    /** {@code <"ab" x 100>} and {@code <100 x "ab">}. */
    private static final Pattern REPEATED =
            Pattern.compile("<(?:\"([^\"]+)\" ?[x*×] ?([\\d,]+)|([\\d,]+) ?[x*×] ?\"([^\"]+)\")>");

    private static final Pattern MANY = Pattern.compile(
            "<([\\d,]+) (?:distinct |different |random )?(URIs?|items?|strings?|names?|numbers?|values?|uris?|objects?)>");

    /** What is described and not written: an angle bracket around more than a tag's name. */
    private static final Pattern DESCRIBED = Pattern.compile("<[^<>]*[ \\d,][^<>]*>");

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]*)}");
    private static final Pattern ESCAPE =
            Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0abtnvfreNLP_]))");

    private Words() {}

    /** Fills in variables and the sizes in angle brackets. */
    static String expand(String text, Map<String, String> variables) {
        String filled =
                VARIABLE.matcher(text).replaceAll(found -> Matcher.quoteReplacement(value(found.group(1), variables)));
        String repeated = REPEATED.matcher(filled).replaceAll(found -> {
            boolean textFirst = found.group(1) != null;
            String part = found.group(textFirst ? 1 : 4);
            return Matcher.quoteReplacement(part.repeat(number(found.group(textFirst ? 2 : 3))));
        });
        String sized = SIZE.matcher(repeated).replaceAll(found -> Matcher.quoteReplacement(filler(found)));
        String random = sized.replace(
                        "<random>", Long.toHexString(ThreadLocalRandom.current().nextLong()))
                .replace("<uuid>", java.util.UUID.randomUUID().toString())
                .replace("<empty>", "");
        if (DESCRIBED.matcher(random).matches()) {
            throw new Unbuildable("the value " + random);
        }
        return random;
    }

    /** The names of the variables in a text. */
    static Set<String> variables(String text) {
        return VARIABLE.matcher(text).results().map(found -> found.group(1)).collect(Collectors.toSet());
    }

    /** The value of a variable, as the words after its name change it. */
    private static String value(String name, Map<String, String> variables) {
        String whole = variables.get(name);
        if (whole != null) {
            return whole;
        }
        int end = name.indexOf(' ');
        String value = end < 0 ? null : variables.get(name.substring(0, end));
        if (value == null) {
            throw new Unbuildable("${" + name + "}");
        }
        return switch (name.substring(end + 1)) {
            case "with one bit flipped" -> {
                int middle = value.length() / 2;
                char flipped = value.charAt(middle) == 'A' ? 'B' : 'A';
                yield value.substring(0, middle) + flipped + value.substring(middle + 1);
            }
            case "without its last character" -> value.substring(0, value.length() - 1);
            default -> throw new Unbuildable("${" + name + "}");
        };
    }

    private static String filler(java.util.regex.MatchResult found) {
        int size = size(found);
        String given = found.group(5);
        if (given != null) {
            return given.repeat(size / given.length() + 1).substring(0, size);
        }
        return switch (found.group(2).replaceFirst("s$", "")) {
            case "digit" -> "1".repeat(size);
            case "space" -> " ".repeat(size);
            case "comma" -> ",".repeat(size);
            default -> "a".repeat(size);
        };
    }

    /** A value with the strings in it filled in; a list may hold one item that stands for many. */
    static @Nullable Object expandValue(@Nullable Object value, Map<String, String> variables) {
        if (value instanceof String text) {
            boolean isMark = text.startsWith("<raw>") || text.equals("<absent>");
            return isMark ? text : expand(text, variables);
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> filled = new LinkedHashMap<>();
            map.forEach(
                    (key, item) -> filled.put(expand(String.valueOf(key), variables), expandValue(item, variables)));
            return filled;
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> items = new ArrayList<>();
            for (Object item : list) {
                Matcher many = MANY.matcher(String.valueOf(item));
                if (many.matches()) {
                    for (int i = 0; i < number(many.group(1)); i++) {
                        items.add(item(many.group(2).toLowerCase(Locale.ROOT), i));
                    }
                } else {
                    items.add(expandValue(item, variables));
                }
            }
            return items;
        }
        return value;
    }

    private static Object item(String kind, int i) {
        return switch (kind.charAt(0)) {
            case 'u' -> "file:///r/" + i;
            case 'n' -> kind.startsWith("number") ? (Object) i : "n" + i;
            case 'v' -> i;
            case 'o' -> Map.of("n", i);
            default -> "s" + i;
        };
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
            String hex = Stream.of(1, 2, 3)
                    .map(found::group)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse("");
            String resolved =
                    hex.isEmpty() ? named(found.group(4).charAt(0)) : Character.toString(Integer.parseInt(hex, 16));
            return Matcher.quoteReplacement(resolved);
        });
    }

    /** The characters that YAML has names for. */
    private static String named(char name) {
        return switch (name) {
            case 'a' -> "\u0007";
            case 'b' -> "\b";
            case 't' -> "\t";
            case 'n' -> "\n";
            case 'v' -> "\u000b";
            case 'f' -> "\f";
            case 'r' -> "\r";
            case 'e' -> "\u001b";
            case 'N' -> "\u0085";
            case '_' -> "\u00a0";
            case 'L' -> "\u2028";
            case 'P' -> "\u2029";
            default -> "\0";
        };
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
