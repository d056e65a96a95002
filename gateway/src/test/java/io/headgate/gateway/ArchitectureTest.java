package io.headgate.gateway;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.headgate.gateway.generation.Exports;
import io.headgate.gateway.generation.Generations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may use whom: the packages follow the way of a call, and nothing points back. */
class ArchitectureTest {
    private static final String HOUSE = "io.headgate.";
    private static final Pattern IMPORT =
            Pattern.compile("^import (?:static )?(io\\.headgate(?:\\.[a-z]\\w*)+)\\.[A-Z]", Pattern.MULTILINE);
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.headgate");

    /** What each package of the house may use besides itself; a new one must be named here. */
    private static final Map<String, List<String>> MAY_USE = Map.ofEntries(
            Map.entry("mcp", List.of()),
            Map.entry("filter", List.of("mcp")),
            Map.entry("filter.identity", List.of("mcp", "filter")),
            Map.entry("filter.ratelimit", List.of("mcp", "filter")),
            Map.entry("filter.breaker", List.of("mcp", "filter")),
            Map.entry("filter.retry", List.of("mcp", "filter")),
            Map.entry("filter.concurrency", List.of("mcp", "filter")),
            Map.entry("filter.timeout", List.of("mcp", "filter")),
            Map.entry("filter.audit.format", List.of()),
            Map.entry("filter.audit.log", List.of("filter.audit.format")),
            Map.entry("filter.audit.verify", List.of("filter.audit.format")),
            Map.entry("filter.audit", List.of("mcp", "filter", "filter.audit.log")),
            Map.entry("gateway.telemetry", List.of("mcp")),
            Map.entry("gateway.memory", List.of("gateway.telemetry")),
            Map.entry("gateway.wire", List.of()),
            Map.entry("gateway.upstream", List.of("mcp", "filter", "gateway.telemetry", "gateway.memory")),
            Map.entry("gateway.upstream.wire", List.of("mcp", "filter", "gateway.memory", "gateway.upstream")),
            Map.entry(
                    "gateway.upstream.net",
                    List.of(
                            "mcp",
                            "filter",
                            "gateway.telemetry",
                            "gateway.wire",
                            "gateway.upstream",
                            "gateway.upstream.wire")),
            Map.entry(
                    "gateway.upstream.call",
                    List.of(
                            "mcp",
                            "filter",
                            "gateway.memory",
                            "gateway.upstream",
                            "gateway.upstream.wire",
                            "gateway.upstream.net")),
            Map.entry(
                    "gateway.upstream.modern",
                    List.of(
                            "mcp",
                            "filter",
                            "gateway.upstream",
                            "gateway.upstream.wire",
                            "gateway.upstream.net",
                            "gateway.upstream.call")),
            Map.entry(
                    "gateway.upstream.legacy",
                    List.of(
                            "mcp",
                            "filter",
                            "gateway.telemetry",
                            "gateway.memory",
                            "gateway.upstream",
                            "gateway.upstream.wire",
                            "gateway.upstream.net",
                            "gateway.upstream.call")),
            Map.entry(
                    "gateway.upstream.era",
                    List.of(
                            "mcp",
                            "filter",
                            "gateway.memory",
                            "gateway.upstream",
                            "gateway.upstream.net",
                            "gateway.upstream.modern",
                            "gateway.upstream.legacy")),
            Map.entry("gateway.seal", List.of("mcp")),
            Map.entry(
                    "gateway.route.catalog",
                    List.of("mcp", "filter", "gateway.telemetry", "gateway.upstream", "gateway.upstream.wire")),
            Map.entry(
                    "gateway.route",
                    List.of(
                            "mcp",
                            "filter",
                            "gateway.telemetry",
                            "gateway.upstream",
                            "gateway.seal",
                            "gateway.route.catalog")),
            Map.entry(
                    "gateway.policy",
                    List.of(
                            "filter",
                            "filter.identity",
                            "filter.audit",
                            "filter.ratelimit",
                            "filter.concurrency",
                            "filter.breaker",
                            "filter.timeout",
                            "filter.retry")),
            Map.entry(
                    "gateway.session",
                    List.of("mcp", "filter", "gateway.telemetry", "gateway.memory", "gateway.seal", "gateway.route")),
            Map.entry(
                    "gateway.dialect",
                    List.of("mcp", "filter", "gateway.telemetry", "gateway.route.catalog", "gateway.session")),
            Map.entry(
                    "gateway.http",
                    List.of(
                            "mcp",
                            "filter",
                            "gateway.telemetry",
                            "gateway.memory",
                            "gateway.wire",
                            "gateway.session",
                            "gateway.dialect")),
            Map.entry(
                    "gateway.config",
                    List.of(
                            "mcp",
                            "filter",
                            "gateway.memory",
                            "gateway.upstream",
                            "gateway.policy",
                            "gateway.session",
                            "gateway.http")),
            Map.entry(
                    "gateway.config.schema", List.of("filter", "filter.ratelimit", "gateway.policy", "gateway.config")),
            Map.entry(
                    "gateway.config.effective",
                    List.of(
                            "filter",
                            "filter.ratelimit",
                            "gateway.upstream",
                            "gateway.policy",
                            "gateway.config",
                            "gateway.config.schema")),
            Map.entry(
                    "gateway.admin",
                    List.of(
                            "filter",
                            "gateway.telemetry",
                            "gateway.memory",
                            "gateway.upstream",
                            "gateway.route.catalog",
                            "gateway.policy",
                            "gateway.session",
                            "gateway.http",
                            "gateway.config",
                            "gateway.config.effective",
                            "gateway.generation")),
            Map.entry(
                    "gateway.audit",
                    List.of(
                            "filter",
                            "filter.audit",
                            "filter.audit.format",
                            "filter.audit.verify",
                            "gateway.telemetry")),
            Map.entry(
                    "gateway.generation",
                    List.of(
                            "mcp",
                            "filter",
                            "filter.audit",
                            "gateway.telemetry",
                            "gateway.upstream",
                            "gateway.route.catalog",
                            "gateway.policy",
                            "gateway.config",
                            "gateway.audit")),
            Map.entry("gateway.demo", List.of()));

