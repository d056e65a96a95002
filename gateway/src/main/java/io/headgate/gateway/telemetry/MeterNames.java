package io.headgate.gateway.telemetry;

/**
 * The names of the gateway's meters; {@code meters.properties} says what each one means.
 *
 * <p>Prometheus shows dots as underscores, and counters with {@code _total}.
 */
public final class MeterNames {
    public static final String BUILD_INFO = "headgate.build.info";
    public static final String CONFIG_APPLIED = "headgate.config.applied";
    public static final String CONFIG_APPLIED_AT = "headgate.config.applied.timestamp.seconds";
    public static final String CONFIG_RELOAD = "headgate.config.reload";
    public static final String GENERATION = "headgate.generation";
    public static final String GENERATIONS = "headgate.generations.alive";
    public static final String CLOCK_JUMPS = "headgate.clock.jump";
    public static final String ADMIN_REJECTED = "headgate.admin.rejected";
    public static final String LOG_LEFT_OUT = "headgate.log.left.out";
    public static final String HTTP_REJECTED = "headgate.http.rejected";
    public static final String JSONRPC_REJECTED = "headgate.jsonrpc.rejected";
    public static final String MCP_REJECTED = "headgate.mcp.rejected";
    public static final String EARLY_REFUSALS = "headgate.early.refusals";
    public static final String REQUESTS = "headgate.requests";
    public static final String REQUESTS_ACTIVE = "headgate.requests.active";
    public static final String REQUEST_SECONDS = "headgate.request.duration";
    public static final String DUPLICATE_IDS = "headgate.duplicate.inflight.ids";
    public static final String CONNECTIONS = "headgate.connections.active";
    public static final String CONNECTIONS_REJECTED = "headgate.connections.rejected";
    public static final String CONNECTIONS_CLOSED = "headgate.connections.closed";
    public static final String CLIENT_DISCONNECTS = "headgate.client.disconnects";
    public static final String TLS_FAILURES = "headgate.tls.failures";
    public static final String H2_PROTOCOL_ERRORS = "headgate.h2.protocol.errors";
    public static final String H2_REFUSED_STREAMS = "headgate.h2.refused.streams";
    public static final String H2_FRAMES_IGNORED = "headgate.h2.frames.ignored";
    public static final String SSE_ACTIVE = "headgate.sse.active";
    public static final String SSE_FIRST_BYTE = "headgate.sse.first.byte";
    public static final String SSE_CLOSED = "headgate.sse.closed";
    public static final String SSE_BUFFERED = "headgate.sse.buffered.bytes";
    public static final String SESSIONS = "headgate.sessions.active";
    public static final String SESSIONS_DISPLACED = "headgate.sessions.displaced";
    public static final String QUESTIONS = "headgate.questions.active";
    public static final String BRIDGE_ROUNDS = "headgate.bridge.rounds";
    public static final String BRIDGE_WATCHES = "headgate.bridge.watched.resources";
    public static final String PARKED_CALLS = "headgate.calls.parked";
    public static final String PARKED_BYTES = "headgate.calls.parked.bytes";
    public static final String PARKED_ENDED = "headgate.calls.parked.ended";
    public static final String UPSTREAM_FAULTS = "headgate.upstream.faults";
    public static final String UPSTREAM_CONNECTIONS = "headgate.upstream.connections";
    public static final String UPSTREAM_CALLS = "headgate.upstream.calls";
    public static final String UPSTREAM_SESSIONS = "headgate.upstream.sessions";
    public static final String UPSTREAM_RENEWED = "headgate.upstream.renewed";
    public static final String UPSTREAM_WAITING = "headgate.upstream.waiting";
    public static final String UPSTREAM_HEALTHY = "headgate.upstream.healthy";
    public static final String UPSTREAM_ERA = "headgate.upstream.era";
    public static final String CATALOG_REFRESHES = "headgate.catalog.refreshes";
    public static final String CATALOG_DROPPED = "headgate.catalog.dropped";
    public static final String CATALOG_ITEMS = "headgate.catalog.items";
    public static final String CATALOG_LOOKUPS = "headgate.catalog.lookups";
    public static final String SUBSCRIPTIONS = "headgate.subscriptions.active";
    public static final String AUDIT_EXPORT_LAG = "headgate.audit.export.lag";
    public static final String AUDIT_EXPORT_RECORDS = "headgate.audit.export.records";
    public static final String AUDIT_EXPORT_FAILURES = "headgate.audit.export.failures";
    public static final String AUDIT_EXPORT_LOST = "headgate.audit.export.lost";
    public static final String MEMORY_BUDGET = "headgate.memory.budget.bytes";
    public static final String MEMORY_HELD = "headgate.memory.held.bytes";
    public static final String MEMORY_DIRECT = "headgate.memory.direct.bytes";
    public static final String MEMORY_ENDED = "headgate.memory.ended";

    private MeterNames() {}
}
