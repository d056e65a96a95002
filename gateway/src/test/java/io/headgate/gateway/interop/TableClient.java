package io.headgate.gateway.interop;

import io.headgate.gateway.interop.Upstream.Wire;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** A client of the interop table: an SDK in one era. */
enum TableClient {
    TYPESCRIPT_1("TypeScript 1", Era.LEGACY, Wire.HTTP),
    TYPESCRIPT_1_SSE("TypeScript 1 over HTTP+SSE", Era.LEGACY, Wire.SSE),
    TYPESCRIPT_2("TypeScript 2", Era.LEGACY, Wire.HTTP),
    PYTHON_1("Python 1", Era.LEGACY, Wire.HTTP),
    PYTHON_2("Python 2", Era.LEGACY, Wire.HTTP),
    FASTMCP("FastMCP", Era.LEGACY, Wire.HTTP),
    GO("Go", Era.LEGACY, Wire.HTTP),
    JAVA("Java", Era.LEGACY, Wire.HTTP),
    TYPESCRIPT_2_MODERN("TypeScript 2", Era.MODERN, Wire.HTTP),
    PYTHON_2_MODERN("Python 2", Era.MODERN, Wire.HTTP),
    FASTMCP_MODERN("FastMCP", Era.MODERN, Wire.HTTP),
    GO_MODERN("Go", Era.MODERN, Wire.HTTP),
    JAVA_MODERN("Java", Era.MODERN, Wire.HTTP);

    private static final Duration RUN = Duration.ofMinutes(4);

    private final String title;
    private final Era era;
    private final Wire wire;

    TableClient(String title, Era era, Wire wire) {
        this.title = title;
        this.era = era;
        this.wire = wire;
    }

    /** How the table calls it, within the part of its era. */
    String title() {
        return title;
    }

    /** How the list of exceptions calls it. */
    String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Era era() {
        return era;
    }

    /** The checks that this client cannot make with any server. */
    Set<String> lacks() {
        return switch (this) {
            // It has no call to cancel another.
            case JAVA -> Set.of("cancel");
            // This client answers elicitations only, takes no log messages, and calls no tool that is not listed.
            case JAVA_MODERN -> Set.of("ping", "sampling", "roots", "logging", "unknownTool");
            // The newer revision has no ping.
            default -> era == Era.MODERN ? Set.of("ping") : Set.of();
        };
    }

    /** Runs the checks through the gateway; one line for each. */
    List<JsonNode> run(Front headgate, List<String> checks) {
        URI url = wire == Wire.SSE ? headgate.sse() : headgate.mcp();
        String only = String.join(",", checks);
        if (title.equals("Java")) {
            return new JavaChecks(era, url).run(checks);
        }
        try (PeerProcess process = start(url.toString(), only)) {
            List<JsonNode> lines = process.awaitEnd(RUN);
            if (lines.size() < checks.size()) {
                throw new AssertionError(key() + " made " + lines.size() + " of " + checks.size() + " checks: "
                        + process.outcome() + " after " + lines);
            }
            return lines;
        }
    }

    private PeerProcess start(String url, String only) {
        List<String> options = new ArrayList<>(List.of(url, "--only", only));
        if (this != TYPESCRIPT_1 && this != TYPESCRIPT_1_SSE && this != PYTHON_1) {
            options.addAll(List.of("--era", era.option()));
        }
        if (title.startsWith("TypeScript")) {
            options.addAll(List.of("--upstream", "common"));
        }
        if (wire == Wire.SSE) {
            options.addAll(List.of("--transport", "sse"));
        }
        String[] arguments = options.toArray(String[]::new);
        return switch (this) {
            case TYPESCRIPT_1, TYPESCRIPT_1_SSE -> PeerProcess.node("client-v1.mjs", arguments);
            case TYPESCRIPT_2, TYPESCRIPT_2_MODERN -> PeerProcess.node("client-v2.mjs", arguments);
            case PYTHON_1 -> PeerProcess.python(Python.MCP_1, "client_mcp1.py", arguments);
            case PYTHON_2, PYTHON_2_MODERN -> PeerProcess.python(Python.MCP_2, "client_mcp2.py", arguments);
            case FASTMCP, FASTMCP_MODERN -> PeerProcess.python(Python.FASTMCP, "client_fastmcp.py", arguments);
            case GO, GO_MODERN -> PeerProcess.go("client", arguments);
            case JAVA, JAVA_MODERN -> throw new IllegalStateException("runs in this JVM");
        };
    }
}
