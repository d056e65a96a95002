package io.headgate.gateway.upstream.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.filter.Exchange;
import io.headgate.filter.Filter;
import io.headgate.gateway.dialect.FakeCall;
import io.headgate.gateway.fuzz.DefectLog;
import io.headgate.gateway.fuzz.FuzzedServer;
import io.headgate.gateway.fuzz.HeadAndBody;
import io.headgate.gateway.fuzz.InnerGateway;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a filter saw of a request is what the bytes say that its server receives: method, name, arguments and all that is not
 * a matter of one hop.
 *
 * <p>A field {@code server} in the head of the input chooses the endpoint of one server; {@code {session}} is the id of an
 * open session.
 */
class SeenAndSentFuzzTest {
    private static final DefectLog LOG = DefectLog.open();
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final Set<String> OF_ONE_HOP = Set.of("_meta", "requestState", "task");
    private static final String INITIALIZE = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
            + "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"elicitation\":{}},"
            + "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";

    /** So many inputs share their sessions and parked calls. */
    private static final int LIFE = 200;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final MemoryBudget memory = MemoryBudget.unlimited(meters);
    private final List<Exchange> seen = new ArrayList<>();
    private final List<Sent> sent = new ArrayList<>();
    private final Filter filter = (exchange, next) -> {
        seen.add(exchange);
        return next.handle(exchange);
    };
    private InnerGateway gateway = open();
    private String session = session();
    private int inputs;

    /** What went to a server: who wanted it, what stands in the body, and the fields. */
    private record Sent(Exchange exchange, JsonNode body, Map<String, String> fields) {}

    @AfterEach
    void close() {
        gateway.close();
    }

    @FuzzTest
    void sendsWhatAFilterSaw(byte[] input) {
        if (++inputs % LIFE == 0) {
            gateway.close();
            gateway = open();
            session = session();
        }
        seen.clear();
        sent.clear();
        String text = new String(input, StandardCharsets.ISO_8859_1).replace("{session}", session);
        HeadAndBody request = HeadAndBody.of(text.getBytes(StandardCharsets.ISO_8859_1));
        String server = "";
        for (HeadAndBody.Field field : request.fields()) {
            server = field.name().equals("server") ? field.value() : server;
        }
        FakeCall call = FakeCall.post(server, request.body());
        request.fields().forEach(field -> call.with(field.name(), field.value()));
        gateway.dialects().handle(call);
        for (Sent one : sent) {
            assertThat(seen.stream().filter(exchange -> isSame(exchange, one)))
                    .as("%s %s, seen by no filter", one.body(), one.fields())
                    .isNotEmpty();
        }
        LOG.assertNone();
    }

    private static boolean isSame(Exchange filtered, Sent one) {
        JsonNode params = one.body().get("params");
        JsonNode wanted = tree(filtered.message().envelope().params());
        if (!one.body().get("method").stringValue().equals(filtered.method())) {
            return false;
        }
        String name = bare(filtered);
        if (!name.isEmpty()) {
            String path = nameOf(filtered.method(), wanted);
            JsonNode place = path.startsWith("ref.") ? params.get("ref") : params;
            String member = path.substring(path.indexOf('.') + 1);
            if (!name.equals(text(place.get(member)))) {
                return false;
            }
            ((ObjectNode) (path.startsWith("ref.") ? wanted.get("ref") : wanted)).put(member, name);
            String header = one.fields().get("mcp-name");
            if (header != null && !header.equals(HeaderText.encode(name))) {
                return false;
            }
        }
        String method = one.fields().get("mcp-method");
        return (method == null || method.equals(filtered.method()))
                && without(params).equals(without(wanted))
                && paramsAgree(filtered, one.fields());
    }

    /** Where a request names what it wants, which its server knows by a shorter name. */
    private static String nameOf(String method, JsonNode params) {
        return switch (method) {
            case Methods.TOOLS_CALL, Methods.PROMPTS_GET -> "name";
            case Methods.COMPLETE ->
                "ref/resource".equals(text(params.get("ref").get("type"))) ? "ref.uri" : "ref.name";
            case Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL -> "taskId";
            default -> "uri";
        };
    }

    private static boolean paramsAgree(Exchange filtered, Map<String, String> fields) {
        Map<String, String> expected = new HashMap<>();
        if (filtered.method().equals(Methods.TOOLS_CALL)) {
            filtered.headers().forEach((name, value) -> {
                if (name.startsWith("mcp-param-")) {
                    expected.put(name, value);
                }
            });
        }
        Map<String, String> actual = new HashMap<>(fields);
        actual.keySet().removeIf(name -> !name.startsWith("mcp-param-"));
        return actual.isEmpty() || actual.equals(expected);
    }

    /** The name in the server's own words. */
    private static String bare(Exchange filtered) {
        String name = filtered.target().name();
        return filtered.target().server().isEmpty()
                ? name.replaceFirst("^(new|old)(__|\\+)", "").replaceFirst("^ui://(new|old)\\+", "ui://")
                : name;
    }

    private static JsonNode without(JsonNode params) {
        ObjectNode rest = (ObjectNode) params.deepCopy();
        return rest.without(OF_ONE_HOP);
    }

    private static JsonNode tree(@Nullable RawJson json) {
        return json == null ? JSON.createObjectNode() : JSON.readTree(json.toByteArray());
    }

    private static @Nullable String text(@Nullable JsonNode node) {
        return node == null || !node.isString() ? null : node.stringValue();
    }

    private InnerGateway open() {
        return new InnerGateway(
                List.of(
                        new FuzzedServer(
                                "new", Era.MODERN, exchange -> write(exchange, RequestWriter.modern(exchange, 7))),
                        new FuzzedServer(
                                "old", Era.LEGACY, exchange -> write(exchange, RequestWriter.legacy(exchange, 7)))),
                filter,
                meters,
                memory);
    }

    private void write(Exchange exchange, OutgoingRequest request) {
        if (!(exchange.message() instanceof JsonRpc.Request)) {
            return;
        }
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i < request.fields().size(); i += 2) {
            String before = fields.put(request.fields().get(i), request.fields().get(i + 1));
            assertThat(before).as("a field twice").isNull();
        }
        byte[] body = Objects.requireNonNull(request.body()).toByteArray();
        sent.add(new Sent(exchange, JSON.readTree(body), fields));
    }

    private String session() {
        FakeCall call = FakeCall.post("", INITIALIZE.getBytes(StandardCharsets.UTF_8))
                .with("MCP-Protocol-Version", "2025-11-25");
        gateway.dialects().handle(call);
        return Objects.requireNonNull(call.answerField("Mcp-Session-Id"));
    }
}
