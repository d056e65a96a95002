package io.headgate.gateway.upstream.modern;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.call.UpstreamCall;
import io.headgate.gateway.upstream.wire.AnswerReader;
import io.headgate.gateway.upstream.wire.RequestWriter;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/** One request of 2026-07-28: a POST, answered with JSON or with events that end with the response. */
class ModernCall extends UpstreamCall {
    private static final int MAX_INPUT_REQUESTS = 64;

    final Exchange exchange;
    private final ModernBack back;
    private long id;

    ModernCall(ModernBack back, Exchange exchange, CoreSubscriber<? super JsonRpc> actual) {
        super(back.client, actual);
        this.back = back;
        this.exchange = exchange;
    }

    final long id() {
        return id;
    }

    @Override
    protected final Exchange exchange() {
        return exchange;
    }

    @Override
    protected final void start() {
        id = nextId();
        attempted(exchange);
        send(client().withDeadline(RequestWriter.modern(exchange, id), exchange));
    }

    @Override
    protected void onFailing(UpstreamFault fault) {
        switch (fault) {
            case CLIENT_ERROR, CONTENT_TYPE, ID_MISMATCH, SHAPE, BAD_JSON -> back.doubt();
            default -> {}
        }
    }

    @Override
    protected final @Nullable JsonRpc accept(Envelope message) {
        return switch (message.kind()) {
            case RESPONSE -> response(message);
            case NOTIFICATION -> notification(message);
            case REQUEST -> {
                meters.count(UpstreamFault.UNEXPECTED_REQUEST);
                yield null;
            }
        };
    }

    @Nullable
    JsonRpc notification(Envelope message) {
        String method = message.method();
        if (method.equals(Methods.PROGRESS)) {
            JsonRpc.Notification progress = AnswerReader.progress(
                    message, id, exchange.message().envelope().get(Member.META_PROGRESS_TOKEN));
            if (progress == null) {
                meters.count(UpstreamFault.FOREIGN_PROGRESS);
            }
            return progress;
        }
        if (!method.equals(Methods.MESSAGE)) {
            meters.count(UpstreamFault.UNRELATED);
            return null;
        }
        if (exchange.client().logLevel() == null
                && !exchange.message().envelope().has(Member.META_LOG_LEVEL)) {
            meters.count(UpstreamFault.UNREQUESTED_LOG);
            return null;
        }
        return new JsonRpc.Notification(method, message.params());
    }

    private JsonRpc.@Nullable Response response(Envelope message) {
        // A server that could not read the request may leave the id out; HTTP says which request it means.
        RawJson written = message.get(Member.ID);
        boolean unread = status() >= 400 && (written == null || written.isNull());
        if (!message.hasId(id) && !unread) {
            fail(UpstreamFault.ID_MISMATCH);
            return null;
        }
        if (message.has(Member.ERROR)) {
            JsonRpc.Failure failure = AnswerReader.failure(message, meters);
            if (failure == null) {
                fail(UpstreamFault.SHAPE);
            } else if (unread || failure.code() == RpcCodes.UNSUPPORTED_VERSION) {
                back.doubt();
            }
            return failure;
        }
        RawJson result = message.get(Member.RESULT);
        if (result == null || !result.isObject()) {
            fail(UpstreamFault.SHAPE);
            return null;
        }
        UpstreamFault fault = faultOfType(message);
        if (fault != null) {
            fail(fault);
            return null;
        }
        return new JsonRpc.Success(message);
    }

    private @Nullable UpstreamFault faultOfType(Envelope message) {
        if (!message.has(Member.RESULT_TYPE) || message.is(Member.RESULT_TYPE, "complete")) {
            return null;
        }
        if (message.is(Member.RESULT_TYPE, "task")) {
            return mayBeTask() && exchange.client().takesTasks() ? null : UpstreamFault.RESULT_TYPE;
        }
        if (!message.is(Member.RESULT_TYPE, "input_required") || !Methods.mayAskForInput(exchange.method())) {
            return UpstreamFault.RESULT_TYPE;
        }
        RawJson requests = message.get(Member.INPUT_REQUESTS);
        if (requests == null) {
            return message.has(Member.RESULT_REQUEST_STATE) ? null : UpstreamFault.SHAPE;
        }
        int[] count = new int[1];
        requests.forEachMember((key, request) -> count[0]++);
        return !requests.isObject()
                ? UpstreamFault.SHAPE
                : count[0] > MAX_INPUT_REQUESTS ? UpstreamFault.INPUT_REQUESTS : null;
    }

    private boolean mayBeTask() {
        return switch (exchange.method()) {
            // The extension's own methods are answered with the task itself by some servers.
            case Methods.TOOLS_CALL, Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL -> true;
            default -> false;
        };
    }
}
