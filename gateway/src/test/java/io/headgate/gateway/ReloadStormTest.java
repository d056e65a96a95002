package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.demo.Era;
import io.headgate.gateway.testkit.GatewayMetrics;
import io.headgate.testkit.Await;
import io.headgate.testkit.EventStream;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.SessionClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A file that is edited ten times a second, a third of the times badly, while clients of both eras call. */
class ReloadStormTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final int CHANGES = 100;
    private static final int CALLS_A_SECOND = 500;
    private static final int SESSIONS = 8;
    private static final int CALLERS = 32;

    @TempDir
    private Path directory;

    private final List<DemoServer> servers = Stream.of(Era.MODERN, Era.LEGACY, Era.MODERN, Era.MODERN)
            .map(era -> DemoServer.start(DemoServerOptions.builder().era(era).build()))
            .toList();
    private final Set<String> failures = ConcurrentHashMap.newKeySet();
    private Path file;
    private Gateway gateway;

    @BeforeEach
    void start() throws IOException {
        file = directory.resolve("headgate.yaml");
        write(good(0));
        gateway = Gateway.start(file);
        Await.until(
                "all servers are listed",
                () -> new ModernClient(gateway.address())
                        .ask("tools/list")
                        .last()
                        .toString()
                        .contains("s1__echo"));
    }

    @AfterEach
    void stop() {
        gateway.stop();
        servers.forEach(DemoServer::close);
    }

    @Test
    @Tag("slow")
    void noCallFailsAndNothingIsLost(TestReporter reporter) throws Exception {
        List<SessionClient> sessions = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            sessions.add(SessionClient.of(gateway.address(), "{}"));
        }
        List<EventStream> standing =
                sessions.stream().map(session -> session.standing().opened()).toList();
        ModernClient client = new ModernClient(gateway.address());
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        // As many connections as there will be at most.
        List<CompletableFuture<Void>> warm = new ArrayList<>();
        for (int i = 0; i < 20 * CALLERS; i++) {
            int n = i;
            warm.add(CompletableFuture.runAsync(() -> echo(n, client, sessions), callers));
        }
        CompletableFuture.allOf(warm.toArray(CompletableFuture[]::new)).join();
        String known = useUp(client);
        AtomicInteger number = new AtomicInteger();
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        ScheduledExecutorService pace = Executors.newSingleThreadScheduledExecutor();
        var unused = pace.scheduleAtFixedRate(
                () -> {
                    int n = number.incrementAndGet();
                    calls.add(CompletableFuture.runAsync(() -> echo(n, client, sessions), callers));
                },
                0,
                1_000_000 / CALLS_A_SECOND,
                TimeUnit.MICROSECONDS);
        long began = System.nanoTime();
        int refused = 0;
        for (int i = 1; i <= CHANGES; i++) {
            boolean isBad = i % 3 == 0;
            write(isBad ? bad(i) : good(i));
            int status = reload();
            assertThat(status).as("change " + i).isEqualTo(isBad ? 422 : 200);
            refused += isBad ? 1 : 0;
            long next = began + i * TimeUnit.MILLISECONDS.toNanos(100);
            Await.until("its turn", () -> System.nanoTime() >= next);
        }
        long took = System.nanoTime() - began;
        pace.shutdown();
        assertThat(pace.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
        CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).join();
        callers.shutdown();
        assertThat(failures).isEmpty();
        reporter.publishEntry(
                "storm",
                calls.size() + " calls, " + CHANGES + " changes (" + refused + " bad) in "
                        + TimeUnit.NANOSECONDS.toMillis(took) + " ms");
        // All that the last good file says, and nothing of the others.
        write(good(0));
        assertThat(reload()).isEqualTo(200);
        Await.until(
                Await.LIMIT,
                () -> "one generation is left: " + text(),
                () -> state().at("/policy/alive").size() == 1);
        assertThat(refusals(client)).isEqualTo(known);
        for (int i = 0; i < SESSIONS; i++) {
            echo(sessions.get(i), "after" + i);
        }
        echo(client, "after");
        assertThat(failures).isEmpty();
        assertThat(state().at("/sessions").asInt()).isEqualTo(SESSIONS);
        assertThat(servers.get(1).sessions()).isLessThanOrEqualTo(SESSIONS + 1);
        // The streams outlived all of it: they hear of a server that comes now.
        write(good(1));
        assertThat(reload()).isEqualTo(200);
        for (EventStream stream : standing) {
            assertThat(stream.next().at("/method").asString()).endsWith("list_changed");
        }
        write(good(0));
        assertThat(reload()).isEqualTo(200);
        Await.until("one generation is left", () -> state().at("/policy/alive").size() == 1);
        assertThat(new GatewayMetrics(gateway).get("headgate_sse_active")).isEqualTo(SESSIONS);
        Await.until(
                "nothing is left of the others",
                () -> instances("io.headgate.gateway.generation.Generation") == 1
                        && instances("io.headgate.gateway.upstream.era.HttpUpstream") == 3
                        && instances("io.headgate.filter.ratelimit.RateLimitFilter") == 1);
        Await.until(
                "no socket to the server that is gone is open",
                () -> sockets(servers.get(2).port()) == 0);
        for (SessionClient session : sessions) {
            session.end();
        }
    }

    /** Empties a bucket that fills again in an hour, opens a breaker for an hour, and says what calls get then. */
    private String useUp(ModernClient client) throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(client.call("s0__sleep", "{\"ms\":0}").text()).isEqualTo("after 0 ms");
        }
        Await.until("the breaker is open", () -> {
            client.call("s3__fail", "{\"rate\":1,\"status\":500}");
            return client.call("s3__echo", "{\"message\":\"hi\"}").text().isEmpty();
        });
        String known = refusals(client);
        assertThat(known).startsWith("1429 ");
        return known;
    }

    /** Of the bucket and of the breaker, and what the latter knows. */
    private String refusals(ModernClient client) throws Exception {
        JsonNode limited = client.call("s0__sleep", "{\"ms\":0}").last();
        JsonNode broken = client.call("s3__echo", "{\"message\":\"hi\"}").last();
        String breaker = "";
        for (JsonNode filter : state().at("/filters")) {
            if (filter.at("/name").asString().equals("breaker")) {
                JsonNode of = filter.at("/state/servers/s3");
                breaker = of.at("/state").asString() + " " + of.at("/onlyFor");
            }
        }
        return limited.at("/error/code") + " " + broken.at("/error/code") + " " + breaker;
    }

    private void echo(int n, ModernClient client, List<SessionClient> sessions) {
        if (n % 2 == 0) {
            echo(client, "m" + n);
        } else {
            echo(sessions.get(n / 2 % SESSIONS), "l" + n);
        }
    }

    private void echo(ModernClient client, String text) {
        try {
            String said =
                    client.call("s0__echo", "{\"message\":\"" + text + "\"}").text();
            if (!said.equals(text)) {
                failures.add(text + " got " + said);
            }
        } catch (RuntimeException failed) {
            failures.add(text + " failed: " + failed);
        }
    }

    private void echo(SessionClient client, String text) {
        try {
            JsonNode answer = client.call("s1__echo", "{\"message\":\"" + text + "\"}");
            if (!answer.at("/result/content/0/text").asString().equals(text)) {
                failures.add(text + " got " + answer);
            }
        } catch (RuntimeException failed) {
            failures.add(text + " failed: " + failed);
        }
    }

    /** Each number is another file: limits, a server that comes and goes, one whose header changes. */
    private String good(int i) {
        StringBuilder yaml =
                new StringBuilder("listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nshutdown: {grace: 2s}\nmcpServers:\n");
        yaml.append("  s0: {url: \"").append(servers.get(0).url()).append("\"}\n");
        yaml.append("  s1: {url: \"").append(servers.get(1).url()).append("\"}\n");
        yaml.append("  s3: {url: \"").append(servers.get(3).url()).append("\"}\n");
        if (i % 2 == 1) {
            yaml.append("  s2: {url: \"").append(servers.get(2).url());
            yaml.append("\", headers: {X-Number: \"").append(i).append("\"}}\n");
        }
        yaml.append("filters:\n");
        yaml.append("  - rateLimit: {limits: [{name: all, per: all, rate: ")
                .append(100_000 + i)
                .append("/s}, {name: scarce, per: all, rate: 1/h, burst: 3, tools: [s0__sleep]}]}\n");
        yaml.append("  - concurrency: {}\n  - breaker: {minimumCalls: 5, open: 1h}\n  - retry: {}\n");
        yaml.append("  - timeout: ").append(20 + i % 5).append("s\n");
        return yaml.toString();
    }

    private String bad(int i) {
        String whole = good(i);
        return switch (i % 4) {
            case 0 -> whole.substring(0, whole.length() / 2) + "\n\t}";
            case 1 -> whole.replace("timeout", "timeuot");
            case 2 -> whole + "mcpJson: missing.json\n";
            default -> "";
        };
    }

    private void write(String text) throws IOException {
        Path written = Files.writeString(directory.resolve(".headgate.yaml.new"), text);
        Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private int reload() throws IOException, InterruptedException {
        return ask("POST", "/reload").statusCode();
    }

    private String text() {
        try {
            return state().toString();
        } catch (IOException | InterruptedException failed) {
            return failed.toString();
        }
    }

    private JsonNode state() throws IOException, InterruptedException {
        return JSON.readTree(ask("GET", "/state").body());
    }

    private HttpResponse<String> ask(String method, String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + path);
        return HTTP.send(
                HttpRequest.newBuilder(uri)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** How many of a class are left after a full collection. */
    private static long instances(String type) throws Exception {
        String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {new String[0]},
                        new String[] {String[].class.getName()});
        return histogram
                .lines()
                .map(line -> line.strip().split(" +"))
                .filter(columns -> columns.length > 3 && columns[3].equals(type))
                .mapToLong(columns -> Long.parseLong(columns[1]))
                .sum();
    }

    /** Connections of this process to a port, by the kernel's tables. */
    private static long sockets(int port) throws IOException {
        String established = ":%04X 01".formatted(port);
        long count = 0;
        for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
            count += Files.readAllLines(Path.of(table)).stream()
                    .filter(line -> line.contains(established))
                    .count();
        }
        return count;
    }
}
