package io.headgate.gateway.telemetry;

/** The names of all meters in one table; Prometheus shows dots as underscores and counters with {@code _total}. */
public final class MeterNames {
    /** Always 1; tags {@code version}, {@code java}. */
    public static final String BUILD_INFO = "headgate.build.info";

    /** How often the wall clock was set by half a second or more. */
    public static final String CLOCK_JUMPS = "headgate.clock.jump";

    /** Requests that the admin port refused; tag {@code reason}. */
    public static final String ADMIN_REJECTED = "headgate.admin.rejected";

    /** Lines that were left out of the log because there were too many of their kind in a second. */
    public static final String LOG_LEFT_OUT = "headgate.log.left.out";

    /** Requests that the door refused before it knew that they were JSON; tag {@code reason}. */
    public static final String HTTP_REJECTED = "headgate.http.rejected";

    /** Bodies that were no JSON-RPC message; tag {@code reason}. */
    public static final String JSONRPC_REJECTED = "headgate.jsonrpc.rejected";

    /** Messages that broke MCP or a limit of it; tag {@code reason}. */
    public static final String MCP_REJECTED = "headgate.mcp.rejected";

    /** Requests that were refused by their head, before their body was read; tag {@code reason}. */
    public static final String EARLY_REFUSALS = "headgate.early.refusals";

    /** Requests that were answered; tags {@code method}, {@code outcome}. */
    public static final String REQUESTS = "headgate.requests";

    /** Requests on their way now. */
    public static final String REQUESTS_ACTIVE = "headgate.requests.active";

    /** How long requests took, from the last byte in to the first byte out; tag {@code method}. */
    public static final String REQUEST_SECONDS = "headgate.request.duration";

    /** Requests whose id another one in flight of the same session has; they are served all the same. */
    public static final String DUPLICATE_IDS = "headgate.duplicate.inflight.ids";

    /** Client connections open now; tag {@code protocol}. */
    public static final String CONNECTIONS = "headgate.connections.active";

    /** Connections closed as soon as they were accepted; tag {@code reason}. */
    public static final String CONNECTIONS_REJECTED = "headgate.connections.rejected";

    /** Connections that the gateway closed; tag {@code reason}. */
    public static final String CONNECTIONS_CLOSED = "headgate.connections.closed";

    /** Clients that went away in the middle; tag {@code phase}. */
    public static final String CLIENT_DISCONNECTS = "headgate.client.disconnects";

    /** Failed TLS handshakes; tag {@code reason}. */
    public static final String TLS_FAILURES = "headgate.tls.failures";

    /** HTTP/2 connections and streams that broke the protocol or its limits; tag {@code reason}. */
    public static final String H2_PROTOCOL_ERRORS = "headgate.h2.protocol.errors";

    public static final String H2_REFUSED_STREAMS = "headgate.h2.refused.streams";
    public static final String H2_FRAMES_IGNORED = "headgate.h2.frames.ignored";

    /** Event streams open now. */
    public static final String SSE_ACTIVE = "headgate.sse.active";

    /** How long an event stream took to begin, from the last byte of its request. */
    public static final String SSE_FIRST_BYTE = "headgate.sse.first.byte";

    /** Event streams that the gateway ended; tag {@code reason}. */
    public static final String SSE_CLOSED = "headgate.sse.closed";

    /** Bytes held for clients that read slowly. */
    public static final String SSE_BUFFERED = "headgate.sse.buffered.bytes";

    /** Sessions of legacy clients now. */
    public static final String SESSIONS = "headgate.sessions.active";

    /** Sessions that were ended to make room for those of others, because their sender had the most. */
    public static final String SESSIONS_DISPLACED = "headgate.sessions.displaced";

    /** Questions of upstreams that wait for a client's answer now. */
    public static final String QUESTIONS = "headgate.questions.active";

    /** Rounds by which servers without sessions asked clients of older revisions; tag {@code outcome}. */
    public static final String BRIDGE_ROUNDS = "headgate.bridge.rounds";

