package io.headgate.gateway.dialect;

import io.headgate.filter.Events;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHead;
import io.headgate.gateway.route.catalog.Resolver;
import io.headgate.gateway.session.Sessions;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.Member;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RpcCodes;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads each body once and gives it to the dialect of its era. */
public final class Dialects implements FrontDialect {
    static final Pieces NOTHING = new Pieces(0);

    private final Function<RequestHead, @Nullable Refusal> early;
    private final Predicate<String> knowsServer;
    private final Resolver resolver;
    private final DialectMeters meters;
    private final ModernDialect modern;
    private final LegacyDialect legacy;
    private final SseDialect sse;

    /**
     * @param chain takes every exchange
     * @param early says why a request is refused of which only the head has come, or null
     * @param knowsServer whether a server of this name has a door of its own
     * @param resolver finds where each exchange goes
     * @param events told of what is refused here, before any filter sees it
     */
    public Dialects(
            Handler chain,
            Function<RequestHead, @Nullable Refusal> early,
            Predicate<String> knowsServer,
            Resolver resolver,
            Sessions sessions,
            MeterRegistry registry,
            Events events) {
        this.early = early;
        this.knowsServer = knowsServer;
        this.resolver = resolver;
        this.meters = new DialectMeters(registry, events);
        this.modern = new ModernDialect(chain, resolver, meters);
        LegacyCalls calls = new LegacyCalls(chain, resolver, sessions, meters);
        this.legacy = new LegacyDialect(calls, sessions, meters);
        this.sse = new SseDialect(calls, sessions, meters);
    }

    @Override
    public void handle(HttpCall call) {
        if (!call.server().isEmpty() && !knowsServer.test(call.server())) {
            meters.mcpRejected("unknown_server");
            call.answer(404, Wording.failure(null, RpcCodes.INVALID_REQUEST, "no such server", null));
            return;
        }
        switch (call.endpoint()) {
            case MCP -> streamable(call);
            case SSE -> sse.open(call);
            case MESSAGES -> sse.post(call);
        }
    }

    /** All requests say in their head who sends them, and only those of the newer revisions what they want. */
    @Override
    public @Nullable Refusal refuses(HttpCall call) {
        boolean saysWhatItWants = call.endpoint() == HttpCall.Endpoint.MCP
                && call.method().equals("POST")
                && isModern(call.headers().get(ModernHeaders.VERSION));
        Refusal refusal = early.apply(new CallHead(call, saysWhatItWants, resolver));
        return refusal == null || saysWhatItWants || mayHaveStatus(call, refusal) ? refusal : null;
    }

    /** A message of a session is refused with the id that stands in its body, unless it concerns the session itself. */
    private static boolean mayHaveStatus(HttpCall call, Refusal refusal) {
        boolean isOfSession = call.endpoint() == HttpCall.Endpoint.MESSAGES
                || (call.method().equals("POST")
                        && !call.headers(LegacyDialect.SESSION).isEmpty());
        return !isOfSession || LegacyReply.status(refusal.reason()) != LegacyReply.OK;
    }

    @Override
    public void refuse(HttpCall call, Refusal refusal) {
        meters.refusedEarly(refusal.reason(), call);
        call.answer(
                Wording.Answer.of(refusal.reason()).status(), Wording.failure(null, refusal), Wording.fields(refusal));
    }

    private void streamable(HttpCall call) {
        switch (call.method()) {
            case "POST" -> post(call);
            case "GET", "DELETE" -> {
                if (isModern(call.headers().get(ModernHeaders.VERSION))) {
                    meters.mcpRejected("method");
                    call.answer(405, NOTHING, "Allow", "POST");
                } else if (call.method().equals("GET")) {
                    legacy.get(call);
                } else {
                    legacy.delete(call);
                }
            }
            default -> call.answer(405, NOTHING, "Allow", "POST, GET, DELETE");
        }
    }

    private void post(HttpCall call) {
        byte[] body = call.body();
        String version = call.headers().get(ModernHeaders.VERSION);
        if (Envelope.isBatch(body) && !isModern(version)) {
            legacy.batch(call, body);
            return;
        }
        Envelope envelope = read(call, body);
        if (envelope == null) {
            return;
        }
        // The envelope decides, not the method: an initialize with a modern envelope is a modern request.
        if (envelope.has(Member.META_PROTOCOL_VERSION) || isModernClaim(call, version)) {
            modern.handle(call, envelope);
        } else {
            legacy.post(call, envelope);
        }
    }

    private @Nullable Envelope read(HttpCall call, byte[] body) {
        try {
            return Envelope.read(body, JsonLimits.CLIENT);
        } catch (BadMessage bad) {
            meters.badMessage(bad.reason());
            call.answer(400, Wording.failure(bad.id(), bad.reason().code(), text(bad), null));
            return null;
        }
    }

    static String text(BadMessage bad) {
        String message = bad.getMessage();
        return message == null ? "bad message" : message;
    }

    private static boolean isModern(@Nullable String version) {
        return version != null && ProtocolVersions.MODERN.contains(version);
    }

    /** A version that is no older one we know claims the newer rules, unless the client holds an older session. */
    private static boolean isModernClaim(HttpCall call, @Nullable String version) {
        if (version == null || ProtocolVersions.LEGACY.contains(version)) {
            return false;
        }
        List<String> session = call.headers(LegacyDialect.SESSION);
        return isModern(version) || session.isEmpty();
    }
}
