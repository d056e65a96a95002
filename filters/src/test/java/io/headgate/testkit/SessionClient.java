package io.headgate.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import tools.jackson.databind.JsonNode;

/** A client of an older revision with a session over Streamable HTTP. */
public final class SessionClient extends McpOverHttp {
    /** Capabilities of a client that can be asked everything. */
    public static final String ALL = "{\"elicitation\":{},\"sampling\":{},\"roots\":{\"listChanged\":true}}";

    private static final String NEWEST = "2025-11-25";

    private final String session;
    private final String welcome;

    private SessionClient(URI url, String session, String welcome, String... fields) {
        super(url, fields);
        this.session = session;
        this.welcome = welcome;
    }

    /** A client of 2025-11-25 of the whole fleet. */
    public static SessionClient of(InetSocketAddress gateway, String capabilities) {
        return open(URI.create("http://127.0.0.1:" + gateway.getPort() + "/mcp"), NEWEST, capabilities);
    }

    /** A client of 2025-11-25 that can be asked everything. */
    public static SessionClient open(URI url) {
        return open(url, NEWEST, ALL);
    }

    public static SessionClient open(URI url, String revision, String capabilities) {
        SessionClient stranger = new SessionClient(url, "", "");
        HttpResponse<String> opened = stranger.post(initialize(revision, capabilities));
        String session = opened.headers()
                .firstValue("mcp-session-id")
                .orElseThrow(() -> new AssertionError(opened.statusCode() + " " + opened.body()));
        return new SessionClient(url, session, opened.body(), "Mcp-Session-Id", session);
    }

    /** The body of the first request of a session. */
    public static String initialize(String revision, String capabilities) {
        return "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"" + revision
                + "\",\"capabilities\":" + capabilities + ",\"clientInfo\":{\"name\":\"test\",\"version\":\"1\"}}}";
    }

    /** The body of any other request. */
    public static String message(Object id, String method, String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":" + params + "}";
    }

    /** The body of a call. */
    public static String callMessage(Object id, String tool, String arguments) {
        return message(id, "tools/call", "{" + ModernClient.params(tool, arguments) + "}");
    }

    /** The id of the session. */
    public String session() {
        return session;
    }

    /** The answer to the first request, as it came. */
    public String welcome() {
        return welcome;
    }

    /** A request under an id that a test chooses. */
    public HttpRequest request(Object id, String method, String params) {
        return plain().POST(BodyPublishers.ofString(message(id, method, params)))
                .build();
    }

    /** The one answer to a request that has no stream. */
    public JsonNode ask(String method, String params) {
        HttpResponse<String> answer = exchange(request(1, method, params));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        return json(answer.body());
    }

    public JsonNode call(String tool, String arguments) {
        return ask("tools/call", "{" + ModernClient.params(tool, arguments) + "}");
    }

    /** The events of a call's answer. */
    public EventStream calling(String tool, String arguments) {
        return stream(
                "tools/call", "{" + ModernClient.params(tool, arguments) + ",\"_meta\":{\"progressToken\":\"t\"}}");
    }

    public EventStream stream(String method, String params) {
        return stream(request(1, method, params));
    }

    /** The stream of what belongs to no call. */
    public EventStream standing() {
        return stream(plain().GET().build());
    }

    public EventStream resume(String lastEventId) {
        return stream(plain().header("Last-Event-ID", lastEventId).GET().build());
    }

    public void answer(JsonNode question, String result) {
        tell("{\"jsonrpc\":\"2.0\",\"id\":" + question.get("id") + ",\"result\":" + result + "}");
    }

    /** Sends what has no answer. */
    public void tell(String message) {
        HttpResponse<String> taken = post(message);
        assertThat(taken.statusCode()).as(taken.body()).isEqualTo(202);
    }

    public void end() {
        assertThat(exchange(plain().DELETE().build()).statusCode()).isEqualTo(200);
    }
}
