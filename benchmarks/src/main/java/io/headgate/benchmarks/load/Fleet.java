package io.headgate.benchmarks.load;

import io.headgate.benchmarks.compare.MeasuredProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A gateway and the demo servers behind it, each in a process of its own, of the classes that this run has. */
final class Fleet implements AutoCloseable {
    /** What a gateway has whose file names no filters. */
    static final String DEFAULT_CHAIN = "";

    private static final long PATIENCE_SECONDS = 30;
    private static final String SERVER_HEAP = "-Xmx1g";

    private final Path directory = Files.createTempDirectory("headgate-load");
    private final Map<String, MeasuredProcess> servers = new LinkedHashMap<>();
    private final Map<String, Relay> relays = new LinkedHashMap<>();
    private final Map<String, Integer> strangers = new LinkedHashMap<>();
    private final Map<String, String> members = new LinkedHashMap<>();
    private final List<String> lines = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final JsonMapper mapper = new JsonMapper();
    private @Nullable MeasuredProcess gateway;
    private int admin;
    private String heap = SERVER_HEAP;

    Fleet() throws IOException {}

    /**
     * Starts a demo server with so many workers; one of the same name makes place for it, at the same port.
     *
     * @param options more of what the command takes
     */
    void server(String name, int workers, String... options) throws IOException {
        MeasuredProcess former = servers.get(name);
        int port = former == null ? MeasuredProcess.freePort() : former.port();
        if (former != null) {
            former.close();
        }
        List<String> command =
                new ArrayList<>(List.of("demo-server", "--listen", "127.0.0.1:" + port, "--workers", "" + workers));
        command.addAll(List.of(options));
        servers.put(name, start(name, port, SERVER_HEAP, command));
    }

    /** Puts a relay before a server, for the gateway that starts next. */
    Relay relay(String name) throws IOException {
        MeasuredProcess server = servers.get(name);
        if (server == null) {
            throw new IllegalArgumentException("no server " + name);
        }
        Relay relay = new Relay(server.port());
        relays.put(name, relay);
        return relay;
    }

    /** One more server, which others have started, for the gateway that starts next. */
    void stranger(String name, int port) {
        strangers.put(name, port);
    }

    /** More that the file says of a server, in braces' style: {@code limits: {tools: 1}}. */
    void member(String server, String yaml) {
        members.put(server, yaml);
    }

    /** More that the file says. */
    void line(String yaml) {
        lines.add(yaml);
    }

    /** What the gateway that starts next may take, as the JVM's option says it. */
    void heap(String option) {
        heap = option;
    }

    /** Where files of this run may lie. */
    Path directory() {
        return directory;
    }

    /** Starts the gateway before the servers with these filters and waits until it knows them. */
    void gateway(String filters) throws IOException, InterruptedException {
        int port = MeasuredProcess.freePort();
        admin = MeasuredProcess.freePort();
        StringBuilder yaml = new StringBuilder();
        yaml.append("listen: 127.0.0.1:")
                .append(port)
                .append("\nadmin: 127.0.0.1:")
                .append(admin);
        yaml.append("\nmcpServers:\n");
        servers.forEach((name, server) -> {
            Relay relay = relays.get(name);
            entry(yaml, name, relay == null ? server.port() : relay.port());
        });
        strangers.forEach((name, stranger) -> entry(yaml, name, stranger));
        lines.forEach(line -> yaml.append(line).append('\n'));
        if (!filters.isEmpty()) {
            yaml.append("filters:\n").append(filters.indent(2));
        }
        Path config = directory.resolve("headgate.yaml");
        Files.writeString(config, yaml);
        if (gateway != null) {
            gateway.close();
        }
        gateway = start("headgate", port, heap, List.of("run", "-c", config.toString()));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!isReady()) {
            pause("get ready", end);
        }
    }

    private void entry(StringBuilder yaml, String name, int port) {
        yaml.append("  ")
                .append(name)
                .append(": {url: \"http://127.0.0.1:")
                .append(port)
                .append("/mcp\"");
        String more = members.get(name);
        if (more != null) {
            yaml.append(", ").append(more);
        }
        yaml.append("}\n");
    }

    /** Waits until a meter of the gateway has a value. */
    void await(String meter, double value) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (counter(meter) != value) {
            pause("come to " + meter + " " + value, end);
        }
    }

    private void pause(String what, long end) throws IOException, InterruptedException {
        if (System.nanoTime() > end) {
            throw new IOException("the gateway does not " + what + ": " + directory);
        }
        TimeUnit.MILLISECONDS.sleep(50);
    }

    boolean isReady() throws InterruptedException {
        try {
            return admin("/readyz").statusCode() == 200;
        } catch (IOException notYet) {
            // The admin port opens after the door.
            return false;
        }
    }

    private MeasuredProcess start(String name, int port, String heap, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                MeasuredProcess.java(),
                heap,
                "-cp",
                System.getProperty("java.class.path"),
                "io.headgate.gateway.Main"));
        command.addAll(arguments);
        return MeasuredProcess.start(command, port, directory.resolve(name + ".log"));
    }

    int port() {
        return running().port();
    }

    /** Where a server is reached without the gateway. */
    int serverPort(String name) {
        return Objects.requireNonNull(servers.get(name), name).port();
    }

    /** User and system time of the gateway so far. */
    double gatewayCpuSeconds() {
        return running().cpuSeconds();
    }

    boolean isGatewayAlive() {
        return running().isAlive();
    }

    /** What the gateway has written to its log so far. */
    Path log() {
        return directory.resolve("headgate.log");
    }

    /** What is left in the heap of the gateway after a collection. */
    long liveBytes() throws IOException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(running().pid()),
                        "GC.class_histogram")
                .start();
        String text = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String total = text.lines()
                .filter(line -> line.startsWith("Total"))
                .findFirst()
                .orElseThrow(() -> new IOException("no histogram of the gateway: " + text));
        return Long.parseLong(total.trim().split("\\s+", -1)[2]);
    }

    /** Ends the gateway as an operator would, so that its files are whole. */
    void stopGateway() {
        running().close();
        gateway = null;
    }

    private MeasuredProcess running() {
        MeasuredProcess running = gateway;
        if (running == null) {
            throw new IllegalStateException("no gateway");
        }
        return running;
    }

    /** What {@code /state} says of a filter's one server and cost class. */
    JsonNode limiter(String server, String costClass) throws IOException, InterruptedException {
        JsonNode state = mapper.readTree(admin("/state").body());
        for (JsonNode filter : state.path("filters")) {
            if (filter.path("name").asString("").equals("concurrency")) {
                return filter.path("state").path("servers").path(server).path(costClass);
            }
        }
        return state.path("none");
    }

    /** The sum of a counter over its tags. */
    double counter(String name) throws IOException, InterruptedException {
        return sum(admin("/metrics").body(), name);
    }

    /** The same of several at one moment. */
    List<Double> counters(String... names) throws IOException, InterruptedException {
        String metrics = admin("/metrics").body();
        return Stream.of(names).map(name -> sum(metrics, name)).toList();
    }

    private static double sum(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private HttpResponse<String> admin(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        if (gateway != null) {
            gateway.close();
        }
        relays.values().forEach(Relay::close);
        servers.values().forEach(MeasuredProcess::close);
    }
}
