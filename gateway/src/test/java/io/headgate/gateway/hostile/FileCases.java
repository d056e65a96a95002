package io.headgate.gateway.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headgate.gateway.CommandInProcess;
import io.headgate.gateway.Gateway;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.testkit.Await;
import io.headgate.testkit.ModernClient;
import io.headgate.testkit.SessionClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Cases about the policy file: a gateway that is to start with it says why not, and one that serves goes on as it was. Each file is
 * also a change of a gateway that serves, whatever phase its case is about, and clients of both eras notice nothing.
 */
final class FileCases implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String HI = "{\"message\":\"hi\"}";
    private static final String SECRET = "hunter2";
    /** {@code FILE:LINE:COLUMN key: reason}, or without a place where the whole file is meant. */
    private static final Pattern LINE = Pattern.compile("\\S+\\.yaml(?::\\d+(?::\\d+)?)?:? \\S.*");

    private @Nullable Serving serving;

    /** Everything that is wrong. */
    List<String> problems(HostileCase hostile) throws IOException, InterruptedException {
        Serving current = serving;
        if (current == null) {
            current = new Serving();
            serving = current;
        }
        return current.problems(hostile);
    }

    @Override
    public void close() {
        if (serving != null) {
            serving.close();
        }
    }

    /** A gateway that follows a file, and clients of both eras. */
    private static final class Serving implements AutoCloseable {
        private final DemoServer server =
                DemoServer.start(DemoServerOptions.builder().build());
        private final Path directory = Files.createTempDirectory("files");
        private final Path file = directory.resolve("headgate.yaml");
        private final CaseFiles files = CaseFiles.load(good("filters: [audit: {}]\n"), good(""));
        private final Gateway gateway;
        private final ModernClient client;
        private final SessionClient session;
        private final AuditRecords records = new AuditRecords(directory.resolve("data/audit"));

        Serving() throws IOException {
            restore();
            gateway = Gateway.start(file);
            Await.until("the gateway is ready", gateway::isReady);
            client = new ModernClient(gateway.address());
            session = SessionClient.of(gateway.address(), "{}");
        }

        private String good(String filters) {
            return "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\ndata: " + directory.resolve("data") + "\n" + filters
                    + "mcpServers:\n  one: {url: \"" + server.url() + "\"}\n";
        }

        List<String> problems(HostileCase hostile) throws IOException, InterruptedException {
            List<String> problems = new ArrayList<>();
            CaseFiles.Files sent = files.of(hostile);
            for (int turn = 0; turn < sent.times(); turn++) {
                CaseFiles.Written written = sent.all().get(turn % sent.all().size());
                if (hostile.send().text("phase").equals("start") && written.isFile()) {
                    starts(hostile, written, problems);
                }
                changes(hostile, sent.accepted(), written, problems);
            }
            restore();
            if (reload().statusCode() != 200) {
                problems.add("the good file is refused afterwards");
            }
            calls(problems);
            return problems;
        }

        private void starts(HostileCase hostile, CaseFiles.Written written, List<String> problems) throws IOException {
            Path bad = Files.write(directory.resolve("bad.yaml"), written.bytes());
            CommandInProcess.Outcome outcome = CommandInProcess.run("run", "-c", bad.toString());
            int expected = hostile.written().number("exit_code", -1);
            if (outcome.status() != expected) {
                problems.add("exit status was " + outcome.status() + " (expected: " + expected + ")");
            }
            List<String> lines = outcome.err().lines().toList();
            if (lines.isEmpty()) {
                problems.add("nothing is said of the file");
            }
            lines.stream()
                    .filter(line -> !LINE.matcher(line).matches())
                    .forEach(line -> problems.add("a line names no file, place and reason: " + line));
            hides(outcome.err(), problems);
        }

        private void changes(HostileCase hostile, boolean isAccepted, CaseFiles.Written written, List<String> problems)
                throws IOException, InterruptedException {
            String result = isAccepted ? "applied" : "rejected";
            double before = reloads(result);
            int recordsBefore = records(isAccepted);
            put(written);
            HttpResponse<String> answer = reload();
            int expected = isAccepted ? 200 : 422;
            if (answer.statusCode() != expected) {
                problems.add("the change was answered with " + answer.statusCode() + " (expected: " + expected + "): "
                        + answer.body());
            }
            hides(answer.body(), problems);
            if (reloads(result) <= before) {
                problems.add("headgate_config_reload_total{result=" + result + "} did not grow");
            }
            if (hostile.expect().audit().startsWith("sys_config_")) {
                Await.until(hostile.id() + " is in the audit log", () -> records(isAccepted) > recordsBefore);
            }
            calls(problems);
        }

        private int records(boolean isAccepted) {
            String type = isAccepted ? "\"sys_config_applied\"" : "\"sys_config_refused\"";
            return (int)
                    records.all().stream().filter(line -> line.contains(type)).count();
        }

        private static void hides(String said, List<String> problems) {
            if (said.contains(SECRET)) {
                problems.add("a secret is said: " + said);
            }
        }

        private void put(CaseFiles.Written written) throws IOException {
            if (written.isFile()) {
                write(written.bytes());
                return;
            }
            Files.deleteIfExists(file);
            switch (written.name()) {
                case "deleted" -> {}
                case "a directory" -> Files.createDirectory(file);
                case "a dangling link" -> Files.createSymbolicLink(file, directory.resolve("nowhere.yaml"));
                default -> throw new Unbuildable("file that is " + written.name());
            }
        }

        private void restore() throws IOException {
            Files.deleteIfExists(file);
            write(good("filters: [audit: {}]\n").getBytes(UTF_8));
        }

        private void write(byte[] bytes) throws IOException {
            if (Files.isDirectory(file)) {
                Files.delete(file);
            }
            Path whole = Files.write(directory.resolve(".new"), bytes);
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
        }

        private HttpResponse<String> reload() throws IOException, InterruptedException {
            URI uri = URI.create("http://127.0.0.1:" + gateway.adminAddress().getPort() + "/reload");
            return HTTP.send(
                    HttpRequest.newBuilder(uri)
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }

        private double reloads(String result) throws IOException, InterruptedException {
            return Metrics.scrape(gateway.adminAddress()).samples().stream()
                    .filter(sample -> sample.name().equals("headgate_config_reload_total")
                            && result.equals(sample.labels().get("result")))
                    .mapToDouble(Metrics.Sample::value)
                    .sum();
        }

        private void calls(List<String> problems) {
            String modern = client.call("one__echo", HI).text();
            String legacy =
                    session.call("one__echo", HI).at("/result/content/0/text").asString();
            if (!modern.equals("hi") || !legacy.equals("hi")) {
                problems.add("a call gets " + modern + ", one in a session " + legacy + " (expected: hi)");
            }
        }

        @Override
        public void close() {
            gateway.stop();
            server.close();
        }
    }
}
