package io.headgate.gateway.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The programs made with the official Go SDK, each a folder of the Go module, built once in each run. */
final class GoPeers {
    private static final Path MODULE = InteropTools.script("go");
    private static final Pattern SDK = Pattern.compile("github\\.com/modelcontextprotocol/go-sdk v(\\S+)");
    private static final Provision<Path> PROGRAMS = new Provision<>(GoPeers::built);

    private GoPeers() {}

    /** Builds the programs when that is due; the first time fetches the SDK. */
    static void install() {
        Path unused = PROGRAMS.get();
    }

    static List<String> command(String program, List<String> arguments) {
        List<String> command =
                new ArrayList<>(List.of(PROGRAMS.get().resolve(program).toString()));
        command.addAll(arguments);
        return command;
    }

    /** The version of the SDK that the module pins. */
    static String version() {
        try {
            Matcher sdk = SDK.matcher(Files.readString(MODULE.resolve("go.mod")));
            if (sdk.find()) {
                return sdk.group(1);
            }
            throw new AssertionError("go.mod does not require the SDK");
        } catch (IOException e) {
            throw new AssertionError("go.mod", e);
        }
    }

    private static Path built() throws IOException {
        Path programs = Files.createDirectories(InteropTools.WORK.resolve("go"));
        // An older Go fetches the one that the module asks for.
        Map<String, String> environment = Map.of("CGO_ENABLED", "0", "GOTOOLCHAIN", "auto", "GOWORK", "off");
        String unused = Provision.run(
                MODULE,
                600,
                environment,
                List.of("go", "build", "-mod=readonly", "-buildvcs=false", "-o", programs + "/", "./..."));
        return programs;
    }
}
