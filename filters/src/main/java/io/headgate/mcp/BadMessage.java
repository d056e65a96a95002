package io.headgate.mcp;

import org.jspecify.annotations.Nullable;

/** Bytes that are no message we accept: why, and which JSON-RPC code says so. Stackless, because strangers cause it. */
public final class BadMessage extends Exception {
    /** The closed set of reasons; each is a label value of a meter. */
    public enum Reason {
        EMPTY(RpcCodes.PARSE_ERROR, "the body is empty"),
        ENCODING(RpcCodes.PARSE_ERROR, "the body is not UTF-8 without a byte order mark"),
        INVALID_UTF8(RpcCodes.PARSE_ERROR, "the body is not valid UTF-8"),
        LONE_SURROGATE(RpcCodes.PARSE_ERROR, "a string has an unpaired surrogate"),
        SYNTAX(RpcCodes.PARSE_ERROR, "the body is not valid JSON"),
        TRAILING(RpcCodes.PARSE_ERROR, "there is text after the message"),
        DUPLICATE_KEY(RpcCodes.PARSE_ERROR, "an object has the same key twice"),
        DEPTH(RpcCodes.INVALID_REQUEST, "the JSON is nested too deeply"),
        TOKENS(RpcCodes.INVALID_REQUEST, "the JSON has too many values"),
        NAME_LENGTH(RpcCodes.INVALID_REQUEST, "a key is too long"),
        NUMBER_LENGTH(RpcCodes.INVALID_REQUEST, "a number has too many digits"),
        NUMBER_RANGE(RpcCodes.INVALID_REQUEST, "a number is too large"),
        CONTROL_IN_KEY(RpcCodes.INVALID_REQUEST, "a key has a control character"),
        UNKNOWN_MEMBER(RpcCodes.INVALID_REQUEST, "a member's name differs from a known one only in case"),
        NOT_OBJECT(RpcCodes.INVALID_REQUEST, "the message is not an object"),
        BATCH(RpcCodes.INVALID_REQUEST, "batches are not accepted in this protocol version"),
        JSONRPC_VERSION(RpcCodes.INVALID_REQUEST, "jsonrpc must be \"2.0\""),
        ID_NULL(RpcCodes.INVALID_REQUEST, "id must not be null"),
        ID_TYPE(RpcCodes.INVALID_REQUEST, "id must be a string or an integer"),
        ID_RANGE(RpcCodes.INVALID_REQUEST, "id must be an integer within +-(2^53-1)"),
        ID_LENGTH(RpcCodes.INVALID_REQUEST, "id is too long"),
        MISSING_METHOD(RpcCodes.INVALID_REQUEST, "the message has neither method nor result nor error"),
        METHOD_TYPE(RpcCodes.INVALID_REQUEST, "method must be a string"),
        METHOD_LENGTH(RpcCodes.INVALID_REQUEST, "method is too long"),
        PARAMS_TYPE(RpcCodes.INVALID_PARAMS, "params must be an object"),
        REQUEST_AND_RESPONSE(RpcCodes.INVALID_REQUEST, "the message has both a method and a result or error"),
        RESPONSE_SHAPE(RpcCodes.INVALID_REQUEST, "the response has not exactly one of result and error");

        private final int code;
        private final String text;

        Reason(int code, String text) {
            this.code = code;
            this.text = text;
        }

        /** True if the brackets and quotes of a message with this defect can still be trusted to find its id. */
        boolean leavesStructure() {
            return switch (this) {
                case DEPTH,
                        TOKENS,
                        NAME_LENGTH,
                        NUMBER_LENGTH,
                        NUMBER_RANGE,
                        CONTROL_IN_KEY,
                        UNKNOWN_MEMBER,
                        DUPLICATE_KEY,
                        LONE_SURROGATE,
                        INVALID_UTF8 -> true;
                default -> false;
            };
        }

        /** The JSON-RPC code of the answer. */
        public int code() {
            return code;
        }
    }

    private final Reason reason;
    private final transient @Nullable RequestId id;

    BadMessage(Reason reason) {
        this(reason, null);
    }

    BadMessage(Reason reason, @Nullable RequestId id) {
        super(reason.text, null, false, false);
        this.reason = reason;
        this.id = id;
    }

    public Reason reason() {
        return reason;
    }

    /** The id of the message if it could be read: the answer carries it. */
    public @Nullable RequestId id() {
        return id;
    }
}
