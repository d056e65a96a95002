package io.headgate.gateway.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The programs made with the official Rust SDK, built at first use, which takes about a minute. */
final class RustPeers {
    private static final Path CRATE = InteropTools.script("rust");
    private static final Path TARGET = InteropTools.WORK.resolve("rust");
    private static final Pattern SDK = Pattern.compile("rmcp = \\{ version = \"=([^\"]+)\"");
    private static final Provision<Path> PROGRAMS = new Provision<>(RustPeers::built);

    private RustPeers() {}

    /** Builds the programs when that is due. */
    static void install() {
        Path unused = PROGRAMS.get();
    }

    static List<String> command(String program, List<String> arguments) {
        List<String> command =
                new ArrayList<>(List.of(PROGRAMS.get().resolve(program).toString()));
        command.addAll(arguments);
        return command;
    }

    /** The version of the SDK that the crate pins. */
    static String version() {
        try {
            Matcher sdk = SDK.matcher(Files.readString(CRATE.resolve("Cargo.toml")));
            if (sdk.find()) {
                return sdk.group(1);
            }
            throw new AssertionError("Cargo.toml does not pin the SDK");
        } catch (IOException e) {
            throw new AssertionError("Cargo.toml", e);
        }
    }

    private static Path built() throws IOException {
        String unused = Provision.run(
                CRATE, 1_800, Map.of("CARGO_TARGET_DIR", TARGET.toString()), List.of("cargo", "build", "--locked"));
        return TARGET.resolve("debug");
    }
}
