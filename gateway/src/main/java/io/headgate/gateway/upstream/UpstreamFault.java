package io.headgate.gateway.upstream;

import io.headgate.filter.Refusal.Reason;
import org.jspecify.annotations.Nullable;

/** What an upstream can do wrong; each is a label value of a meter, and those that end a call say what the client is told. */
public enum UpstreamFault {
    CONNECT("connect", Reason.UPSTREAM_UNAVAILABLE, "the upstream cannot be reached"),
    CONNECT_TIMEOUT("connect_timeout", Reason.UPSTREAM_UNAVAILABLE, "the upstream cannot be reached"),
    RESOLVE("dns", Reason.UPSTREAM_UNAVAILABLE, "the upstream's host name cannot be resolved"),
    TLS("tls", Reason.UPSTREAM_UNAVAILABLE, "no trusted TLS connection to the upstream"),
    TLS_TIMEOUT("tls_timeout", Reason.UPSTREAM_UNAVAILABLE, "no trusted TLS connection to the upstream"),
    H2_STREAMS("h2_streams", Reason.UPSTREAM_UNAVAILABLE, "the upstream accepts no streams"),
    H2_REFUSED("h2_refused", Reason.UPSTREAM_UNAVAILABLE, "the upstream refused the stream"),
    CLOSED("closed", Reason.UPSTREAM_UNAVAILABLE, "the upstream is being removed"),
    POOL("pool", Reason.OVERLOADED, "too many calls wait for a connection to the upstream"),
    NO_ENDPOINT(
            "no_endpoint", Reason.UPSTREAM_UNAVAILABLE, "the upstream's event stream does not begin with an endpoint"),
    SESSION_GONE("session_gone", Reason.UPSTREAM_UNAVAILABLE, "the upstream has forgotten the session"),
    SESSIONS("sessions", Reason.OVERLOADED, "too many sessions are open at the upstream"),

    RESET("reset", Reason.UPSTREAM_AMBIGUOUS, "the upstream closed the connection before it answered"),
    TRUNCATED("truncated", Reason.UPSTREAM_AMBIGUOUS, "the upstream's answer was cut off"),
    SSE_TRUNCATED("sse_truncated", Reason.UPSTREAM_AMBIGUOUS, "the upstream's event stream was cut off"),
    SSE_NO_RESPONSE(
            "sse_no_response", Reason.UPSTREAM_AMBIGUOUS, "the upstream's event stream ended without a response"),
    BACKLOG("backlog", Reason.UPSTREAM_AMBIGUOUS, "the upstream's messages came faster than they were taken"),
    IDLE("idle", Reason.UPSTREAM_TIMEOUT, "the upstream said nothing for too long"),
    MEMORY("memory", Reason.EXHAUSTED, "the gateway has no memory for the upstream's answer"),
    MAX_DURATION("max_duration", Reason.UPSTREAM_TIMEOUT, "the upstream did not finish in time"),

    UNAVAILABLE("5xx", Reason.UPSTREAM_UNAVAILABLE, "the upstream says that it is not available"),
    SERVER_ERROR("5xx", Reason.UPSTREAM_ERROR, "the upstream failed"),
    THROTTLED("429", Reason.UPSTREAM_THROTTLED, "the upstream is overloaded"),
    UNAUTHORIZED("401", Reason.UPSTREAM_AUTH, "the upstream wants other credentials"),
    FORBIDDEN("403", Reason.UPSTREAM_AUTH, "the upstream denies access"),
    CLIENT_ERROR("4xx", Reason.UPSTREAM_REFUSED, "the upstream refused the request"),
    REDIRECT("redirect", Reason.UPSTREAM_PROTOCOL, "the upstream answered with a redirect"),

