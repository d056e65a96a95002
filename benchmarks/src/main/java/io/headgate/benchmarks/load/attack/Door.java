package io.headgate.benchmarks.load.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;

/** Where the gateway is, and the keys that hostile callers have for it. */
record Door(int port, List<String> keys) {
    static final String NO_KEY = "";

    Door {
        keys = List.copyOf(keys);
    }

    /** The keys in turn. */
    String key(long turn) {
        return keys.get((int) (turn % keys.size()));
    }

    /** The head of a POST whose body has this length. */
    byte[] head(String key, long length, String... fields) {
        StringBuilder head = new StringBuilder(256)
                .append("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:")
                .append(port)
                .append("\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n");
        if (!key.isEmpty()) {
            head.append("Authorization: Bearer ").append(key).append("\r\n");
        }
        for (String field : fields) {
            head.append(field).append("\r\n");
        }
        return head.append("Content-Length: ")
                .append(length)
                .append("\r\n\r\n")
                .toString()
                .getBytes(ISO_8859_1);
    }

    byte[] post(String key, String body, String... fields) {
        byte[] head = head(key, body.length(), fields);
        byte[] all = new byte[head.length + body.length()];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body.getBytes(ISO_8859_1), 0, all, head.length, body.length());
        return all;
    }

    /** A tool call of 2026-07-28. */
    byte[] call(String key, String tool, String arguments) {
        return call(key, tool, arguments, "{}");
    }

    byte[] call(String key, String tool, String arguments, String capabilities) {
        return post(
                key,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                        + "\",\"arguments\":" + arguments
                        + ",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                        + "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"attack\",\"version\":\"1\"},"
                        + "\"io.modelcontextprotocol/clientCapabilities\":" + capabilities + "}}}",
                "MCP-Protocol-Version: 2026-07-28",
                "Mcp-Method: tools/call",
                "Mcp-Name: " + tool);
    }

    /** An {@code initialize} of 2025-11-25 without its end: what the client says of its version follows, and {@link #END}. */
    static final String INITIALIZE = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
            + "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"attack\",\"version\":\"";

    static final String END = "\"}}}";
}
