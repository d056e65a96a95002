package io.headgate.gateway.demo;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What every modern request has to say about itself, in its headers and in its body alike. */
final class ModernEnvelope {
    static final String VERSION = "2026-07-28";
    static final String VERSION_HEADER = "mcp-protocol-version";
    static final String VERSION_KEY = "io.modelcontextprotocol/protocolVersion";

    private static final String METHOD_HEADER = "mcp-method";
    private static final String NAME_HEADER = "mcp-name";
    private static final String LEGACY_INITIALIZE = "initialize";

    private ModernEnvelope() {}

    /** Whether a message presents itself as modern, be it only by half; such a message never counts as legacy. */
    static boolean claimed(HttpHeaders headers, JsonNode message) {
        String version = headers.get(VERSION_HEADER);
        return (version != null && !LegacyVersions.ALL.contains(version)) || claimed(message);
    }

    private static boolean claimed(JsonNode message) {
        if (message.isArray()) {
            return message.valueStream().anyMatch(ModernEnvelope::claimed);
        }
        JsonNode meta = message.path("params").path("_meta");
        return meta.has(VERSION_KEY) || meta.has(StatelessClient.CAPABILITIES);
    }

    /** The checks that need no knowledge of the method, in the order in which their failures take precedence. */
    static void check(HttpHeaders headers, Message message) {
        ObjectNode params = message.params();
        JsonNode meta = params.path("_meta");
        String version = HeaderValue.read(headers, VERSION_HEADER);
        String method = HeaderValue.read(headers, METHOD_HEADER);
        JsonNode claimed = meta.path(VERSION_KEY);
        if (version != null && claimed.isString() && !claimed.stringValue().equals(version)) {
            throw HeaderValue.mismatch("MCP-Protocol-Version is not the version in _meta");
        }
        if (method != null && !method.equals(message.method())) {
            throw HeaderValue.mismatch("Mcp-Method is not the method of the body");
        }
        if (!meta.has(VERSION_KEY) && (message.method().equals(LEGACY_INITIALIZE) || isLegacy(version))) {
            throw unsupported(
                    version != null ? version : params.path("protocolVersion").asString(""));
        }
        if (!claimed.isString()) {
            throw incomplete(VERSION_KEY);
        }
        if (!meta.path(StatelessClient.CAPABILITIES).isObject()) {
            throw incomplete(StatelessClient.CAPABILITIES);
        }
        if (!claimed.stringValue().equals(VERSION)) {
            throw unsupported(claimed.stringValue());
        }
        if (version == null) {
            throw HeaderValue.mismatch("MCP-Protocol-Version is missing");
        }
        if (method == null) {
            throw HeaderValue.mismatch("Mcp-Method is missing");
        }
        checkName(headers, message.method(), params);
    }

    /** The arguments that a tool wants repeated in headers. */
    static void checkParameters(HttpHeaders headers, Tool tool, ObjectNode params) {
        for (Tool.HeaderParameter parameter : tool.headers()) {
            JsonNode value = params.path("arguments");
            for (String step : parameter.path()) {
                value = value.path(step);
            }
            String header = HeaderValue.read(headers, parameter.header());
            boolean expected = !value.isMissingNode() && !value.isNull();
            if (expected && header == null) {
                throw HeaderValue.mismatch(parameter.header() + " is missing");
            }
            if (header != null && !(expected && HeaderValue.repeats(header, value))) {
                throw HeaderValue.mismatch(parameter.header() + " is not the argument of the body");
            }
        }
    }

    private static void checkName(HttpHeaders headers, String method, ObjectNode params) {
        String key = switch (method) {
            case "tools/call", "prompts/get" -> "name";
            case "resources/read" -> "uri";
            case "tasks/get", "tasks/update", "tasks/cancel" -> "taskId";
            default -> null;
        };
        if (key == null) {
            return;
        }
        String name = HeaderValue.read(headers, NAME_HEADER);
        JsonNode named = params.path(key);
        if (name == null && !named.isMissingNode()) {
            throw HeaderValue.mismatch("Mcp-Name is missing");
        }
        if (name != null && !(named.isString() && named.stringValue().equals(name))) {
            throw HeaderValue.mismatch("Mcp-Name is not params." + key);
        }
    }

    private static boolean isLegacy(@Nullable String version) {
        return version != null && LegacyVersions.ALL.contains(version);
    }

    private static RpcFailure incomplete(String key) {
        return new RpcFailure(400, RpcFailure.INVALID_PARAMS, "Invalid params: _meta lacks " + key);
    }

    private static RpcFailure unsupported(String requested) {
        ObjectNode data = Json.object();
        data.putArray("supported").add(VERSION);
        data.put("requested", requested);
        return new RpcFailure(400, RpcFailure.UNSUPPORTED_VERSION, "Unsupported protocol version: " + requested, data);
    }
}
