package io.headgate.gateway.dialect;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.RequestHeaders;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.gateway.route.catalog.Resolver;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.headgate.mcp.RpcCodes;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Revision 2026-07-28: every request stands alone. */
final class ModernDialect {
    private static final Set<String> REQUESTS = Set.of(
            Methods.DISCOVER,
            Methods.TOOLS_LIST,
            Methods.TOOLS_CALL,
            Methods.PROMPTS_LIST,
            Methods.PROMPTS_GET,
            Methods.RESOURCES_LIST,
            Methods.RESOURCE_TEMPLATES_LIST,
            Methods.RESOURCES_READ,
            Methods.COMPLETE,
            Methods.LISTEN,
            Methods.TASKS_GET,
            Methods.TASKS_UPDATE,
            Methods.TASKS_CANCEL);

    /** All that the front door speaks, newest first: a client picks from it. */
    private static final String SUPPORTED =
            ProtocolVersions.SERVED.stream().map(JsonStrings::quote).collect(Collectors.joining(",", "[", "]"));

    /** It is kept as long as somebody listens. */
    private static final int MOST_LISTENED = 256 * 1024;

    private static final String TOO_MUCH_LISTENED =
            "subscriptions/listen must not be larger than " + MOST_LISTENED + " bytes";
    private static final String TOO_MUCH_DECLARED =
            "params._meta.io.modelcontextprotocol/clientCapabilities must not be larger than "
                    + Client.MOST_CAPABILITIES + " bytes";

    private final Handler chain;
    private final Resolver resolver;
    private final DialectMeters meters;

    ModernDialect(Handler chain, Resolver resolver, DialectMeters meters) {
        this.chain = chain;
        this.resolver = resolver;
        this.meters = meters;
    }

    void handle(HttpCall call, Envelope envelope) {
        switch (envelope.kind()) {
            case REQUEST -> request(call, envelope);
            case NOTIFICATION -> notification(call, envelope);
            case RESPONSE -> {
                meters.jsonRpcRejected("client_response");
                call.answer(400, Wording.failure(null, RpcCodes.INVALID_REQUEST, "clients send no responses", null));
            }
        }
    }

    /** This revision has no client notifications over HTTP; SDKs accept and drop them. */
    private void notification(HttpCall call, Envelope envelope) {
        if (envelope.method().startsWith("notifications/")) {
            call.answer(202, Dialects.NOTHING);
            return;
        }
        meters.jsonRpcRejected("notification_not_allowed");
        call.answer(400, Wording.failure(null, RpcCodes.INVALID_REQUEST, "a request must have an id", null));
    }

    private void request(HttpCall call, Envelope envelope) {
        RequestId id = envelope.id();
        if (id == null) {
            throw new IllegalStateException("a request without an id");
        }
        String method = envelope.method();
        if (!hasMeta(call, envelope, id) || !isKnown(call, method, id) || !headersAgree(call, envelope, method, id)) {
            return;
        }
        if (method.equals(Methods.LISTEN) && call.body().length > MOST_LISTENED) {
            meters.mcpRejected("listen_size");
            refuse(call, id, 400, RpcCodes.INVALID_PARAMS, TOO_MUCH_LISTENED, null);
            return;
        }
        Targets target = Targets.of(call.server(), method, envelope);
        if (target.missing() != null) {
            refuse(call, id, 200, RpcCodes.INVALID_PARAMS, "params." + target.missing() + " must be a string", null);
            return;
        }
        Resolved route = resolver.resolve(target.target(), /* hasSession= */ false);
        if (method.equals(Methods.TOOLS_CALL)) {
            ModernHeaders.Mismatch mismatch = ParamHeaders.check(call, route.headerParams(), envelope);
            if (mismatch != null) {
                mismatch(call, id, mismatch);
                return;
            }
        }
        // What was sent says what the arguments say, so servers get what the arguments say and nothing besides.
        RequestHeaders headers = method.equals(Methods.TOOLS_CALL)
                ? new MirroredArguments(call.headers(), route.headerParams(), envelope)
                : call.headers();
        ModernReply reply = new ModernReply(call, id, method, meters);
        chain.handle(new Exchange(
                        new JsonRpc.Request(id, method, envelope),
                        target.target(),
                        route,
                        Caller.ANONYMOUS,
                        client(envelope),
                        null,
                        headers))
                .subscribe(reply);
    }

