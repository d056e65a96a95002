package io.headgate.gateway.hostile;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The tools of a stub: each behaves as some case needs it. */
final class StubTools {
    static final String CAPABILITIES = "{\"tools\":{\"listChanged\":true},\"prompts\":{},\"resources\":{}}";
    static final String RESOURCES = "[{\"uri\":\"file:///readme\",\"name\":\"readme\"}]";

    private static final List<String> NAMES = List.of("echo", "slow", "hang", "ask", "pay", "big", "flood", "wipe");
    private static final String ANY = "{\"type\":\"object\"}";
    private static final String FORM = "{\"mode\":\"form\",\"message\":\"Go on?\",\"requestedSchema\":"
            + "{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"}}}}";
    private static final double LONGEST_CALL_SECONDS = 30;
    private static final double ANSWER_TURN_SECONDS = 0.02;

    private final StubUpstream.Era era;
    private final String more;
    private final Set<StubExchange> listeners = ConcurrentHashMap.newKeySet();
    private final AtomicInteger questions = new AtomicInteger();

    /** Questions that the client has answered, by their ids. */
    private final Set<Integer> answered = ConcurrentHashMap.newKeySet();

    /** How long {@code echo} sleeps first. */
    volatile double echoSeconds;

    /** How long {@code slow} takes. */
    volatile double slowSeconds = 0.3;

    /** Calls that ran to their end. */
    final AtomicInteger finished = new AtomicInteger();

    /** When calls of {@code hang} were given up by the other side, in nanoseconds. */
    final List<Long> givenUpAt = new CopyOnWriteArrayList<>();

    /** Requests for which {@code notifications/cancelled} came. */
    final AtomicInteger cancelled = new AtomicInteger();

    StubTools(StubUpstream.Era era) {
        this(era, "");
    }

    /** With tools besides, as {@link #more} writes them. */
    StubTools(StubUpstream.Era era, String more) {
        this.era = era;
        this.more = more;
    }

    /** Tools as JSON with a comma before each. */
    static String more(List<Preparation.Tool> tools) {
        StringBuilder more = new StringBuilder();
        for (Preparation.Tool tool : tools) {
            more.append(',').append(tool(tool.name(), property(tool.argument(), tool.type(), tool.header())));
        }
        return more.toString();
    }

    /** The names of its usual tools. */
    List<String> names() {
        return NAMES;
    }

    String list() {
        StringBuilder list = new StringBuilder("[");
        for (String plain : NAMES) {
            list.append(tool(plain, ANY)).append(',');
        }
        list.append(tool("sql", property("region", "string", "Region"))).append(',');
        list.append(tool("t", property("n", "integer", "N"))).append(more).append(']');
        return list.toString();
    }

    private static String tool(String name, String schema) {
        return "{\"name\":\"" + name + "\",\"description\":\"" + name + " of a stub\",\"inputSchema\":" + schema + "}";
    }

    private static String property(String name, String type, String header) {
        return "{\"type\":\"object\",\"properties\":{\"" + name + "\":{\"type\":\"" + type + "\",\"x-mcp-header\":\""
                + header + "\"}}}";
    }

    /** Answers a call by the tool's name; anything that is no tool call is answered at once. */
    void call(StubExchange exchange) throws IOException, InterruptedException {
        if (exchange.rpcMethod().equals("resources/read")) {
            exchange.result(complete() + "\"contents\":[{\"uri\":\"file:///readme\",\"text\":\"hello\"}]");
            return;
        }
        switch (exchange.params().path("name").asString("")) {
            case "slow" -> slow(exchange);
            case "hang" -> hang(exchange);
            case "ask", "pay" -> ask(exchange);
            case "big" -> text(exchange, "a".repeat(1 << 20));
            case "flood" -> flood(exchange);
            default -> {
                if (echoSeconds > 0 && exchange.awaitDisconnect(echoSeconds)) {
                    return;
                }
                text(exchange, exchange.arguments().toString());
            }
        }
        finished.incrementAndGet();
    }

    private String complete() {
        return era == StubUpstream.Era.MODERN ? "\"resultType\":\"complete\"," : "";
    }

    private void text(StubExchange exchange, String text) throws IOException {
        String quoted = JsonTree.MAPPER.writeValueAsString(text);
        exchange.result(complete() + "\"content\":[{\"type\":\"text\",\"text\":" + quoted + "}]");
    }

    private void slow(StubExchange exchange) throws IOException {
        String value = exchange.arguments().path("v").asString("");
        exchange.startStream();
        for (int i = 1; i <= 3; i++) {
            progress(exchange, i, value);
            if (exchange.awaitDisconnect(slowSeconds / 3)) {
                throw new IOException("the gateway went away");
            }
        }
        text(exchange, value);
    }

    private static void progress(StubExchange exchange, int step, String message) throws IOException {
        JsonNode token = exchange.params().path("_meta").path("progressToken");
        if (token.isMissingNode()) {
            return;
        }
        exchange.event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"
                + token + ",\"progress\":" + step + ",\"message\":\"" + message + "\"}}");
    }

    /** Never answers; a progress event first makes sure that the client's stream is open. */
    private void hang(StubExchange exchange) throws IOException {
        exchange.startStream();
        progress(exchange, 1, "");
        if (exchange.awaitDisconnect(LONGEST_CALL_SECONDS)) {
            givenUpAt.add(System.nanoTime());
            throw new IOException("the gateway went away");
        }
        text(exchange, "late");
    }

    private void ask(StubExchange exchange) throws IOException {
        if (era == StubUpstream.Era.LEGACY) {
            askOnStream(exchange, questions.incrementAndGet());
            return;
        }
        JsonNode capabilities = exchange.params().path("_meta").path("io.modelcontextprotocol/clientCapabilities");
        if (exchange.params().has("inputResponses")) {
            text(exchange, "answered");
        } else if (!capabilities.has("elicitation")) {
            String data = ",\"data\":{\"requiredCapabilities\":{\"elicitation\":{}}}";
            exchange.error(400, -32021, "elicitation is needed", data);
        } else {
            exchange.result("\"resultType\":\"input_required\",\"requestState\":\"stub-state\",\"inputRequests\":"
                    + "{\"go\":{\"method\":\"elicitation/create\",\"params\":" + FORM + "}}");
        }
    }

    /** A question in the middle of a call, which ends with its answer. */
    private void askOnStream(StubExchange exchange, int id) throws IOException {
        exchange.startStream();
        exchange.event(
                "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"elicitation/create\",\"params\":" + FORM + "}");
        while (!answered.contains(id)) {
            if (exchange.awaitDisconnect(ANSWER_TURN_SECONDS)) {
                return;
            }
        }
        text(exchange, "answered");
    }

    /** Streams 50 MB of log messages, or of progress if none were asked for; then the result. */
    private void flood(StubExchange exchange) throws IOException {
        exchange.startStream();
        JsonNode meta = exchange.params().path("_meta");
        boolean logs = meta.has("io.modelcontextprotocol/logLevel")
                || meta.path("progressToken").isMissingNode();
        ObjectNode params = JsonTree.MAPPER.createObjectNode();
        if (logs) {
            params.put("level", "info").put("data", "a".repeat(10_000));
        } else {
            params.set("progressToken", meta.path("progressToken"));
            params.put("message", "a".repeat(10_000));
        }
        String method = logs ? "notifications/message" : "notifications/progress";
        for (int i = 1; i <= 5_000; i++) {
            if (!logs) {
                params.put("progress", i);
            }
            exchange.event("{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":" + params + "}");
        }
        text(exchange, "done");
    }

    /** A client's answer or notification arrived at a legacy server. */
    void answered(StubExchange exchange) {
        if (exchange.rpcMethod().equals("notifications/cancelled")) {
            cancelled.incrementAndGet();
        } else if (exchange.message().has("result") || exchange.message().has("error")) {
            answered.add(exchange.message().path("id").asInt());
        }
    }

    /** Acknowledges a subscription and holds it open. */
    void listen(StubExchange exchange) throws IOException {
        exchange.startStream();
        exchange.event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":"
                + "{\"notifications\":" + exchange.params().path("notifications")
                + ",\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":" + exchange.id() + "}}}");
        listeners.add(exchange);
        try {
            while (!exchange.awaitDisconnect(LONGEST_CALL_SECONDS)) {
                exchange.chunk(Words.ascii(":\n\n"));
            }
        } finally {
            listeners.remove(exchange);
        }
        throw new IOException("the gateway went away");
    }

    /** Tells those who listen that the tools are other ones. */
    void changed() throws IOException {
        for (StubExchange listener : listeners) {
            listener.event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
        }
    }
}
