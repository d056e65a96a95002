package io.headgate.filter;

import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Exchanges and messages as a filter meets them. */
public final class Exchanges {
    private Exchanges() {}

    /** A call of the tool {@code echo} by an anonymous client. */
    public static Exchange toolCall() {
        return request("tools/call", "{\"name\":\"echo\",\"arguments\":{\"text\":\"hi\"}}", Target.Kind.TOOL, "echo");
    }

    public static Exchange request(String method, String params) {
        return request(method, params, Target.Kind.NONE, "");
    }

    public static Exchange request(String method, String params, Target.Kind kind, String name) {
        Envelope envelope =
                read("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}");
        RequestId id = Objects.requireNonNull(envelope.id());
        return exchange(new JsonRpc.Request(id, envelope.method(), envelope), new Target("", kind, name));
    }

    public static Exchange notification(String method) {
        Envelope envelope = read("{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\"}");
        return exchange(new JsonRpc.ClientNotification(envelope.method(), envelope), new Target(""));
    }

    public static JsonRpc.Notification progress(int step) {
        return new JsonRpc.Notification(
                "notifications/progress", RawJson.of("{\"progressToken\":1,\"progress\":" + step + "}"));
    }

    public static JsonRpc.Success success(String text) {
        return JsonRpc.Success.of("{\"content\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}");
    }

    private static Exchange exchange(JsonRpc.FromClient message, Target target) {
        Client client = new Client(ProtocolVersions.V2026_07_28, RawJson.EMPTY_OBJECT, null, null);
        String tool = target.kind() == Target.Kind.TOOL ? target.name() : "";
        Route route = new Route.Known("", tool, tool, ToolHints.NONE, null);
        return new Exchange(message, target, route, Caller.ANONYMOUS, client, null, RequestHeaders.NONE);
    }

    private static Envelope read(String message) {
        try {
            return Envelope.read(message.getBytes(StandardCharsets.UTF_8), JsonLimits.CLIENT);
        } catch (BadMessage bad) {
            throw new IllegalArgumentException(message, bad);
        }
    }
}
