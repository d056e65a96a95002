package io.headgate.gateway.upstream.modern;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.call.ExchangeCall;
import io.headgate.gateway.upstream.wire.RequestWriter;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;

/** One request of 2026-07-28: a POST, answered with JSON or with events that end with the response. */
class ModernCall extends ExchangeCall {
    private static final int MAX_INPUT_REQUESTS = 64;

    private final ModernBack back;

    ModernCall(ModernBack back, Exchange exchange, CoreSubscriber<? super JsonRpc> actual) {
        super(back.client, exchange, actual);
        this.back = back;
    }

    @Override
    protected final void start() {
        sendExchange(RequestWriter.modern(exchange(), newId()));
    }

    @Override
    protected final void doubt() {
        back.doubt();
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
            return progress(message);
        }
        if (!method.equals(Methods.MESSAGE)) {
            meters.count(UpstreamFault.UNRELATED);
            return null;
        }
        if (exchange().client().logLevel() == null
                && !exchange().message().envelope().has(Member.META_LOG_LEVEL)) {
            meters.count(UpstreamFault.UNREQUESTED_LOG);
            return null;
        }
        return new JsonRpc.Notification(method, message.params());
    }

    @Override
    protected final @Nullable UpstreamFault faultOf(Envelope message) {
        if (!message.has(Member.RESULT_TYPE) || message.is(Member.RESULT_TYPE, "complete")) {
            return null;
        }
        if (message.is(Member.RESULT_TYPE, "task")) {
            return mayBeTask() && exchange().client().takesTasks() ? null : UpstreamFault.RESULT_TYPE;
        }
        if (!message.is(Member.RESULT_TYPE, "input_required")
                || !Methods.mayAskForInput(exchange().method())) {
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
        return switch (exchange().method()) {
            // The extension's own methods are answered with the task itself by some servers.
            case Methods.TOOLS_CALL, Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL -> true;
            default -> false;
        };
    }
}
