package io.headgate.gateway.config.schema;

import io.headgate.filter.NamePattern;
import io.headgate.filter.Secret;
import io.headgate.filter.ratelimit.AddressRange;
import io.headgate.filter.ratelimit.Rate;
import io.headgate.gateway.config.Address;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How one scalar is written. */
// The samples are values of types that do not change.
@SuppressWarnings("ImmutableEnumChecker")
enum Form {
    TEXT("text", null, "text", String.class),
    SECRET("secret", null, new Secret("secret"), Secret.class),
    PATH("path", null, Path.of("path"), Path.class),
    BOOLEAN("`true` or `false`", null, false, boolean.class, Boolean.class),
    WHOLE("number", "-?\\d{1,10}", 1, int.class, Integer.class, long.class, Long.class),
    SIZE("size", "\\d{1,10}(B|KiB|MiB|GiB)?", 1),
    NUMBER("number", null, 1.0, double.class, Double.class),
    DURATION(
            "duration",
            "(?=\\d)(\\d{1,9}h)?(\\d{1,9}m)?(\\d{1,9}s)?(\\d{1,9}ms)?",
            Duration.ofSeconds(1),
            Duration.class),
    RATE("rate", "\\d{1,10}/[smh]", Rate.of("1/s"), Rate.class),
    ADDRESS("address", "(\\[[0-9A-Fa-f:.]+\\]|[^:/\\s]*):\\d{1,5}", new Address("", 0), Address.class),
    URL("URL", null, URI.create("http://host/"), URI.class),
    PATTERN("pattern", "(?=.*\\S).{1,256}", NamePattern.of("*"), NamePattern.class),
    RANGE("address or range", "[0-9A-Fa-f:.]+(/\\d{1,3})?", AddressRange.of("::/0"), AddressRange.class);

    private final String words;
    private final @Nullable String pattern;
    private final Object sample;
    private final List<Class<?>> types;

    Form(String words, @Nullable String pattern, Object sample, Class<?>... types) {
        this.words = words;
        this.pattern = pattern;
        this.sample = sample;
        this.types = List.of(types);
    }

    /** The form of a type; null if no scalar holds it. */
    static @Nullable Form of(Class<?> type) {
        return Arrays.stream(values())
                .filter(form -> form.types.contains(type))
                .findFirst()
                .orElse(null);
    }

    /** For people. */
    String words() {
        return words;
    }

    /** What the whole text fits; null for any text. */
    @Nullable
    String pattern() {
        return pattern;
    }

    /** Some value of the type, to make a record of that is asked for its defaults. */
    Object sample() {
        return sample;
    }
}
