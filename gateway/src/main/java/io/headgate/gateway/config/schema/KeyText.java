package io.headgate.gateway.config.schema;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the list of texts says of one key.
 *
 * @param sentence what the key means
 * @param looser which change of it lets more through; null if it holds other keys only
 * @param isBytes whether its number is a size
 * @param otherwise what the key is if it is left out, where a record cannot say that by itself
 * @param words the only texts that it may hold; empty for any
 * @param isOrdered whether the order of its names counts
 * @param by the key that tells the elements of a list apart
 */
public record KeyText(
        String sentence,
        @Nullable Looser looser,
        boolean isBytes,
        @Nullable String otherwise,
        List<String> words,
        boolean isOrdered,
        @Nullable String by) {
    private static final Pattern BAR = Pattern.compile(" \\| ");
    private static final Pattern COMMA = Pattern.compile(", ");

    /** Reads a line as the list has it. */
    static KeyText parse(String line) {
        Looser looser = null;
        boolean isBytes = false;
        String otherwise = null;
        List<String> words = List.of();
        boolean isOrdered = false;
        String by = null;
        List<String> parts = BAR.splitAsStream(line).toList();
        for (String part : parts.subList(1, parts.size())) {
            String value = part.substring(part.indexOf(": ") + 2);
            switch (part.substring(0, part.indexOf(": "))) {
                case "looser" -> looser = Looser.valueOf(value.toUpperCase(Locale.ROOT));
                case "unit" -> isBytes = value.equals("bytes");
                case "default" -> otherwise = value;
                case "words" -> words = COMMA.splitAsStream(value).toList();
                case "order" -> isOrdered = true;
                case "by" -> by = value;
                default -> throw new IllegalArgumentException(line);
            }
        }
        return new KeyText(parts.get(0), looser, isBytes, otherwise, words, isOrdered, by);
    }
}
