package io.headgate.gateway.upstream.wire;

import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import io.headgate.filter.TraceContext;
import io.headgate.filter.Trail;
import io.headgate.gateway.upstream.wire.OutgoingRequest.Method;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes requests for upstreams: our own frame around the client's params, spliced where the hop is part of them. */
public final class RequestWriter {
    private static final byte[] OPEN = bytes("{\"jsonrpc\":\"2.0\",\"id\":");
    private static final byte[] OPEN_NOTIFICATION = bytes("{\"jsonrpc\":\"2.0\",\"method\":");
    private static final byte[] METHOD = bytes(",\"method\":");
    private static final byte[] PARAMS = bytes(",\"params\":");
    private static final byte[] CLOSE = bytes("}");
    private static final String PROTOCOL_VERSION = "\"io.modelcontextprotocol/protocolVersion\":";
    private static final String CAPABILITIES = "\"io.modelcontextprotocol/clientCapabilities\":";
    private static final String CLIENT_INFO = "\"io.modelcontextprotocol/clientInfo\":";
    private static final String LOG_LEVEL = "\"io.modelcontextprotocol/logLevel\":";
    private static final String TRACEPARENT = "\"traceparent\":";
    private static final String TRACESTATE = "\"tracestate\":";
    private static final String QUOTED_VERSION = "\"" + ProtocolVersions.V2026_07_28 + "\"";
    private static final String PARAM_HEADER = "mcp-param-";

    private RequestWriter() {}

    /** A request of 2026-07-28: self-contained, its headers mirror its body. */
    public static OutgoingRequest modern(Exchange exchange, long id) {
        Envelope message = exchange.message().envelope();
        RawJson params = paramsOf(message);
        Splice splice = new Splice(params);
        retarget(splice, message, exchange.target());
        RawJson meta = message.get(Member.PARAMS_META);
        if (meta == null) {
            splice.insert(params, "\"_meta\":{" + metaMembers(exchange) + "}");
        } else if (!meta.isObject()) {
            splice.replace(meta, "{" + metaMembers(exchange) + "}");
        } else {
            modernMeta(splice, message, meta, exchange, id);
        }
        OutgoingRequest request =
                new OutgoingRequest(Method.POST, frame(id, exchange.method(), splice.into(new Pieces(24))));
        request.with("mcp-protocol-version", ProtocolVersions.V2026_07_28).with("mcp-method", exchange.method());
        addName(request, exchange);
        addParamHeaders(request, exchange);
        return traced(request, exchange);
    }

    /** A request of a revision with sessions: what belongs to the other era is taken out. */
    public static OutgoingRequest legacy(Exchange exchange, long id) {
        Envelope message = exchange.message().envelope();
        RawJson params = paramsOf(message);
        Splice splice = new Splice(params);
        retarget(splice, message, exchange.target());
        // The client could not fetch what a task of 2025-11-25 comes to.
        message.remove(splice, Member.TASK);
        RawJson meta = message.get(Member.PARAMS_META);
        if (meta != null && meta.isObject()) {
            message.remove(splice, Member.META_PROTOCOL_VERSION);
            message.remove(splice, Member.META_CLIENT_CAPABILITIES);
            message.remove(splice, Member.META_CLIENT_INFO);
            message.remove(splice, Member.META_LOG_LEVEL);
            hopMeta(splice, message, meta, exchange.trail(), id);
        } else if (meta == null && exchange.trail() != null) {
            splice.insert(params, "\"_meta\":{" + traceMembers(exchange.trail()) + "}");
        }
        OutgoingRequest request =
                new OutgoingRequest(Method.POST, frame(id, exchange.method(), splice.into(new Pieces(24))));
        return traced(request, exchange);
    }

    /** A notification of ours, its params valid JSON. */
    public static OutgoingRequest notification(String method, @Nullable RawJson params) {
        Pieces body = new Pieces(5).add(OPEN_NOTIFICATION).add(JsonStrings.quote(method));
        if (params != null) {
            body.add(PARAMS).add(params);
        }
        return new OutgoingRequest(Method.POST, body.add(CLOSE));
    }

    /** The answer to a question of the server. */
    public static OutgoingRequest answer(RawJson id, JsonRpc.Response answer) {
        Pieces body = new Pieces(8).add(OPEN).add(id);
        if (answer instanceof JsonRpc.Success success) {
            return new OutgoingRequest(
                    Method.POST, body.add(",\"result\":").add(success.result()).add(CLOSE));
        }
        JsonRpc.Failure failure = (JsonRpc.Failure) answer;
        body.add(",\"error\":{\"code\":" + failure.code() + ",\"message\":" + JsonStrings.quote(failure.message()));
        RawJson data = failure.data();
        if (data != null) {
            body.add(",\"data\":").add(data);
        }
        return new OutgoingRequest(Method.POST, body.add("}}"));
    }

    private static RawJson paramsOf(Envelope message) {
        RawJson params = message.params();
        return params == null ? RawJson.EMPTY_OBJECT : params;
    }

    private static Pieces frame(long id, String method, Pieces params) {
        Pieces body = new Pieces(32)
                .add(OPEN)
                .add(Long.toString(id))
                .add(METHOD)
                .add(JsonStrings.quote(method))
                .add(PARAMS);
        params.forEach(body::add);
        return body.add(CLOSE);
    }

