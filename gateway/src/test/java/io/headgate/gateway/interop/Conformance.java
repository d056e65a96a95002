package io.headgate.gateway.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The official conformance suite for servers, run against one endpoint. */
final class Conformance {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Path SUITE = InteropTools.module("@modelcontextprotocol/conformance");
    private static final Pattern FOLDER = Pattern.compile("server-(.+)-\\d{4}-\\d{2}-\\d{2}T[\\d-]+Z");
    private static final int SECONDS = 240;

    private Conformance() {}

    /**
     * How one scenario went; it passed when it checked something and nothing failed.
     *
     * @param details the failures, for people
     */
    record Scenario(int passed, int failed, String details) {
        boolean ok() {
            return passed > 0 && failed == 0;
        }

        String score() {
            return passed + " passed, " + failed + " failed";
        }
    }

    /**
     * What a run found.
     *
     * @param required the scenarios that the revision demands, each of which has run
     * @param others those that run with them and are not scored
     * @param exitStatus of the suite, which says 0 when everything required passed or was expected to fail
     */
    record Report(Map<String, Scenario> required, Map<String, Scenario> others, int exitStatus, String output) {
        List<String> failures() {
            return required.entrySet().stream()
                    .filter(entry -> !entry.getValue().ok())
                    .map(entry -> entry.getKey() + ": " + entry.getValue().score()
                            + entry.getValue().details())
                    .toList();
        }
    }

    /** Runs what a revision requires, on the wire of that revision. */
    static Report run(String revision, URI endpoint) {
        return run(revision, endpoint, List.of());
    }

    /**
     * The same with a file of the checks that are known to fail. The exit status is 0 when these fail and no others; a check
     * that warns counts as one that fails.
     */
    static Report run(String revision, URI endpoint, Path expectedFailures) {
        return run(revision, endpoint, List.of("--expected-failures", expectedFailures.toString()));
    }

    private static Report run(String revision, URI endpoint, List<String> options) {
        Path results = InteropTools.leftover("conformance-" + revision);
        Path log = InteropTools.leftover("conformance-" + revision + ".log");
        List<String> arguments = new ArrayList<>(
                List.of("server", "--url", endpoint.toString(), "--requirements", revision, "-o", results.toString()));
        arguments.addAll(options);
        int exitStatus = execute(InteropTools.command(SUITE.resolve("dist/index.js"), arguments), log);
        try {
            String output = Files.readString(log);
            Map<String, Scenario> ran = read(results, output);
            Map<String, Scenario> required = new TreeMap<>();
            for (String name : required(revision)) {
                Scenario scenario = ran.remove(name);
                if (scenario == null) {
                    throw new AssertionError("scenario " + name + " has not run:\n" + output);
                }
                required.put(name, scenario);
            }
            return new Report(required, ran, exitStatus, output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int execute(List<String> command, Path log) {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(InteropTools.environment());
        try {
            Process process = builder.start();
            try {
                if (process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                    return process.exitValue();
                }
                throw new AssertionError("the suite takes longer than " + SECONDS + " s:\n" + Files.readString(log));
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static List<String> required(String revision) throws IOException {
        Path file = SUITE.resolve("requirements").resolve(revision + ".yaml");
        Object root = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
        if (root instanceof Map<?, ?> map && map.get("server") instanceof List<?> names && !names.isEmpty()) {
            return names.stream().map(String::valueOf).toList();
        }
        throw new AssertionError("no server scenarios in " + file);
    }

    private static Map<String, Scenario> read(Path results, String output) throws IOException {
        if (!Files.isDirectory(results)) {
            throw new AssertionError("the suite left no results:\n" + output);
        }
        Map<String, Scenario> scenarios = new HashMap<>();
        try (Stream<Path> folders = Files.list(results)) {
            for (Path folder : folders.toList()) {
                Matcher name = FOLDER.matcher(folder.getFileName().toString());
                if (name.matches()) {
                    scenarios.put(name.group(1), scenario(folder.resolve("checks.json")));
                }
            }
        }
        return scenarios;
    }

    private static Scenario scenario(Path checks) throws IOException {
        int passed = 0;
        StringBuilder failures = new StringBuilder();
        int failed = 0;
        for (JsonNode check : JSON.readTree(Files.readString(checks))) {
            switch (check.path("status").asString()) {
                case "SUCCESS" -> passed++;
                case "FAILURE" -> {
                    failed++;
                    failures.append("\n  ")
                            .append(check.path("id").asString())
                            .append(": ")
                            .append(check.path("errorMessage").asString(""));
                }
                default -> {
                    // WARNING, SKIPPED and INFO are not scored.
                }
            }
        }
        return new Scenario(passed, failed, failures.toString());
    }
}
