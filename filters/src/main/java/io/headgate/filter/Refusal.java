package io.headgate.filter;

import io.headgate.mcp.RawJson;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request that gets no answer from an upstream, and why; stackless, because it is an answer and no defect. */
public final class Refusal extends RuntimeException {
    /** The closed set of reasons; the dialects turn each into the code and status of their era. */
    public enum Reason {
        INVALID_REQUEST,
        INVALID_PARAMS,
        /** A name, cursor or sealed state that is well-formed but not ours to serve. */
        UNKNOWN_NAME,
        METHOD_NOT_FOUND,
        MISSING_CAPABILITY,
        /** The request has no credentials. */
        CREDENTIAL_MISSING,
        /** The credentials are not known here. */
        CREDENTIAL_INVALID,
        DENIED,
        SESSION_NOT_FOUND,
        RATE_LIMITED,
        OVERLOADED,
        /** No upstream could be reached, or it says that it is not there. */
        UPSTREAM_UNAVAILABLE,
        /** The upstream answered that it is overloaded. */
        UPSTREAM_THROTTLED,
        UPSTREAM_TIMEOUT,
        /** The upstream answered with a status that means failure. */
        UPSTREAM_ERROR,
        /** The upstream answered with a status that means that it does not want the request. */
        UPSTREAM_REFUSED,
        /** The upstream wants credentials that the gateway does not have. */
        UPSTREAM_AUTH,
        /** The upstream broke the protocol. */
        UPSTREAM_PROTOCOL,
        UPSTREAM_TOO_LARGE,
        /** The request was sent and its answer is lost: whether it was done is unknown. */
        UPSTREAM_AMBIGUOUS,
        /** The gateway has no memory for the request or its answer any more: whether it was done is unknown. */
        EXHAUSTED,
        INTERNAL;

        /** True if the caller is unknown, so that nothing else about the request matters. */
        public boolean isOfCredentials() {
            return this == CREDENTIAL_MISSING || this == CREDENTIAL_INVALID;
        }
    }

    private final Reason reason;
    private final @Nullable Duration retryAfter;
    private final transient @Nullable RawJson data;
    private final boolean isUnsent;

    public Refusal(Reason reason, String message) {
        this(reason, message, null, null);
    }

    public Refusal(Reason reason, String message, @Nullable Duration retryAfter) {
        this(reason, message, retryAfter, null);
    }

    public Refusal(Reason reason, String message, @Nullable Duration retryAfter, @Nullable RawJson data) {
        this(reason, message, retryAfter, data, false);
    }

    private Refusal(
            Reason reason,
            @Nullable String message,
            @Nullable Duration retryAfter,
            @Nullable RawJson data,
            boolean isUnsent) {
        super(message, null, false, false);
        this.reason = reason;
        this.retryAfter = retryAfter;
        this.data = data;
        this.isUnsent = isUnsent;
    }

    /** The same for a request of which certainly nothing was executed: it never left, or is known not to have arrived. */
    public Refusal unsent() {
        return isUnsent ? this : new Refusal(reason, getMessage(), retryAfter, data, true);
    }

    /** The same for a request of which a part was executed before. */
    public Refusal sent() {
        return isUnsent ? new Refusal(reason, getMessage(), retryAfter, data, false) : this;
    }

    /** True if certainly nothing of the request was executed, so that it can be sent again whatever it does. */
    public boolean isUnsent() {
        return isUnsent;
    }

    public Reason reason() {
        return reason;
    }

    /** What the client is told; never holds a secret or a stack, nor an address but that which a server redirects to. */
    public String text() {
        String message = getMessage();
        return message == null ? reason.name() : message;
    }

    public @Nullable Duration retryAfter() {
        return retryAfter;
    }

    /** Members for the error's {@code data}, or null. */
    public @Nullable RawJson data() {
        return data;
    }
}