    FRAMING("framing", Reason.UPSTREAM_PROTOCOL, "the upstream's answer is not valid HTTP"),
    HEADERS_TOO_LARGE("headers_too_large", Reason.UPSTREAM_PROTOCOL, "the upstream's header is too large"),
    INFORMATIONAL_FLOOD("1xx_flood", Reason.UPSTREAM_PROTOCOL, "the upstream sent too many interim answers"),
    CONTENT_TYPE("content_type", Reason.UPSTREAM_PROTOCOL, "the upstream answered with another content type"),
    CONTENT_ENCODING("content_encoding", Reason.UPSTREAM_PROTOCOL, "the upstream answered with a content encoding"),
    TOO_LARGE("too_large", Reason.UPSTREAM_TOO_LARGE, "the upstream's answer is too large"),
    SSE_LINE("sse_line", Reason.UPSTREAM_TOO_LARGE, "the upstream's event is too large"),
    CATALOG_TOO_LARGE("catalog_too_large", Reason.UPSTREAM_TOO_LARGE, "the upstream's catalog is too large"),
    BAD_JSON("json", Reason.UPSTREAM_PROTOCOL, "the upstream's answer is not valid JSON"),
    SHAPE("shape", Reason.UPSTREAM_PROTOCOL, "the upstream's answer is not a valid message"),
    ID_MISMATCH("id_mismatch", Reason.UPSTREAM_PROTOCOL, "the upstream answered another request"),
    RESULT_TYPE("result_type", Reason.UPSTREAM_PROTOCOL, "the upstream's result is of an unknown type"),
    INPUT_REQUESTS("mrtr_size", Reason.UPSTREAM_PROTOCOL, "the upstream asks for too many inputs"),
    VERSION("version", Reason.UPSTREAM_PROTOCOL, "the upstream speaks no protocol version in common"),
    FOREIGN_ENDPOINT(
            "foreign_endpoint",
            Reason.UPSTREAM_PROTOCOL,
            "the upstream's endpoint is not of the upstream's own origin"),
    BAD_EVENTS("sse_bad_event", Reason.UPSTREAM_PROTOCOL, "the upstream's events are not messages"),

    BAD_EVENT("sse_bad_event"),
    /** A stream was not read for a while, because the server says too much that no call waits for. */
    FLOOD("flood"),
    DUPLICATE_RESPONSE("duplicate_response"),
    UNKNOWN_RESPONSE("unknown_response"),
    FOREIGN_PROGRESS("foreign_progress"),
    UNREQUESTED_LOG("unrequested_log"),
    UNRELATED("unrelated_notification"),
    UNEXPECTED_REQUEST("unexpected_request"),
    RESERVED_CODE("reserved_code"),
    ERROR_DATA("error_data"),
    SUBSCRIPTION_ORDER("sub_order"),
    SUBSCRIPTION_UNREQUESTED("sub_unrequested"),
    CURSOR_LOOP("cursor_loop"),
    SECRET_ECHOED("secret_echoed"),
    SESSION_LOST("session_lost"),
    MESSAGES_DROPPED("messages_dropped");

    private final String label;
    private final @Nullable Reason reason;
    private final String text;

    /** A fault that a call survives. */
    UpstreamFault(String label) {
        this(label, null, "");
    }

    UpstreamFault(String label, @Nullable Reason reason, String text) {
        this.label = label;
        this.reason = reason;
        this.text = text;
    }

    String label() {
        return label;
    }

    /** Why the client gets no answer. */
    Reason reason() {
        return reason == null ? Reason.INTERNAL : reason;
    }

    public String text() {
        return text;
    }

    /** True if certainly nothing of the call was executed: it did not leave, or its stream was refused before it was read. */
    boolean isUnsent() {
        return switch (this) {
            case CONNECT,
                    CONNECT_TIMEOUT,
                    RESOLVE,
                    TLS,
                    TLS_TIMEOUT,
                    H2_STREAMS,
                    H2_REFUSED,
                    NO_ENDPOINT,
                    SESSION_GONE -> true;
            default -> false;
        };
    }

    /** True if a limit of the gateway's ended the call. */
    public boolean isTimeUp() {
        return this == IDLE || this == MAX_DURATION;
    }

    /** True if there was nothing to connect to, as while a server is not running. */
    public boolean isAway() {
        return this == CONNECT || this == CONNECT_TIMEOUT || this == RESOLVE;
    }

    /** True if it says that the upstream as a whole is not there, and not merely that one call failed. */
    boolean isOutage() {
        return reason == Reason.UPSTREAM_UNAVAILABLE && this != CLOSED && this != SESSION_GONE;
    }
}