    /** Puts the upstream's own name in the place of what the client wrote. */
    private static void retarget(Splice splice, Envelope message, Target target) {
        // The method says where the name stands; a member that it does not know may be there as well.
        boolean isByReference = message.is(Member.METHOD, Methods.COMPLETE);
        Member member = switch (target.kind()) {
            case TOOL -> Member.NAME;
            case PROMPT -> isByReference ? Member.REF_NAME : Member.NAME;
            case RESOURCE -> isByReference ? Member.REF_URI : Member.URI;
            case TASK -> Member.TASK_ID;
            case NONE -> null;
        };
        if (member == null || message.is(member, target.name())) {
            return;
        }
        RawJson written = message.get(member);
        if (written != null) {
            splice.replace(written, JsonStrings.quote(target.name()));
        }
    }

    private static String metaMembers(Exchange exchange) {
        Client client = exchange.client();
        StringBuilder members = new StringBuilder(256)
                .append(PROTOCOL_VERSION)
                .append(QUOTED_VERSION)
                .append(',')
                .append(CAPABILITIES)
                .append(client.answerable());
        RawJson info = client.info();
        if (info != null) {
            members.append(',').append(CLIENT_INFO).append(info);
        }
        String level = client.logLevel();
        if (level != null) {
            members.append(',').append(LOG_LEVEL).append(JsonStrings.quote(level));
        }
        Trail trail = exchange.trail();
        if (trail != null) {
            members.append(',').append(traceMembers(trail));
        }
        return members.toString();
    }

    private static String traceMembers(Trail trail) {
        String members = TRACEPARENT + quotedParent(trail);
        String state = trail.trace().state();
        return state == null ? members : members + "," + TRACESTATE + JsonStrings.quote(state);
    }

    /** Hex digits and dashes, in which nothing has to be escaped. */
    private static String quotedParent(Trail trail) {
        return '"' + trail.traceparent() + '"';
    }

    /** The trace in the header too, for servers and proxies that look there. */
    private static OutgoingRequest traced(OutgoingRequest request, Exchange exchange) {
        Trail trail = exchange.trail();
        if (trail != null) {
            request.with("traceparent", trail.traceparent());
            String state = trail.trace().state();
            if (state != null) {
                request.with("tracestate", state);
            }
        }
        return request;
    }

    private static void modernMeta(Splice splice, Envelope message, RawJson meta, Exchange exchange, long id) {
        Client client = exchange.client();
        if (!message.is(Member.META_PROTOCOL_VERSION, ProtocolVersions.V2026_07_28)) {
            put(splice, meta, message.get(Member.META_PROTOCOL_VERSION), PROTOCOL_VERSION, QUOTED_VERSION);
        }
        RawJson capabilities = message.get(Member.META_CLIENT_CAPABILITIES);
        if (!client.answerable().equals(capabilities)) {
            put(splice, meta, capabilities, CAPABILITIES, client.answerable().toString());
        }
        RawJson info = client.info();
        RawJson written = message.get(Member.META_CLIENT_INFO);
        if (info == null) {
            message.remove(splice, Member.META_CLIENT_INFO);
        } else if (!info.equals(written)) {
            put(splice, meta, written, CLIENT_INFO, info.toString());
        }
        String level = client.logLevel();
        if (level != null && !message.has(Member.META_LOG_LEVEL)) {
            put(splice, meta, null, LOG_LEVEL, JsonStrings.quote(level));
        }
        hopMeta(splice, message, meta, exchange.trail(), id);
    }

    private static void put(Splice splice, RawJson meta, @Nullable RawJson written, String key, String json) {
        if (written == null) {
            splice.insert(meta, key + json);
        } else {
            splice.replace(written, json);
        }
    }

    /** The members of {@code _meta} that belong to one hop in every era. */
    private static void hopMeta(Splice splice, Envelope message, RawJson meta, @Nullable Trail trail, long id) {
        RawJson token = message.get(Member.META_PROGRESS_TOKEN);
        if (token != null) {
            splice.replace(token, Long.toString(id));
        }
        message.remove(splice, Member.META_SUBSCRIPTION_ID);
        RawJson parent = message.get(Member.META_TRACEPARENT);
        if (trail != null) {
            put(splice, meta, parent, TRACEPARENT, quotedParent(trail));
            String state = trail.trace().state();
            if (state == null) {
                message.remove(splice, Member.META_TRACESTATE);
            } else {
                put(splice, meta, message.get(Member.META_TRACESTATE), TRACESTATE, JsonStrings.quote(state));
            }
        } else if (parent != null) {
            String traceparent = parent.string();
            if (traceparent == null || !TraceContext.isTraceparent(traceparent)) {
                message.remove(splice, Member.META_TRACEPARENT);
            }
        }
    }

    private static void addName(OutgoingRequest request, Exchange exchange) {
        String name = switch (exchange.method()) {
            case Methods.TOOLS_CALL,
                    Methods.PROMPTS_GET,
                    Methods.RESOURCES_READ,
                    Methods.TASKS_GET,
                    Methods.TASKS_UPDATE,
                    Methods.TASKS_CANCEL -> exchange.target().name();
            default -> null;
        };
        if (name != null) {
            request.with("mcp-name", HeaderText.encode(name));
        }
    }

    /** They say what the arguments say: at the door they were checked, or made from them. */
    private static void addParamHeaders(OutgoingRequest request, Exchange exchange) {
        if (exchange.method().equals(Methods.TOOLS_CALL)) {
            exchange.headers().forEach((name, value) -> {
                if (name.regionMatches(true, 0, PARAM_HEADER, 0, PARAM_HEADER.length())) {
                    request.with(name.toLowerCase(Locale.ROOT), value);
                }
            });
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
