package io.headgate.gateway.hostile;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The suite h2spec, which asks a server for all that RFC 9113 and RFC 7541 demand; built from its Go module. */
final class H2Spec {
    private static final String PROGRAM = "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible";
    private static final Pattern SUMMARY =
            Pattern.compile("(\\d+) tests, (\\d+) passed, (\\d+) skipped, (\\d+) failed");
    private static final Pattern FAILED = Pattern.compile("\u00d7 \\d+: (.+)");

    /**
     * What is answered otherwise than the suite wants: the port speaks HTTP/1.1 too, so a wrong preface is a wrong request
     * there and is answered before the end; and for a stream that is over, or was left out, Netty ends the stream and not the
     * connection.
     */
    private static final Set<String> KNOWN = Set.of(
            "Sends invalid connection preface",
            "half closed (remote): Sends a HEADERS frame",
            "closed: Sends a HEADERS frame",
            "Sends stream identifier that is numerically smaller than previous");

    private static final int LEAST_PASSED = 141;
    private static final Pattern GROUPS = Pattern.compile("\\b(generic|hpack|http2)\\b");
    private static final int BUILD_SECONDS = 600;
    private static final int RUN_SECONDS = 300;

    private H2Spec() {}

    /** What it finds wrong with a server; empty if nothing is. */
    static List<String> problems(InetSocketAddress front, String words) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("hostile-h2spec");
        try {
            List<String> build = List.of("go", "install", PROGRAM);
            String said = run(directory, build, BUILD_SECONDS);
            Path program = directory.resolve("h2spec");
            if (!Files.isExecutable(program)) {
                throw new IOException("h2spec was not built: " + said);
            }
            List<String> command = new ArrayList<>(List.of(program.toString()));
            Matcher group = GROUPS.matcher(words);
            while (group.find()) {
                command.add(group.group());
            }
            command.addAll(List.of("-h", front.getHostString(), "-p", Integer.toString(front.getPort()), "-P", "/mcp"));
            command.addAll(List.of("-o", "5"));
            String result = run(directory, command, RUN_SECONDS);
            return problemsIn(result);
        } finally {
            AuditRecords.delete(directory);
        }
    }

    private static List<String> problemsIn(String result) {
        Matcher summary = SUMMARY.matcher(result);
        if (!summary.find() || Integer.parseInt(summary.group(2)) < LEAST_PASSED) {
            return List.of("h2spec: " + result);
        }
        return FAILED.matcher(result)
                .results()
                .map(failed -> failed.group(1))
                .filter(name -> !KNOWN.contains(name))
                .distinct()
                .map(name -> "h2spec: " + name)
                .toList();
    }

    private static String run(Path directory, List<String> command, int seconds)
            throws IOException, InterruptedException {
        Path log = directory.resolve("log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("GOBIN", directory.toString());
        builder.environment().put("CGO_ENABLED", "0");
        Process process = builder.start();
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(command + " took longer than " + seconds + " s");
        }
        return Files.readString(log);
    }
}
