package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A filter that is written as its page says works in the gateway: what the page shows is compiled and called. */
@Timeout(60)
class OwnFilterTest {
    private static final Path PROJECT = Path.of("../deploy/examples/own-filter");
    private static final Path FILTERS = Path.of("src/main/java/io/headgate/gateway/policy/BuiltInFilters.java");
    private static final Path ARCHITECTURE = Path.of("src/test/java/io/headgate/gateway/ArchitectureTest.java");
    private static final Page PAGE = Page.read(Path.of("../filters/README.md"));
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final JsonMapper MAPPER = new JsonMapper();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Test
    void isShownWhole() throws IOException {
        assertThat(PAGE.blocks())
                .extracting(Page.Block::code)
                .containsAll(contents(sources("src")))
                .contains(Files.readString(PROJECT.resolve("headgate.yaml")));
    }

    @Test
    void hasNothingBesidesOnThePage() throws IOException {
        List<String> files = contents(sources("src"));
        assertThat(PAGE.blocks().stream()
                        .filter(block -> block.language().equals("java"))
                        .map(Page.Block::code)
                        .filter(code -> !files.contains(code)))
                .as("the lines for BuiltInFilters and for ArchitectureTest")
                .hasSize(2);
    }

    @Test
    void namesWhatTheArchitectureMustAllow() throws IOException {
        List<String> written = stripped(Files.readString(ARCHITECTURE));
        assertThat(stripped(lines("Map.entry(")))
                .hasSize(2)
                .allSatisfy(line -> assertThat(written).contains(line.replace("inflight", "timeout")));
    }

    @Test
    void takesPartInCalls(@TempDir Path classes) throws Exception {
        compile(classes);
        DemoServer server = DemoServer.start(DemoServerOptions.builder().build());
        Process gateway = start(classes, file(classes, server.url()));
        try (BufferedReader out = gateway.inputReader(StandardCharsets.UTF_8)) {
            String started = out.readLine() + "\n" + Files.readString(classes.resolve("err"));
            String door = found("http://\\S+(?=, admin)", started);
            String admin = found("(?<=admin )http://\\S+", started);
            CompletableFuture<HttpResponse<String>> first = call(door, "demo__sleep", "{\"ms\":60000}");
            waitFor(admin, 1);
            HttpResponse<String> second =
                    call(door, "demo__echo", "{\"message\":\"hi\"}").join();
            assertThat(second.statusCode()).isEqualTo(503);
            assertThat(MAPPER.readTree(second.body()).path("error").path("code").asInt())
                    .isEqualTo(1503);
            assertThat(first.cancel(true)).isTrue();
            waitFor(admin, 0);
            assertThat(call(door, "demo__echo", "{\"message\":\"hi\"}").join().statusCode())
                    .isEqualTo(200);
            assertThat(get(admin + "metrics")).contains("headgate_inflight_refused_total 1.0");
        } finally {
            gateway.destroyForcibly();
            assertThat(gateway.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            server.stop();
        }
    }

    /** The sources, and the table of filters with the lines that the page adds to it. */
    private static void compile(Path classes) throws IOException {
        String table = Files.readString(FILTERS);
        for (String line : lines("InFlightFilter.TYPE").lines().toList()) {
            String before = line.startsWith("import ") ? "import " : "            TimeoutFilter.TYPE";
            table = table.replaceFirst("(?m)^" + Pattern.quote(before), line + "\n" + before);
        }
        Path changed = Files.createDirectories(classes.resolve("changed")).resolve("BuiltInFilters.java");
        Files.writeString(changed, table);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            List<String> options =
                    List.of("-d", classes.toString(), "-cp", classPath(), "--release", "17", "-proc:none");
            List<Path> all = Stream.concat(sources("src/main").stream(), Stream.of(changed))
                    .toList();
            assertThat(compiler.getTask(said, files, null, options, null, files.getJavaFileObjectsFromPaths(all))
                            .call())
                    .as(said.toString())
                    .isTrue();
        }
    }

    private static String classPath() {
        return System.getProperty("java.class.path");
    }

    /** The lines that the page adds to a file of the repository: the block of lines that has this in it. */
    private static String lines(String mark) {
        return PAGE.blocks().stream()
                .map(Page.Block::code)
                .filter(code -> code.contains(mark) && !code.startsWith("package "))
                .reduce((one, another) -> one + another)
                .orElseThrow(() -> new AssertionError("no block with " + mark));
    }

    private static List<Path> sources(String under) throws IOException {
        try (Stream<Path> files = Files.walk(PROJECT.resolve(under))) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<String> contents(List<Path> files) throws IOException {
        List<String> contents = new ArrayList<>();
        for (Path file : files) {
            contents.add(Files.readString(file));
        }
        return contents;
    }

    private static List<String> stripped(String text) {
        return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }

    /** The example's file with free ports and a server that is there. */
    private static Path file(Path directory, String server) throws IOException {
        String text = Files.readString(PROJECT.resolve("headgate.yaml"))
                .replace("127.0.0.1:8080", "127.0.0.1:0")
                .replace("127.0.0.1:9090", "127.0.0.1:0")
                .replace("http://127.0.0.1:9001/mcp", server);
        return Files.writeString(directory.resolve("headgate.yaml"), text);
    }

    private static Process start(Path classes, Path file) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classes + File.pathSeparator + classPath(),
                        "io.headgate.gateway.Main",
                        "run",
                        "-c",
                        file.toString())
                .redirectError(classes.resolve("err").toFile())
                .start();
    }

    private static String found(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + pattern + " in " + text));
    }

    private CompletableFuture<HttpResponse<String>> call(String door, String tool, String arguments) {
        String body = """
                {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"%s","arguments":%s,\
                "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
                "io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},\
                "io.modelcontextprotocol/clientCapabilities":{}}}}""".formatted(tool, arguments);
        return http.sendAsync(
                HttpRequest.newBuilder(URI.create(door))
                        .timeout(PATIENCE)
                        .header("Content-Type", "application/json")
                        .header("Accept", "application/json, text/event-stream")
                        .header("MCP-Protocol-Version", "2026-07-28")
                        .header("Mcp-Method", "tools/call")
                        .header("Mcp-Name", tool)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private String get(String url) {
        return http.sendAsync(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
                .join()
                .body();
    }

    /** Waits until the filter says that so many calls run. */
    private void waitFor(String admin, int running) {
        assertThat(Flux.interval(Duration.ZERO, Duration.ofMillis(20), Schedulers.boundedElastic())
                        .onBackpressureDrop()
                        .map(tick -> state(admin).path("running").asInt(-1))
                        .filter(now -> now == running)
                        .blockFirst(PATIENCE))
                .isEqualTo(running);
    }

    private JsonNode state(String admin) {
        return MAPPER.readTree(get(admin + "state")).path("filters").path(0).path("state");
    }
}
