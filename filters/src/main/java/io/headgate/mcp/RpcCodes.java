package io.headgate.mcp;

/**
 * The JSON-RPC error codes on the wire: JSON-RPC's, MCP's, and the gateway's own.
 *
 * <p>The gateway's own are positive because MCP reserves -32020 to -32099 for itself and discourages the rest of the
 * range -32768 to -32000 (basic/index, error codes).
 */
public final class RpcCodes {
    public static final int PARSE_ERROR = -32700;
    public static final int INVALID_REQUEST = -32600;
    public static final int METHOD_NOT_FOUND = -32601;
    public static final int INVALID_PARAMS = -32602;
    public static final int INTERNAL_ERROR = -32603;
    public static final int RESOURCE_NOT_FOUND = -32002;
    public static final int URL_ELICITATION_REQUIRED = -32042;
    public static final int HEADER_MISMATCH = -32020;
    public static final int MISSING_CAPABILITY = -32021;
    public static final int UNSUPPORTED_VERSION = -32022;

    private RpcCodes() {}
}
