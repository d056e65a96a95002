package io.headgate.filter.breaker;

import io.headgate.filter.Refusal;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.RpcCodes;
import org.jspecify.annotations.Nullable;

/** The ways in which a server can fail a call. */
public enum FailureKind {
    /** It cannot be reached, it answers with a 5xx status, or its answer is lost. */
    TRANSPORT,
    /** It was given up because it took too long. */
    TIMEOUT,
    /** It breaks the protocol, or says that it has an internal error. */
    PROTOCOL,
    /** It says that it is asked too much. */
    THROTTLED,
    /** Its tool says that it failed. */
    TOOL_ERROR;

    /** How a response failed, or null if it is a good one or the client's own error. */
    static @Nullable FailureKind of(JsonRpc.Response response) {
        if (response instanceof JsonRpc.Success success) {
            return success.envelope().isTrue(Member.IS_ERROR) ? TOOL_ERROR : null;
        }
        return ((JsonRpc.Failure) response).code() == RpcCodes.INTERNAL_ERROR ? PROTOCOL : null;
    }

    /** How a call without a response failed, or null if that is not the server's fault. */
    static @Nullable FailureKind of(Refusal.Reason reason) {
        return switch (reason) {
            case UPSTREAM_UNAVAILABLE, UPSTREAM_ERROR, UPSTREAM_AMBIGUOUS -> TRANSPORT;
            case UPSTREAM_TIMEOUT -> TIMEOUT;
            case UPSTREAM_PROTOCOL -> PROTOCOL;
            case UPSTREAM_THROTTLED -> THROTTLED;
            case UPSTREAM_REFUSED,
                    UPSTREAM_AUTH,
                    UPSTREAM_TOO_LARGE,
                    INVALID_REQUEST,
                    INVALID_PARAMS,
                    UNKNOWN_NAME,
                    METHOD_NOT_FOUND,
                    MISSING_CAPABILITY,
                    CREDENTIAL_MISSING,
                    CREDENTIAL_INVALID,
                    DENIED,
                    SESSION_NOT_FOUND,
                    RATE_LIMITED,
                    OVERLOADED,
                    EXHAUSTED,
                    INTERNAL -> null;
        };
    }

    /** True if the server has answered all the same, so that it is there. */
    static boolean isAnswer(Refusal.Reason reason) {
        return reason == Refusal.Reason.UPSTREAM_REFUSED
                || reason == Refusal.Reason.UPSTREAM_AUTH
                || reason == Refusal.Reason.UPSTREAM_TOO_LARGE;
    }
}
