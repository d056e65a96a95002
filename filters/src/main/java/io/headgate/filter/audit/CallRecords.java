package io.headgate.filter.audit;

import io.headgate.filter.Caller;
import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.filter.NameTable;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.filter.TraceContext;
import io.headgate.filter.Trail;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the two records of a call.
 *
 * <p>Whatever a stranger chose is bounded, and looked at for secrets before it is written.
 */
final class CallRecords {
    /** What a call came to when its client went away. */
    static final String CANCELLED = "cancelled";

    /** What a call came to when its answer ended without a response. */
    static final String INCOMPLETE = "incomplete";

    private static final String INTERNAL = "internal";
    private static final String REFUSED = "refused";
    private static final int MOST_NAME = 256;
    private static final int MOST_RULES = 8;
    private static final int FIRST_BYTES = 1024;

    /** One for each thread: only what is written leaves it. */
    private static final ThreadLocal<JsonBytes> SCRATCH = ThreadLocal.withInitial(() -> new JsonBytes(FIRST_BYTES));

    private final Fingerprints fingerprints;
    private final Masks masks;
    private final ArgumentsSketch arguments;
    private final NameTable<Set<String>> kept;

    /** Takes the paths of arguments whose values are kept, by the tool's name for clients of the whole fleet. */
    CallRecords(Fingerprints fingerprints, Masks masks, ArgumentsSketch arguments, NameTable<Set<String>> kept) {
        this.fingerprints = fingerprints;
        this.masks = masks;
        this.arguments = arguments;
        this.kept = kept;
    }

    /** The members of a call that is about to be made. */
    byte[] intent(String callId, TraceContext trace, Exchange exchange) {
        JsonBytes out = SCRATCH.get();
        out.clear();
        ids(out, callId, trace);
        out.key("span_id").raw('"').raw(trace.spanId()).raw('"');
        if (trace.parentId() != null) {
            out.key("parent_id").raw('"').raw(trace.parentId()).raw('"');
        }
        actor(out, exchange.caller());
        InetAddress address = exchange.headers().peer();
        if (address != null) {
            out.key("src")
                    .raw('{')
                    .key("ip")
                    .string(address.getHostAddress(), MOST_NAME)
                    .raw('}');
        }
        out.key("mcp").raw('{').key("version").string(exchange.client().protocolVersion(), MOST_NAME);
        out.key("method").string(exchange.method(), MOST_NAME);
        target(out, exchange.target());
        String server = exchange.route().server();
        if (!server.isEmpty()) {
            out.key("upstream").string(server, MOST_NAME);
        }
        ClientSession session = exchange.session();
        if (session != null) {
            byte[] id = session.id().getBytes(StandardCharsets.UTF_8);
            fingerprints.write(out.key("session_hash"), id, 0, id.length);
        }
        out.raw('}');
        RawJson args = exchange.message().envelope().get(Member.ARGUMENTS);
        if (args != null) {
            arguments.write(out.key("args"), args, keptOf(exchange));
        }
        return out.toByteArray();
    }

    /** The members of a call that was answered. */
    byte[] outcome(String callId, Trail trail, JsonRpc.Response response, long nanos) {
        JsonBytes out = begin(callId, trail);
        decision(out, trail, null);
        out.key("outcome").raw('{').key("transport").raw("\"ok\"");
        if (response instanceof JsonRpc.Success success) {
            RawJson result = success.result();
            out.key("rpc_code").raw("null");
            out.member("tool_error", success.envelope().isTrue(Member.IS_ERROR));
            common(out, trail, nanos, /* isDelivered= */ true);
            Fingerprints.writeHash(out.key("resp_sha256"), result.array(), result.start(), result.end());
            out.member("bytes", result.length());
        } else {
            out.member("rpc_code", ((JsonRpc.Failure) response).code()).member("tool_error", /* value= */ false);
            common(out, trail, nanos, /* isDelivered= */ true);
        }
        return out.raw('}').toByteArray();
    }

    /** The members of a call that ended without a response, in one word. */
    byte[] outcome(String callId, Trail trail, String transport, long nanos) {
        JsonBytes out = begin(callId, trail);
        decision(out, trail, null);
        return withoutResponse(out, trail, transport, nanos, /* isDelivered= */ false);
    }

    /** The members of a call that failed. */
    byte[] outcome(String callId, Trail trail, Exchange exchange, Throwable error, long nanos) {
        JsonBytes out = begin(callId, trail);
        Refusal refusal = error instanceof Refusal known ? known : null;
        String reason = refusal == null ? INTERNAL : refusal.reason().name().toLowerCase(Locale.ROOT);
        boolean isOurs = refusal != null && isDecision(refusal.reason());
        if (refusal != null && isOurs) {
            event(out, refusal.reason(), exchange);
        }
        decision(out, trail, isOurs ? reason : null);
        return withoutResponse(out, trail, isOurs ? REFUSED : reason, nanos, /* isDelivered= */ true);
    }

    private static byte[] withoutResponse(
            JsonBytes out, Trail trail, String transport, long nanos, boolean isDelivered) {
        out.key("outcome").raw('{').key("transport").raw('"').raw(transport).raw('"');
        out.key("rpc_code").raw("null").member("tool_error", /* value= */ false);
        common(out, trail, nanos, isDelivered);
        return out.raw('}').toByteArray();
    }

    private static JsonBytes begin(String callId, Trail trail) {
        JsonBytes out = SCRATCH.get();
        out.clear();
        ids(out, callId, trail.trace());
        return out;
    }

