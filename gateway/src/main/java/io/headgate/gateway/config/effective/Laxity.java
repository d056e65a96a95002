package io.headgate.gateway.config.effective;

import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.schema.KeyText;
import io.headgate.gateway.config.schema.Looser;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Decides by what the list of texts says of a key whether a change of it lets more through. */
final class Laxity {
    private static final Pattern PART = Pattern.compile("(\\d+)(GiB|MiB|KiB|B|ms|h|m|s)");
    private static final Pattern RATE = Pattern.compile("(\\d+)/([smh])");
    private static final Map<String, Double> UNITS = Map.of(
            "GiB", 1024.0 * 1024 * 1024,
            "MiB", 1024.0 * 1024,
            "KiB", 1024.0,
            "B", 1.0,
            "h", 3_600.0,
            "m", 60.0,
            "s", 1.0,
            "ms", 0.001);

    private Laxity() {}

    /** Of a key whose value changed, appeared or went away. */
    static boolean ofKey(KeyText text, @Nullable Object before, @Nullable Object after) {
        Object from = open(before);
        Object to = open(after);
        Looser rule = text.looser() == null ? Looser.NONE : text.looser();
        return switch (rule) {
            case HIGHER -> to == null || (from != null && size(to) > size(from));
            case LOWER -> to == null || (from != null && size(to) < size(from));
            case TRUE -> Boolean.TRUE.equals(to);
            case ADDED -> from == null;
            case REMOVED -> to == null;
            case LATER -> isLater(text, from, to);
            case REACH -> isLoopback(from) && !isLoopback(to);
            case MORE, FEWER, SCOPE, NONE -> false;
        };
    }

    /** Of an element that a list has more. */
    static boolean ofNew(KeyText text, boolean wasEmpty) {
        return text.looser() == Looser.MORE || (text.looser() == Looser.SCOPE && wasEmpty);
    }

    /** Of an element that a list has no more. */
    static boolean ofGone(KeyText text, boolean isEmpty) {
        return text.looser() == Looser.FEWER || (text.looser() == Looser.SCOPE && !isEmpty);
    }

    /** Of an entry of a map: what is not there counts like a one. */
    static boolean ofEntry(KeyText text, @Nullable Object before, @Nullable Object after) {
        if (text.looser() == Looser.LOWER) {
            return size(Objects.requireNonNullElse(open(after), 1)) < size(Objects.requireNonNullElse(open(before), 1));
        }
        boolean isNew = before == null && text.looser() == Looser.MORE;
        boolean isGone = after == null && text.looser() == Looser.FEWER;
        return isNew || isGone || (before != null && after != null && isLater(text, before, after));
    }

    private static @Nullable Object open(@Nullable Object value) {
        return value instanceof Hidden hidden ? hidden.value() : value;
    }

    private static boolean isLater(KeyText text, @Nullable Object from, @Nullable Object to) {
        return from != null
                && to != null
                && text.words().indexOf(to.toString()) > text.words().indexOf(from.toString());
    }

    private static boolean isLoopback(@Nullable Object address) {
        return address != null && Address.parse(address.toString()).isLoopback();
    }

    /** A number, a time, a size or a rate as one number. */
    private static double size(Object value) {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        Matcher rate = RATE.matcher(value.toString());
        if (rate.matches()) {
            return Double.parseDouble(rate.group(1)) / UNITS.getOrDefault(rate.group(2), 1.0);
        }
        double sum = 0;
        Matcher part = PART.matcher(value.toString());
        while (part.find()) {
            sum += Double.parseDouble(part.group(1)) * UNITS.getOrDefault(part.group(2), 1.0);
        }
        return sum;
    }
}
