package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.FilterType;
import io.headgate.gateway.policy.BuiltInFilters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages can be found, their links lead somewhere, and nothing that they must describe is left out. */
class PagesTest {
    private static final Path ROOT = Path.of("..");
    private static final Path FRONT = ROOT.resolve("README.md");
    private static final Path HOUSE = ROOT.resolve("gateway/README.md");
    private static final Path CODE = Path.of("src/main/java/io/headgate/gateway");
    private static final Path EXAMPLES = ROOT.resolve("deploy/examples");
    private static final List<String> FOLDERS = List.of("deploy", "gateway", "filters", "benchmarks");
    private static final int MOST_WORDS = 900;
    private static final Pattern RULER = Pattern.compile("\\|(?:-+\\|)+");
    private static final Pattern CELL_END = Pattern.compile("(?<!\\\\)\\|");
    private static final Pattern RIDDLE =
            Pattern.compile("(?i)\\b(?:nobody|whoever|somebody|anybody|everybody|someone)\\b");

    static List<Page> pages() throws IOException {
        List<Page> pages = new ArrayList<>(List.of(Page.read(FRONT)));
        for (String folder : FOLDERS) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(folder), 2)) {
                files.filter(file -> file.toString().endsWith(".md"))
                        .filter(file -> !file.toString().contains("/target/"))
                        .sorted()
                        .map(Page::read)
                        .forEach(pages::add);
            }
        }
        return pages;
    }

    @ParameterizedTest
    @MethodSource("pages")
    void linksOnlyToWhatIsThere(Page page) {
        List<String> dead = new ArrayList<>();
        for (Page.Link link : page.links()) {
            boolean isThere = Files.exists(link.file())
                    && (link.anchor().isEmpty()
                            || Page.read(link.file()).anchors().contains(link.anchor()));
            if (!isThere) {
                dead.add(link.written());
            }
        }
        assertThat(dead).isEmpty();
    }

    @Test
    void leadsFromTheFrontToEveryPage() throws IOException {
        Set<Path> found = new HashSet<>();
        Deque<Path> open = new ArrayDeque<>(List.of(FRONT.normalize()));
        while (!open.isEmpty()) {
            Path next = open.pop();
            if (found.add(next) && next.toString().endsWith(".md")) {
                Page.read(next).links().forEach(link -> open.push(link.file()));
            }
        }
        assertThat(found)
                .extracting(Path::toString)
                .containsAll(pages().stream().map(Page::toString).toList());
    }

    @ParameterizedTest
    @MethodSource("pages")
    void hasWholeTables(Page page) {
        List<String> lines = page.prose();
        for (int i = 0; i < lines.size(); i++) {
            if (!isRow(lines, i)) {
                continue;
            }
            int start = i;
            while (isRow(lines, i)) {
                assertThat(cells(lines.get(i))).as(lines.get(i)).isEqualTo(cells(lines.get(start)));
                i++;
            }
            assertThat(start == 0 || lines.get(start - 1).isEmpty())
                    .as(lines.get(start))
                    .isTrue();
            assertThat(i - start).as("rows of the table: %s", lines.get(start)).isGreaterThan(2);
            assertThat(lines.get(start + 1)).as("below %s", lines.get(start)).matches(RULER);
        }
    }

    private static boolean isRow(List<String> lines, int index) {
        return index < lines.size() && lines.get(index).startsWith("|");
    }

    private static long cells(String row) {
        return CELL_END.matcher(row).results().count();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void namesTheActor(Page page) {
        assertThat(page.prose()).noneMatch(line -> RIDDLE.matcher(line).find());
    }

    @Test
    void hasAShortFront() {
        assertThat(Page.read(FRONT).words()).isLessThanOrEqualTo(MOST_WORDS);
    }

    @Test
    void keepsTheTestCommandAtTheFront() {
        assertThat(Page.read(FRONT).blocks()).contains(new Page.Block("sh", "mvn -B verify\n"));
    }

    static Stream<String> filters() {
        return BuiltInFilters.ALL.stream().map(FilterType::name);
    }

    @ParameterizedTest
    @MethodSource("filters")
    void hasAPageForEachFilter(String filter) {
        Path file = ROOT.resolve("filters/" + filter + ".md").normalize();
        assertThat(file).exists();
        Page page = Page.read(file);
        assertThat(page.title()).isEqualTo("# `" + filter + "`");
        assertThat(page.blocks())
                .as("a block that shows it in a file")
                .anyMatch(
                        block -> block.language().equals("yaml") && block.code().contains("  - " + filter + ":"));
        assertThat(Page.read(ROOT.resolve("filters/README.md")).links())
                .extracting(Page.Link::file)
                .contains(file);
    }

    @Test
    void linksToEveryExample() throws IOException {
        Set<Path> linked = new HashSet<>();
        for (Page page : pages()) {
            page.links().forEach(link -> linked.add(link.file()));
        }
        try (Stream<Path> files = Files.walk(EXAMPLES)) {
            // The sources of a project are shown on its page.
            List<Path> examples = files.filter(Files::isRegularFile)
                    .map(Path::normalize)
                    .filter(file -> !file.toString().matches(".*/(?:src|target)/.*"))
                    .toList();
            assertThat(examples).isNotEmpty();
            assertThat(linked).containsAll(examples);
        }
    }

    @Test
    void listsThePackages() throws IOException {
        List<String> listed = firstCells("## Packages", "`([a-z.]+)`");
        try (Stream<Path> files = Files.walk(CODE)) {
            assertThat(files.filter(file -> file.endsWith("package-info.java"))
                            .map(file ->
                                    CODE.relativize(file.getParent()).toString().replace('/', '.'))
                            .filter(name -> !name.isEmpty()))
                    .containsExactlyInAnyOrderElementsOf(listed);
        }
    }

    @Test
    void namesThePlacesThatHoldBytes() {
        assertThat(firstCells("## What the gateway holds", "`([a-z.]+\\.[A-Z]\\w+)`"))
                .hasSizeGreaterThan(10)
                .allSatisfy(name -> assertThat(CODE.resolve(name.replace('.', '/') + ".java"))
                        .exists());
    }

    /** What is found in the first cells of the table in a section of the page about the house. */
    private static List<String> firstCells(String section, String pattern) {
        Pattern name = Pattern.compile(pattern);
        return Page.read(HOUSE).prose().stream()
                .dropWhile(line -> !line.equals(section))
                .skip(1)
                .takeWhile(line -> !line.startsWith("## "))
                .filter(line -> line.startsWith("|"))
                .flatMap(line ->
                        name.matcher(line.substring(0, line.indexOf('|', 1))).results())
                .map(found -> found.group(1))
                .toList();
    }
}