    private boolean hasMeta(HttpCall call, Envelope envelope, RequestId id) {
        String version = envelope.string(Member.META_PROTOCOL_VERSION);
        if (version != null) {
            ModernHeaders.Mismatch mismatch = ModernHeaders.checkVersion(call, envelope);
            if (mismatch != null) {
                mismatch(call, id, mismatch);
                return false;
            }
        }
        RawJson capabilities = envelope.get(Member.META_CLIENT_CAPABILITIES);
        if (version == null || capabilities == null || !capabilities.isObject()) {
            meters.mcpRejected("meta_missing");
            refuse(
                    call,
                    id,
                    400,
                    RpcCodes.INVALID_PARAMS,
                    "params._meta must have io.modelcontextprotocol/"
                            + (version == null ? "protocolVersion" : "clientCapabilities"),
                    null);
            return false;
        }
        MetaCheck.Fault fault = MetaCheck.faultOf(envelope);
        if (fault != null) {
            meters.mcpRejected(fault.reason());
            refuse(call, id, 400, RpcCodes.INVALID_PARAMS, fault.message(), null);
            return false;
        }
        if (capabilities.length() > Client.MOST_CAPABILITIES) {
            meters.mcpRejected("capabilities_size");
            refuse(call, id, 400, RpcCodes.INVALID_PARAMS, TOO_MUCH_DECLARED, null);
            return false;
        }
        if (!ProtocolVersions.MODERN.contains(version)) {
            meters.mcpRejected("version");
            refuse(
                    call,
                    id,
                    400,
                    RpcCodes.UNSUPPORTED_VERSION,
                    "Unsupported protocol version",
                    RawJson.of("{\"supported\":" + SUPPORTED + ",\"requested\":" + JsonStrings.quote(version) + "}"));
            return false;
        }
        return true;
    }

    private boolean isKnown(HttpCall call, String method, RequestId id) {
        if (REQUESTS.contains(method)) {
            return true;
        }
        if (Methods.label(method).equals("other")) {
            meters.jsonRpcRejected("unknown_method");
        } else {
            meters.mcpRejected("unknown_method");
        }
        refuse(call, id, 404, RpcCodes.METHOD_NOT_FOUND, "Method not found", null);
        return false;
    }

    private boolean headersAgree(HttpCall call, Envelope envelope, String method, RequestId id) {
        ModernHeaders.Mismatch mismatch = ModernHeaders.check(call, envelope, method);
        if (mismatch == null) {
            return true;
        }
        mismatch(call, id, mismatch);
        return false;
    }

    private void mismatch(HttpCall call, RequestId id, ModernHeaders.Mismatch mismatch) {
        meters.mcpRejected(mismatch.reason());
        switch (mismatch.reason()) {
            case "method_mismatch", "name_mismatch", "param_mismatch" ->
                meters.told("input_validation_fail", mismatch.field(), call);
            default -> {
                // Not said at all, or said badly, is no attempt to say two things.
            }
        }
        refuse(call, id, 400, RpcCodes.HEADER_MISMATCH, mismatch.message(), null);
    }

    private static void refuse(
            HttpCall call, RequestId id, int status, int code, String message, @Nullable RawJson data) {
        call.answer(status, Wording.failure(id, code, message, data));
    }

    private static Client client(Envelope envelope) {
        RawJson capabilities = envelope.get(Member.META_CLIENT_CAPABILITIES);
        return new Client(
                ProtocolVersions.V2026_07_28,
                capabilities == null ? RawJson.EMPTY_OBJECT : capabilities,
                envelope.get(Member.META_CLIENT_INFO),
                envelope.string(Member.META_LOG_LEVEL));
    }
}
