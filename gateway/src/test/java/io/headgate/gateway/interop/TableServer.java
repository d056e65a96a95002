package io.headgate.gateway.interop;

import io.headgate.gateway.interop.Upstream.Wire;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** A server of the interop table: an SDK as it serves its endpoint. */
enum TableServer {
    TYPESCRIPT_1("TypeScript 1", Speaks.OLDER),
    TYPESCRIPT_1_SSE("TypeScript 1 over HTTP+SSE", Speaks.OLDER),
    TYPESCRIPT_2("TypeScript 2", Speaks.OLDER),
    PYTHON_1("Python 1", Speaks.OLDER),
    GO("Go", Speaks.OLDER),
    PYTHON_2("Python 2", Speaks.BOTH),
    FASTMCP("FastMCP", Speaks.BOTH),
    RUST("Rust", Speaks.BOTH),
    TYPESCRIPT_2_MODERN("TypeScript 2", Speaks.NEWER),
    GO_MODERN("Go", Speaks.NEWER);

    /** The revisions of a server. */
    enum Speaks {
        NEWER("2026-07-28"),
        BOTH("both"),
        OLDER("older revisions");

        private final String title;

        Speaks(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    private final String title;
    private final Speaks speaks;

    TableServer(String title, Speaks speaks) {
        this.title = title;
        this.speaks = speaks;
    }

    /** How the table calls it, within the part of its revisions. */
    String title() {
        return title;
    }

    /** How the list of exceptions calls it. */
    String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Speaks speaks() {
        return speaks;
    }

    /** The checks for which this server offers nothing to clients of the era. */
    Set<String> lacks(Era client) {
        Set<String> lacks = new HashSet<>();
        if (this == RUST || speaks == Speaks.NEWER || (speaks == Speaks.BOTH && client == Era.MODERN)) {
            // The newer revision has no question outside of a call, nor does the Rust SDK.
            lacks.add("askedOutside");
        }
        if (this != TYPESCRIPT_2 && this != GO) {
            // The others close no stream, or have nothing to resume it from.
            lacks.add("resumption");
        }
        if (this == FASTMCP) {
            // FastMCP serves no subscriptions; its users can tell of changed tools in sessions.
            lacks.add("resourceUpdated");
            if (client == Era.MODERN) {
                lacks.add("listChanged");
            }
        }
        return lacks;
    }

    /** Starts the process; its address and what else the gateway's file needs is told by {@link #upstream}. */
    PeerProcess start() {
        return switch (this) {
            case TYPESCRIPT_1, TYPESCRIPT_1_SSE -> PeerProcess.node("server-v1.mjs");
            case TYPESCRIPT_2 -> PeerProcess.node("server-v2.mjs", "--era", "legacy");
            case TYPESCRIPT_2_MODERN -> PeerProcess.node("server-v2.mjs", "--era", "modern");
            case PYTHON_1 -> PeerProcess.python(Python.MCP_1, "server_mcp1.py");
            case PYTHON_2 -> PeerProcess.python(Python.MCP_2, "server_mcp2.py");
            case FASTMCP -> PeerProcess.python(Python.FASTMCP, "server_fastmcp.py");
            case GO -> PeerProcess.go("server", "--era", "legacy");
            case GO_MODERN -> PeerProcess.go("server", "--era", "modern");
            case RUST -> PeerProcess.rust("server");
        };
    }

    Upstream upstream(PeerProcess process) {
        boolean events = this == TYPESCRIPT_1_SSE;
        Era era = speaks == Speaks.OLDER ? Era.LEGACY : Era.MODERN;
        return Upstream.of("peer", events ? Wire.SSE : Wire.HTTP, era, process.uri(events ? "/sse" : "/mcp"));
    }
}
