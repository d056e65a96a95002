package io.headgate.benchmarks.load;

import io.headgate.benchmarks.compare.MeasuredProcess;
import io.headgate.benchmarks.load.attack.Attackers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A process of hostile callers or servers, told what to do.
 *
 * <p>It has the least priority but one that a process can have, because attackers have machines of their own elsewhere.
 */
final class Besiegers implements AutoCloseable {
    private static final String NICE = "15";

    private final JsonMapper mapper = new JsonMapper();
    private final MeasuredProcess process;

    /**
     * Starts it.
     *
     * @param smoke true to run with the usual priority: beside other work it might not even start with less
     * @param arguments behind the control port, see {@link Attackers#main}
     */
    Besiegers(String kind, Path directory, boolean smoke, List<String> arguments) throws IOException {
        int port = MeasuredProcess.freePort();
        List<String> command = new ArrayList<>(List.of(
                "nice",
                "-n",
                smoke ? "0" : NICE,
                MeasuredProcess.java(),
                "-Xmx512m",
                "-Xss256k",
                "-Dsun.net.httpserver.nodelay=true",
                "-cp",
                System.getProperty("java.class.path"),
                Attackers.class.getName(),
                kind,
                Integer.toString(port)));
        command.addAll(arguments);
        process = MeasuredProcess.start(command, port, directory.resolve("hostile-" + kind + ".log"));
    }

    void attack(String name, boolean on) throws IOException {
        tell((on ? "on " : "off ") + name);
    }

    /** What each attack came to so far. */
    JsonNode report() throws IOException {
        return tell("report");
    }

    /** The ports of the servers by their names. */
    JsonNode ports() throws IOException {
        return tell("ports");
    }

    private JsonNode tell(String what) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), process.port())) {
            new PrintStream(socket.getOutputStream(), /* autoFlush= */ true, StandardCharsets.UTF_8).println(what);
            return mapper.readTree(
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                            .readLine());
        }
    }

    double cpuSeconds() {
        return process.cpuSeconds();
    }

    @Override
    public void close() {
        process.close();
    }
}
