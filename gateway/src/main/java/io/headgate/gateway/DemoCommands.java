package io.headgate.gateway;

import io.headgate.gateway.CommandLine.UsageException;
import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.Nearest;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.demo.Era;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The verbs that need no server of one's own. */
final class DemoCommands {
    static final List<String> SERVER_OPTIONS = List.of("--listen", "--era", "--ledger", "--workers", "--page-size");
    private static final Address DOOR = new Address("127.0.0.1", 8080);
    private static final Address ADMIN = new Address("127.0.0.1", 9090);

    private DemoCommands() {}

    /** Starts the whole demo and gives what to tell about it. */
    static String demo() {
        DemoServer north =
                DemoServer.start(DemoServerOptions.builder().name("north").build());
        DemoServer south = DemoServer.start(
                DemoServerOptions.builder().name("south").era(Era.LEGACY).build());
        try {
            Config config = Config.of(DOOR, ADMIN, List.of(server("north", north), server("south", south)));
            Gateway gateway = Gateway.start(config);
            Shutdown.onSignal(() -> {
                gateway.stop();
                north.stop();
                south.stop();
            });
            return whatToTry(
                    "http://" + Gateway.text(gateway.address()), "http://" + Gateway.text(gateway.adminAddress()));
        } catch (RuntimeException notStarted) {
            north.stop();
            south.stop();
            throw notStarted;
        }
    }

    /** Starts a demo server and gives the line that says where. */
    static String server(CommandLine line) {
        DemoServerOptions.Builder options = DemoServerOptions.builder();
        Address listen = listen(line.option("--listen"));
        options.host(listen.host().isEmpty() ? "0.0.0.0" : listen.host()).port(listen.port());
        String era = line.option("--era");
        if (era != null) {
            options.era(era(era));
        }
        String ledger = line.option("--ledger");
        if (ledger != null) {
            options.ledger(Path.of(ledger));
        }
        String workers = line.option("--workers");
        if (workers != null) {
            options.workers(number("--workers", workers, 1));
        }
        String pageSize = line.option("--page-size");
        if (pageSize != null) {
            options.pageSize(number("--page-size", pageSize, 0));
        }
        DemoServer server = start(options.build(), listen);
        Shutdown.onSignal(server::stop);
        return "Demo server at " + server.url();
    }

    private static DemoServer start(DemoServerOptions options, Address listen) {
        try {
            return DemoServer.start(options);
        } catch (RuntimeException notStarted) {
            Throwable cause = notStarted.getCause() == null ? notStarted : notStarted.getCause();
            throw new UsageException("demo-server: cannot start on " + listen + ": "
                    + String.valueOf(cause.getMessage()).replaceAll("\\s+", " "));
        }
    }

    private static Address listen(@Nullable String text) {
        try {
            return Address.parse(String.valueOf(text));
        } catch (IllegalArgumentException wrong) {
            throw new UsageException("demo-server: --listen: " + (text == null ? "nothing" : text)
                    + " (expected: HOST:PORT, [::1]:PORT or :PORT)");
        }
    }

    private static Era era(String text) {
        return switch (text) {
            case "modern" -> Era.MODERN;
            case "legacy" -> Era.LEGACY;
            case "both" -> Era.BOTH;
            default ->
                throw new UsageException(
                        "demo-server: --era: " + text + Nearest.hint(text, List.of("modern", "legacy", "both")));
        };
    }

    private static int number(String option, String text, int least) {
        try {
            int number = Integer.parseInt(text);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException noNumber) {
            // Said below, as for a number that is too small.
        }
        throw new UsageException(
                "demo-server: " + option + ": " + text + " (expected: a whole number >= " + least + ")");
    }

    private static UpstreamConfig server(String name, DemoServer server) {
        return new UpstreamConfig(
                name,
                URI.create(server.url()),
                UpstreamTransport.HTTP,
                name + "__",
                Map.of(),
                /* isStateless= */ false,
                /* http2PriorKnowledge= */ false,
                /* trustFile= */ null,
                UpstreamLimits.DEFAULT);
    }

    private static String whatToTry(String door, String admin) {
        return """
                Headgate serves two demo servers, north (both eras) and south (legacy), at %1$s/mcp

                List their tools:
                  curl -s %1$s/mcp -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\
                    -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/list' \\
                    -d '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":%3$s}}'

                Call one:
                  curl -s %1$s/mcp -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\
                    -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: north__echo' \\
                    -d '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"north__echo","arguments":{"message":"hello"},"_meta":%3$s}}'

                Give it to a client:
                  claude mcp add --transport http headgate %1$s/mcp

                Look inside: %2$s/state  %2$s/metrics  %2$s/readyz
                Stop with Ctrl-C.""".formatted(
                        door,
                        admin,
                        "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientInfo\":{\"name\":\"curl\",\"version\":\"1\"},\"io.modelcontextprotocol/clientCapabilities\":{}}");
    }
}
