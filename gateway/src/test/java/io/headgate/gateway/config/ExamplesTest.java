package io.headgate.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.FilterType;
import io.headgate.gateway.policy.BuiltInFilters;
import io.headgate.testkit.Certificates;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example can be used as it stands. */
class ExamplesTest {
    private static final Path DIRECTORY = Path.of("../deploy/examples");

    /** Read with the example that names it. */
    private static final Path KEYS = Path.of("keys.yaml");

    /** Names a filter that is not in the gateway; OwnFilterTest uses it. */
    private static final Path OWN_FILTER = Path.of("own-filter/headgate.yaml");

    /** A file in parts, of which only one is whole. */
    private static final Path MANY_FILES = Path.of("many-files");

    /** What a file has under other names, or not at all. */
    private static final List<String> NO_KEYS =
            List.of("servers", "filters", "warnings", "files", "filled", "digest", "written");

    @TempDir
    Path pem;

    @ParameterizedTest
    @MethodSource("examples")
    void isAccepted(Path example) throws Exception {
        Path certificate = pem.resolve("certificate.pem").toAbsolutePath();
        Path key = pem.resolve("key.pem").toAbsolutePath();
        Certificates.of("localhost").make().write(certificate, key);
        Map<String, String> environment = Map.of(
                "TLS_CERTIFICATE", certificate.toString(),
                "TLS_KEY", key.toString(),
                "HEADGATE_ADMIN_TOKEN", "0123456789abcdef");
        Config config = ConfigFile.read(example, environment::get);
        assertThat(config.servers()).isNotEmpty();
        assertThat(config.warnings()).isEmpty();
        // What is equal lives on when a file is read again, so what is written the same must be equal.
        assertThat(described(ConfigFile.read(example, environment::get))).isEqualTo(described(config));
    }

    private static List<Object> described(Config config) {
        List<Object> all = new ArrayList<>(List.of(
                config.http(),
                config.servers(),
                config.filters(),
                config.sessions(),
                config.parking(),
                config.seal(),
                config.catalog(),
                config.memory(),
                config.shutdown()));
        all.add(config.tls());
        return all;
    }

    /** Else a file that is read again would always describe something else, and nothing of it would live on. */
    @Test
    void everyValueCanBeCompared() throws Exception {
        Deque<Class<?>> left = new ArrayDeque<>(List.of(Config.class));
        BuiltInFilters.ALL.forEach(filter -> left.add(filter.configType()));
        Set<Class<?>> seen = new HashSet<>();
        while (!left.isEmpty()) {
            Class<?> type = left.remove();
            // There is one of each type of filter, and where a thing is written is no matter.
            if (type.equals(FilterType.class) || type.equals(Written.class) || !seen.add(type)) {
                continue;
            }
            if (type.isRecord()) {
                for (RecordComponent component : type.getRecordComponents()) {
                    left.addAll(classesIn(component.getGenericType()));
                }
            } else if (type.getName().startsWith("io.headgate.") && !type.isEnum()) {
                assertThat(type.getMethod("equals", Object.class).getDeclaringClass())
                        .as(type.getName())
                        .isNotEqualTo(Object.class);
            }
            assertThat(type.isArray()).as(type.getName()).isFalse();
        }
        assertThat(seen.size()).isGreaterThan(30);
    }

    private static List<Class<?>> classesIn(Type type) {
        if (type instanceof Class<?> plain) {
            return List.of(plain);
        }
        List<Class<?>> found = new ArrayList<>();
        if (type instanceof ParameterizedType generic) {
            found.addAll(classesIn(generic.getRawType()));
            for (Type argument : generic.getActualTypeArguments()) {
                found.addAll(classesIn(argument));
            }
        }
        return found;
    }

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.walk(DIRECTORY)) {
            Path measured = Path.of("../benchmarks/full-chain.yaml");
            return Stream.concat(
                            files.filter(file -> file.toString().endsWith(".yaml"))
                                    .filter(file -> !file.toString().contains("/target/"))
                                    .filter(file -> !file.endsWith(KEYS) && !file.endsWith(OWN_FILTER))
                                    .filter(file -> !isPart(file)),
                            Stream.of(measured))
                    .toList();
        }
    }

    private static boolean isPart(Path file) {
        Path inside = DIRECTORY.relativize(file);
        return inside.startsWith(MANY_FILES) && !inside.equals(MANY_FILES.resolve("headgate.yaml"));
    }

    @Test
    void showsEveryKeyInTheFullOne() throws IOException {
        ShownKeys keys = new ShownKeys(DIRECTORY.resolve("full.yaml"));
        for (RecordComponent key : Config.class.getRecordComponents()) {
            if (!NO_KEYS.contains(key.getName())) {
                keys.lookFor(key.getName(), key.getType());
            }
        }
        keys.lookFor(Parts.INCLUDE, List.class);
        keys.lookForEach("mcpServers", ServerEntry.class);
        for (FilterType<?> filter : BuiltInFilters.ALL) {
            keys.lookForFilter(filter.name(), filter.configType());
        }
        assertThat(keys.missing()).isEmpty();
    }
}
