package io.headgate.testkit;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/** A client of 2026-07-28 over real sockets, which can be asked everything unless it declares less. */
public final class ModernClient extends McpOverHttp {
    public static final String REVISION = "2026-07-28";

    private static final String ALL = "{\"elicitation\":{\"form\":{},\"url\":{}},\"sampling\":{},\"roots\":{}}";

    private final AtomicInteger lastId = new AtomicInteger();
    private final String capabilities;

    /** A client whose requests have these header fields too: name, value, name, value. */
    public ModernClient(URI url, String... fields) {
        this(url, ALL, fields);
    }

    /** A client of the whole fleet. */
    public ModernClient(InetSocketAddress gateway, String... fields) {
        this(URI.create("http://127.0.0.1:" + gateway.getPort() + "/mcp"), fields);
    }

    private ModernClient(URI url, String capabilities, String... fields) {
        super(url, fields);
        this.capabilities = capabilities;
    }

    /** A client of one server of the fleet. */
    public static ModernClient of(InetSocketAddress gateway, String server) {
        return new ModernClient(URI.create("http://127.0.0.1:" + gateway.getPort() + "/mcp/" + server));
    }

    /** A client that declares these capabilities and no others. */
    public static ModernClient declaring(URI url, String capabilities) {
        return new ModernClient(url, capabilities, new String[0]);
    }

    /** All messages that came back, the response last. */
    public record Answer(int status, List<JsonNode> messages) {
        public JsonNode last() {
            return messages.get(messages.size() - 1);
        }

        public JsonNode result() {
            return last().path("result");
        }

        public String text() {
            return result().path("content").path(0).path("text").asString("");
        }

        /** The keys under which the client was asked something, in their order. */
        public List<String> asked() {
            return new ArrayList<>(result().path("inputRequests").propertyNames());
        }

        public String state() {
            return result().path("requestState").asString();
        }
    }

    public Answer call(String tool, String arguments) {
        return ask("tools/call", tool, params(tool, arguments), "");
    }

    /** Comes back with answers. */
    public Answer call(String tool, String arguments, Answer former, String responses) {
        return call(tool, arguments, former, responses, "");
    }

    public Answer call(String tool, String arguments, Answer former, String responses, String meta) {
        return ask(
                "tools/call",
                tool,
                params(tool, arguments) + ",\"inputResponses\":" + responses + ",\"requestState\":\"" + former.state()
                        + "\"",
                meta);
    }

    /** The members of the params of a call. */
    public static String params(String tool, String arguments) {
        return "\"name\":\"" + tool + "\",\"arguments\":" + arguments;
    }

    /** A request without params that waits for its answer. */
    public Answer ask(String method) {
        return ask(method, "", "", "");
    }

    /** Any request; {@code params} are members of its params, {@code meta} more members of its _meta. */
    public Answer ask(String method, String name, String params, String meta) {
        return send(method, name, params, meta).join();
    }

    public CompletableFuture<Answer> send(String method, String name, String params, String meta) {
        return exchangeLater(next(method, name, params, meta))
                .thenApply(response -> new Answer(response.statusCode(), messages(response.body())));
    }

    /** The answer of a request as it comes. */
    public EventStream open(String method, String params) {
        return stream(next(method, "", params, ""));
    }

    private HttpRequest next(String method, String name, String params, String meta) {
        return request(lastId.incrementAndGet(), method, name, params, meta).build();
    }

    /** A request under an id that a test chooses, with the fields that repeat its body; a name of "" is left out. */
    public HttpRequest.Builder request(Object id, String method, String name, String params, String meta) {
        HttpRequest.Builder request =
                plain().header("MCP-Protocol-Version", REVISION).header("Mcp-Method", method);
        if (!name.isEmpty()) {
            request.header("Mcp-Name", name);
        }
        return request.POST(BodyPublishers.ofString(message(id, method, params, meta)));
    }

    /** The body of a request. */
    public String message(Object id, String method, String params, String meta) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":{" + params
                + (params.isEmpty() ? "" : ",") + "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" + REVISION
                + "\",\"io.modelcontextprotocol/clientCapabilities\":" + capabilities
                + (meta.isEmpty() ? "" : "," + meta) + "}}}";
    }
}