    private static void ids(JsonBytes out, String callId, TraceContext trace) {
        out.raw("\"call_id\":\"")
                .raw(callId)
                .raw("\",\"trace_id\":\"")
                .raw(trace.traceId())
                .raw('"');
    }

    private void actor(JsonBytes out, Caller caller) {
        out.key("actor").raw('{');
        if (!caller.isAnonymous()) {
            text(out.key("sub"), caller.key());
        }
        out.key("auth")
                .raw(caller.isAnonymous() ? "\"none\"" : "\"identified\"")
                .raw('}');
    }

    private void target(JsonBytes out, Target target) {
        switch (target.kind()) {
            case TOOL -> text(out.key("tool"), target.name());
            case PROMPT -> text(out.key("prompt"), target.name());
            case RESOURCE -> text(out.key("resource"), withoutCredentials(target.name()));
            case TASK -> {
                byte[] id = target.name().getBytes(StandardCharsets.UTF_8);
                fingerprints.write(out.key("task"), id, 0, id.length);
            }
            case NONE -> {}
        }
    }

    /** A text that a stranger chose: itself, or its fingerprint if there is something secret in it. */
    private void text(JsonBytes out, String text) {
        if (masks.isSecret(text)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            fingerprints.write(out, bytes, 0, bytes.length);
        } else {
            out.string(text, MOST_NAME);
        }
    }

    /** A URI without its user, query and fragment, where keys are found. */
    private static String withoutCredentials(String uri) {
        int end = uri.length();
        for (int i = 0; i < end; i++) {
            if (uri.charAt(i) == '?' || uri.charAt(i) == '#') {
                end = i;
            }
        }
        int authority = uri.indexOf("://");
        if (authority < 0 || authority + 3 > end) {
            return uri.substring(0, end);
        }
        int from = authority + 3;
        int slash = uri.indexOf('/', from);
        int at = uri.lastIndexOf('@', slash < 0 || slash > end ? end - 1 : slash);
        return at < from ? uri.substring(0, end) : uri.substring(0, from) + uri.substring(at + 1, end);
    }

    /** By the name that the tool has for the whole fleet: at the door of one server another server's pattern may fit its own. */
    private Set<String> keptOf(Exchange exchange) {
        String tool = kept.isEmpty() ? "" : exchange.route().tool();
        Set<String> paths = tool.isEmpty() ? null : kept.get(tool);
        return paths == null ? Set.of() : paths;
    }

    private static void decision(JsonBytes out, Trail trail, @Nullable String refusedFor) {
        Trail.Decision made = trail.decision();
        out.key("decision").raw('{').member("allow", refusedFor == null && (made == null || made.allow()));
        if (made != null) {
            out.member("policy_hash", made.policyHash(), MOST_NAME);
        }
        out.key("rules").raw('[');
        boolean first = true;
        if (made != null) {
            for (String rule : made.rules().subList(0, Math.min(made.rules().size(), MOST_RULES))) {
                if (!first) {
                    out.raw(',');
                }
                first = false;
                out.string(rule, MOST_NAME);
            }
        }
        if (refusedFor != null) {
            out.raw(first ? "\"" : ",\"").raw(refusedFor).raw('"');
        }
        out.raw("]}");
    }

    /** What a refusal means to whoever watches for attacks, in the words of the OWASP logging vocabulary. */
    private static void event(JsonBytes out, Refusal.Reason reason, Exchange exchange) {
        switch (reason) {
            case DENIED -> out.key("event").raw("\"authz_fail\"");
            case RATE_LIMITED -> out.key("event").raw("\"excess_rate_limit_exceeded\"");
            case SESSION_NOT_FOUND ->
                out.key("event")
                        .raw("\"malicious_direct_reference\"")
                        .key("subject")
                        .raw("\"session\"");
            case UNKNOWN_NAME -> invalid(out, exchange.target().kind().name().toLowerCase(Locale.ROOT));
            case INVALID_PARAMS, INVALID_REQUEST ->
                invalid(out, exchange.message().envelope().has(Member.REQUEST_STATE) ? "requestState" : "params");
            default -> {
                // The decision says it all.
            }
        }
    }

    private static void invalid(JsonBytes out, String subject) {
        out.key("event").raw("\"input_validation_fail\"").member("subject", subject, MOST_NAME);
    }

    private static void common(JsonBytes out, Trail trail, long nanos, boolean isDelivered) {
        out.member("delivered", isDelivered)
                .member("attempts", trail.attempts())
                .member("latency_us", nanos / 1_000);
    }

    /** True if the gateway said no; else something failed on the way. */
    private static boolean isDecision(Refusal.Reason reason) {
        return switch (reason) {
            case INVALID_REQUEST,
                    INVALID_PARAMS,
                    UNKNOWN_NAME,
                    METHOD_NOT_FOUND,
                    MISSING_CAPABILITY,
                    CREDENTIAL_MISSING,
                    CREDENTIAL_INVALID,
                    DENIED,
                    SESSION_NOT_FOUND,
                    RATE_LIMITED,
                    OVERLOADED -> true;
            case UPSTREAM_UNAVAILABLE,
                    UPSTREAM_THROTTLED,
                    UPSTREAM_TIMEOUT,
                    UPSTREAM_ERROR,
                    UPSTREAM_REFUSED,
                    UPSTREAM_AUTH,
                    UPSTREAM_PROTOCOL,
                    UPSTREAM_TOO_LARGE,
                    UPSTREAM_AMBIGUOUS,
                    EXHAUSTED,
                    INTERNAL -> false;
        };
    }
}