    @Test
    void hasNoCycles() {
        slices().matching("io.headgate.(**)").should().beFreeOfCycles().check(ALL);
    }

    @ParameterizedTest
    @MethodSource("packages")
    void usesOnlyWhatItMay(String name) {
        String[] allowed = Stream.concat(Stream.of(name), MAY_USE.getOrDefault(name, List.of()).stream())
                .map(each -> HOUSE + each)
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(HOUSE + name)
                .should()
                .dependOnClassesThat(resideInAPackage("io.headgate..")
                        .and(DescribedPredicate.not(DescribedPredicate.describe(
                                "are in " + Arrays.toString(allowed),
                                (JavaClass used) -> List.of(allowed).contains(used.getPackageName())))))
                .check(ALL);
    }

    @ParameterizedTest
    @MethodSource("packages")
    void usesAllThatItMay(String name) throws IOException {
        Set<String> used = new HashSet<>(imported(name));
        ALL.stream()
                .filter(each -> each.getPackageName().equals(HOUSE + name))
                .flatMap(each -> each.getDirectDependenciesFromSelf().stream())
                .forEach(each ->
                        used.add(each.getTargetClass().getBaseComponentType().getPackageName()));
        assertThat(MAY_USE.getOrDefault(name, List.of()))
                .as("rights that are not used, to be taken away")
                .filteredOn(right -> !used.contains(HOUSE + right))
                .isEmpty();
    }

    /** The sources, too: a class file does not say where a constant came from. */
    @ParameterizedTest
    @MethodSource("packages")
    void importsOnlyWhatItMay(String name) throws IOException {
        Set<String> allowed = MAY_USE.getOrDefault(name, List.of()).stream()
                .map(each -> HOUSE + each)
                .collect(Collectors.toSet());
        allowed.add(HOUSE + name);
        assertThat(imported(name)).isSubsetOf(allowed);
    }

    /** The packages of the house that the sources of a package import from. */
    private static Set<String> imported(String name) throws IOException {
        Set<String> packages = new TreeSet<>();
        for (Path module : List.of(Path.of("."), Path.of("../filters"))) {
            Path directory = module.resolve("src/main/java").resolve((HOUSE + name).replace('.', '/'));
            if (Files.isDirectory(directory)) {
                try (Stream<Path> files = Files.list(directory)) {
                    for (Path file : files.filter(Files::isRegularFile).toList()) {
                        IMPORT.matcher(Files.readString(file)).results().forEach(found -> packages.add(found.group(1)));
                    }
                }
            }
        }
        return packages;
    }

    static Set<String> packages() {
        return MAY_USE.keySet();
    }

    /** A room of more than thirty files says in its package-info why. */
    @ParameterizedTest
    @MethodSource("packages")
    void saysWhyARoomIsLarge(String name) throws IOException {
        for (Path module : List.of(Path.of("."), Path.of("../filters"))) {
            Path directory = module.resolve("src/main/java").resolve((HOUSE + name).replace('.', '/'));
            if (Files.isDirectory(directory)) {
                try (Stream<Path> files = Files.list(directory)) {
                    if (files.filter(Files::isRegularFile).count() > 31) {
                        assertThat(Files.readString(directory.resolve("package-info.java")))
                                .contains("More than thirty files in one room");
                    }
                }
            }
        }
    }

    @Test
    void knowsEveryPackage() {
        classes()
                .should()
                .resideInAnyPackage(Stream.concat(Stream.of("gateway"), MAY_USE.keySet().stream())
                        .map(each -> HOUSE + each)
                        .toArray(String[]::new))
                .check(ALL);
    }

    @Test
    void keepsChannelsAndHttpOutOfTheFilters() {
        noClasses()
                .that()
                .resideInAnyPackage("io.headgate.mcp..", "io.headgate.filter..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "reactor.netty..", "java.net.http..", "io.headgate.gateway..")
                .check(ALL);
    }

    @Test
    void blocksOnlyWhereTheGatewayStartsAndStops() {
        noClasses()
                .that()
                // Generations are made and closed on a thread of their own, and the exports with them.
                .doNotBelongToAnyOf(
                        Main.class,
                        Gateway.class,
                        ProbeCommand.class,
                        CheckProbe.class,
                        Generations.class,
                        Exports.class)
                .and()
                .resideOutsideOfPackage("io.headgate.gateway.demo")
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "a publisher is waited for",
                        (JavaCall<?> call) ->
                                call.getTargetOwner().getPackageName().startsWith("reactor.core")
                                        && call.getName().startsWith("block")))
                .check(ALL);
    }

    @Test
    void usesOneJackson() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.fasterxml.jackson.databind..", "com.fasterxml.jackson.core..")
                .check(ALL);
    }
}
