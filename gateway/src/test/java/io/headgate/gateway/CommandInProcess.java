package io.headgate.gateway;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A command, in this process where a test makes many. */
public final class CommandInProcess {
    private CommandInProcess() {}

    /** How it ended, and what it said of errors. */
    public record Outcome(int status, String err) {}

    /** Runs it to its end; a gateway that it starts goes on. */
    public static Outcome run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        int status = new Main(new PrintStream(out, true, StandardCharsets.UTF_8), errors).run(arguments);
        return new Outcome(status, err.toString(StandardCharsets.UTF_8));
    }
}
