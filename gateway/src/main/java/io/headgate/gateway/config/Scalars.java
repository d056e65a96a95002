package io.headgate.gateway.config;

import io.headgate.filter.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The types that one scalar can hold: how each is read, and what to say when it cannot be. */
final class Scalars {
    private static final Pattern DURATION =
            Pattern.compile("(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?(?:(\\d{1,9})ms)?");
    private static final Pattern WHOLE_NUMBER = Pattern.compile("(-?\\d{1,10})(B|KiB|MiB|GiB)?");

    /** One type; the parser throws any runtime exception at what it cannot read. */
    record Scalar(String expected, Function<String, Object> parser) {}

    private Scalars() {}

    /** How a type is read, or null if no scalar holds it. */
    static @Nullable Scalar of(Class<?> type) {
        return type == Path.class ? path(Path.of("")) : ALL.get(type);
    }

    /** How a path is read that starts at a directory. */
    static Scalar path(Path directory) {
        return new Scalar("a path", text -> directory.resolve(text).normalize());
    }

    /** Never shown, because there may be credentials in it. */
    static final Scalar URL = new Scalar("a URL", URI::create);

    private static final String WHOLE = "a whole number, or a size such as 64KiB";
    private static final Scalar WHOLE_INT = new Scalar(WHOLE, text -> Math.toIntExact(whole(text)));
    private static final Scalar WHOLE_LONG = new Scalar(WHOLE, Scalars::whole);
    private static final Map<Class<?>, Scalar> ALL = Map.ofEntries(
            Map.entry(String.class, new Scalar("a text", text -> text)),
            Map.entry(Secret.class, new Scalar("a secret, best as ${NAME} or ${file:PATH}", Secret::new)),
            Map.entry(boolean.class, new Scalar("true or false", Scalars::bool)),
            Map.entry(Boolean.class, new Scalar("true or false", Scalars::bool)),
            Map.entry(int.class, WHOLE_INT),
            Map.entry(Integer.class, WHOLE_INT),
            Map.entry(long.class, WHOLE_LONG),
            Map.entry(Long.class, WHOLE_LONG),
            Map.entry(double.class, new Scalar("a number", Scalars::number)),
            Map.entry(Double.class, new Scalar("a number", Scalars::number)),
            Map.entry(Duration.class, new Scalar("a duration such as 250ms, 30s or 1m30s", Scalars::duration)),
            Map.entry(Address.class, new Scalar("HOST:PORT, [::1]:PORT or :PORT", Address::parse)),
            Map.entry(URI.class, URL));

    private static Object bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static Object number(String text) {
        double number = Double.parseDouble(text);
        require(Double.isFinite(number));
        return number;
    }

    private static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        require(!text.isEmpty() && matcher.matches());
        return Duration.ofHours(part(matcher, 1))
                .plusMinutes(part(matcher, 2))
                .plusSeconds(part(matcher, 3))
                .plusMillis(part(matcher, 4));
    }

    /** Sizes and counts alike, because both are numbers to whoever checks them. */
    private static long whole(String text) {
        Matcher matcher = WHOLE_NUMBER.matcher(text);
        require(matcher.matches());
        String unit = matcher.group(2);
        return part(matcher, 1) << (unit == null ? 0 : "BKMG".indexOf(unit.charAt(0)) * 10);
    }

    private static long part(Matcher matcher, int group) {
        String digits = matcher.group(group);
        return digits == null ? 0 : Long.parseLong(digits);
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException();
        }
    }
}