    /** Resources that sessions watch at servers without sessions now. */
    public static final String BRIDGE_WATCHES = "headgate.bridge.watched.resources";

    /** Calls that wait for their client to come back with answers now. */
    public static final String PARKED_CALLS = "headgate.calls.parked";

    /** Bytes held for calls whose client was asked something. */
    public static final String PARKED_BYTES = "headgate.calls.parked.bytes";

    /**
     * How the waiting of a call for its client ended; tag {@code outcome}: {@code resumed}, {@code expired} (the client
     * did not come back), {@code abandoned} (the gateway stopped), {@code refused} (there was no room).
     */
    public static final String PARKED_ENDED = "headgate.calls.parked.ended";

    /** What upstreams did wrong; tags {@code upstream}, {@code reason}. */
    public static final String UPSTREAM_FAULTS = "headgate.upstream.faults";

    /** Connections to upstreams; tag {@code upstream}. */
    public static final String UPSTREAM_CONNECTIONS = "headgate.upstream.connections";

    /** Calls sent to upstreams; tag {@code upstream}. */
    public static final String UPSTREAM_CALLS = "headgate.upstream.calls";

    /** Sessions opened at legacy upstreams now; tag {@code upstream}. */
    public static final String UPSTREAM_SESSIONS = "headgate.upstream.sessions";

    /** What was set up again after an upstream had lost it; tags {@code upstream}, {@code what}. */
    public static final String UPSTREAM_RENEWED = "headgate.upstream.renewed";

    /** Sessions and streams that wait to be set up again at an upstream now; tag {@code upstream}. */
    public static final String UPSTREAM_WAITING = "headgate.upstream.waiting";

    /** 1 while an upstream answers and its lists can be read, 0 while not; tag {@code upstream}. */
    public static final String UPSTREAM_HEALTHY = "headgate.upstream.healthy";

    /** 1 if an upstream speaks an era, 0 if it does not or was not asked for it; tags {@code upstream}, {@code era}. */
    public static final String UPSTREAM_ERA = "headgate.upstream.era";

    /** Refreshes of an upstream's lists; tags {@code upstream}, {@code outcome}. */
    public static final String CATALOG_REFRESHES = "headgate.catalog.refreshes";

    /** Items that an upstream offers and clients do not see; tags {@code upstream}, {@code reason}. */
    public static final String CATALOG_DROPPED = "headgate.catalog.dropped";

    /** Items in the catalogue now; tags {@code upstream}, {@code kind}. */
    public static final String CATALOG_ITEMS = "headgate.catalog.items";

    /**
     * Names that were unknown until their server was asked again, and those that stayed it; tag {@code outcome}: {@code found},
     * {@code unknown}.
     */
    public static final String CATALOG_LOOKUPS = "headgate.catalog.lookups";

    /** Subscriptions and GET streams open now. */
    public static final String SUBSCRIPTIONS = "headgate.subscriptions.active";

    /** How old the oldest durable audit record is that was not exported yet, in seconds; 0 if all were. */
    public static final String AUDIT_EXPORT_LAG = "headgate.audit.export.lag";

    /** Audit records that were taken by where they are exported to. */
    public static final String AUDIT_EXPORT_RECORDS = "headgate.audit.export.records";

    /** Batches of audit records that were not taken, each time that they were sent. */
    public static final String AUDIT_EXPORT_FAILURES = "headgate.audit.export.failures";

    /** Audit records that were deleted from the log before they were exported. */
    public static final String AUDIT_EXPORT_LOST = "headgate.audit.export.lost";

    /** Bytes that the gateway may hold for callers and servers. */
    public static final String MEMORY_BUDGET = "headgate.memory.budget.bytes";

    /** Bytes that the gateway holds for callers and servers now. */
    public static final String MEMORY_HELD = "headgate.memory.held.bytes";

    /** Bytes that buffers outside of the heap have reserved. */
    public static final String MEMORY_DIRECT = "headgate.memory.direct.bytes";

    /** Holders that were ended because memory was short; tag {@code kind}. */
    public static final String MEMORY_ENDED = "headgate.memory.ended";

    private MeterNames() {}
}
