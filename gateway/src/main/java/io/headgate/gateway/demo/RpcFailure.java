package io.headgate.gateway.demo;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A JSON-RPC error, with the HTTP status that it has if nothing has been sent yet. */
final class RpcFailure extends RuntimeException {
    static final int PARSE = -32700;
    static final int INVALID_REQUEST = -32600;
    static final int METHOD_NOT_FOUND = -32601;
    static final int INVALID_PARAMS = -32602;
    static final int INTERNAL = -32603;
    static final int LEGACY_TRANSPORT = -32000;
    static final int LEGACY_NOT_FOUND = -32002;
    static final int HEADER_MISMATCH = -32020;
    static final int MISSING_CAPABILITY = -32021;
    static final int UNSUPPORTED_VERSION = -32022;

    private final int status;
    private final int code;
    private final transient @Nullable JsonNode data;

    RpcFailure(int status, int code, String message, @Nullable JsonNode data) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
        this.data = data;
    }

    RpcFailure(int status, int code, String message) {
        this(status, code, message, null);
    }

    static RpcFailure invalidParams(String message) {
        return new RpcFailure(200, INVALID_PARAMS, message);
    }

    static RpcFailure missingCapability(String capability) {
        ObjectNode data = Json.object();
        data.putObject("requiredCapabilities").putObject(capability);
        return new RpcFailure(400, MISSING_CAPABILITY, "Missing required client capability: " + capability, data);
    }

    static RpcFailure missingExtension(String extension) {
        ObjectNode data = Json.object();
        data.putObject("requiredCapabilities").putObject("extensions").putObject(extension);
        return new RpcFailure(400, MISSING_CAPABILITY, "Missing required client capability: " + extension, data);
    }

    /** What an exception means to the caller: ours as they are, others without their details. */
    static RpcFailure of(Throwable cause) {
        return cause instanceof RpcFailure failure ? failure : new RpcFailure(200, INTERNAL, "Internal error");
    }

    RpcFailure withStatus(int other) {
        return other == status ? this : new RpcFailure(other, code, String.valueOf(getMessage()), data);
    }

    int status() {
        return status;
    }

    ObjectNode error() {
        ObjectNode error = Json.object().put("code", code).put("message", getMessage());
        if (data != null) {
            error.set("data", data);
        }
        return error;
    }
}
