package io.headgate.gateway.dialect;

import io.headgate.filter.Refusal;
import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.headgate.mcp.RpcCodes;
import io.headgate.mcp.Splice;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one modern request: JSON if the response comes first, otherwise an event stream.
 *
 * <p>The response head is not sent before the first message is known, so that an error still has its HTTP status. A
 * client that goes away cancels (basic/utilities/cancellation).
 */
final class ModernReply extends Reply {
    private static final String SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";

    private final boolean listens;
    private @Nullable EventStream stream;

    ModernReply(HttpCall call, RequestId id, String method, DialectMeters meters) {
        super(call, id, method, meters);
        this.listens = method.equals(Methods.LISTEN);
        call.onDisconnect(this::cancel);
        call.onQuiet(this::openStream);
    }

    @Override
    void send(JsonRpc message) {
        if (message instanceof JsonRpc.Notification notification) {
            RawJson params = listens ? subscribed(notification.params()) : notification.params();
            openStream().message(null, Wording.notification(notification.method(), params));
        } else if (message instanceof JsonRpc.Question question) {
            // Where a client of this era can be asked at all, it was asked by a result before this.
            question.answer()
                    .accept(new JsonRpc.Failure(
                            RpcCodes.METHOD_NOT_FOUND, "the client cannot be asked during a call", null));
        }
    }

    @Override
    void respond(JsonRpc.Response response) {
        if (response instanceof JsonRpc.Success success) {
            finish(200, success(success.envelope()));
        } else if (response instanceof JsonRpc.Failure failure) {
            int code = translate(failure.code());
            if (code == RpcCodes.MISSING_CAPABILITY) {
                meters.mcpRejected("capability");
            }
            finish(status(code), Wording.failure(id, code, failure.message(), failure.data()));
        }
    }

    @Override
    void refuse(Refusal refusal) {
        EventStream open = stream;
        Pieces body = Wording.failure(id, refusal);
        if (open == null) {
            call.answer(Wording.Answer.of(refusal.reason()).status(), body, Wording.fields(refusal));
        } else {
            open.message(null, body);
            open.end();
        }
    }

    @Override
    boolean isWritable() {
        EventStream open = stream;
        return open == null || open.isWritable();
    }

    private EventStream openStream() {
        EventStream open = stream;
        if (open == null) {
            open = call.stream();
            open.onWritable(this::more);
            stream = open;
        }
        return open;
    }

    private void finish(int status, Pieces body) {
        EventStream open = stream;
        if (open == null) {
            call.answer(status, body);
        } else {
            open.message(null, body);
            open.end();
        }
    }

    /** Results of older servers lack what this era requires (basic, results; server/utilities/caching). */
    private Pieces success(Envelope envelope) {
        RawJson result = envelope.get(Member.RESULT);
        if (result == null) {
            result = RawJson.EMPTY_OBJECT;
        }
        boolean typed = envelope.has(Member.RESULT_TYPE);
        boolean complete = !typed || envelope.is(Member.RESULT_TYPE, "complete");
        boolean cached =
                !complete || !isCacheable() || (envelope.has(Member.TTL_MS) && envelope.has(Member.CACHE_SCOPE));
        if (typed && cached && !listens) {
            return Wording.success(id, result);
        }
        StringBuilder added = new StringBuilder();
        if (!typed) {
            added.append("\"resultType\":\"complete\"");
        }
        if (!cached) {
            if (!envelope.has(Member.TTL_MS)) {
                added.append(added.isEmpty() ? "" : ",").append("\"ttlMs\":0");
            }
            if (!envelope.has(Member.CACHE_SCOPE)) {
                added.append(added.isEmpty() ? "" : ",").append("\"cacheScope\":\"private\"");
            }
        }
        Splice splice = new Splice(result);
        if (listens) {
            RawJson meta = envelope.get(Member.RESULT_META);
            if (meta != null && meta.isObject()) {
                splice.insert(meta, SUBSCRIPTION_ID, id.json());
            } else {
                added.append(added.isEmpty() ? "" : ",").append("\"_meta\":").append(subscriptionMeta());
            }
        }
        if (!added.isEmpty()) {
            splice.insert(result, added.toString());
        }
        return Wording.end(splice.into(Wording.successHead(id)));
    }

    private boolean isCacheable() {
        return switch (method) {
            case Methods.DISCOVER,
                    Methods.TOOLS_LIST,
                    Methods.PROMPTS_LIST,
                    Methods.RESOURCES_LIST,
                    Methods.RESOURCE_TEMPLATES_LIST,
                    Methods.RESOURCES_READ -> true;
            default -> false;
        };
    }

    private RawJson subscribed(@Nullable RawJson params) {
        if (params == null) {
            return RawJson.of("{\"_meta\":" + subscriptionMeta() + "}");
        }
        RawJson meta = params.get("_meta");
        if (meta == null || !meta.isObject()) {
            return new Splice(params)
                    .insert(params, "_meta", subscriptionMeta())
                    .toJson();
        }
        return new Splice(params).insert(meta, SUBSCRIPTION_ID, id.json()).toJson();
    }

    private String subscriptionMeta() {
        return "{\"" + SUBSCRIPTION_ID + "\":" + id.json() + "}";
    }

    /** Codes of older revisions that this one must not use. */
    private static int translate(int code) {
        return switch (code) {
            case RpcCodes.RESOURCE_NOT_FOUND -> RpcCodes.INVALID_PARAMS;
            case RpcCodes.URL_ELICITATION_REQUIRED -> RpcCodes.INTERNAL_ERROR;
            default -> code;
        };
    }

    private static int status(int code) {
        return switch (code) {
            case RpcCodes.METHOD_NOT_FOUND -> 404;
            case RpcCodes.PARSE_ERROR,
                    RpcCodes.INVALID_REQUEST,
                    RpcCodes.HEADER_MISMATCH,
                    RpcCodes.MISSING_CAPABILITY,
                    RpcCodes.UNSUPPORTED_VERSION -> 400;
            default -> 200;
        };
    }
}
