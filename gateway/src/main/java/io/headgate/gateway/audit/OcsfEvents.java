package io.headgate.gateway.audit;

import io.headgate.filter.audit.format.RecordLine;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Records as events of OCSF 1.x, class API Activity (6003); what the class has no place for is in {@code unmapped}. */
final class OcsfEvents {
    private static final int CATEGORY = 6;
    private static final int CLASS = 6003;
    private static final int OTHER_ACTIVITY = 99;
    private static final int INFORMATIONAL = 1;
    private static final int UNKNOWN = 0;
    private static final int SUCCESS = 1;
    private static final int FAILURE = 2;
    private static final String SCHEMA = "1.9.0";
    private static final Set<String> INTERNAL = Set.of("segment", "seal", "checkpoint");
    private static final List<String> MAPPED =
            List.of("seq", "ts", "node", "type", "call_id", "trace_id", "actor", "src", "prev", "hash");

    private final JsonMapper json = JsonMapper.builder().build();

    /** Whether a record is about the log itself and nothing that happened. */
    static boolean isInternal(RecordLine line) {
        return INTERNAL.contains(line.type());
    }

    String of(RecordLine line) {
        JsonNode source =
                json.readTree(new String(line.bytes(), line.from(), line.to() - line.from(), StandardCharsets.UTF_8));
        int status = status(source);
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("category_uid", CATEGORY);
        event.put("class_uid", CLASS);
        event.put("activity_id", OTHER_ACTIVITY);
        event.put("activity_name", line.type());
        event.put("type_uid", CLASS * 100L + OTHER_ACTIVITY);
        event.put("severity_id", INFORMATIONAL);
        event.put("time", Instant.parse(line.time()).toEpochMilli());
        event.put("status_id", status);
        event.put("status", status == SUCCESS ? "Success" : status == FAILURE ? "Failure" : "Unknown");
        event.put("metadata", metadata(line, source));
        event.put("actor", actor(source.path("actor")));
        event.put("src_endpoint", endpoint(source.path("src")));
        event.put("api", api(source));
        Map<String, Object> unmapped = new LinkedHashMap<>();
        source.properties().forEach(member -> {
            if (!MAPPED.contains(member.getKey())) {
                unmapped.put(member.getKey(), member.getValue());
            }
        });
        event.put("unmapped", unmapped);
        return json.writeValueAsString(event);
    }

    /** Whoever receives an event twice knows it by its {@code uid}. */
    private static Map<String, Object> metadata(RecordLine line, JsonNode source) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("version", SCHEMA);
        metadata.put("product", Map.of("name", "Headgate", "vendor_name", "Headgate"));
        metadata.put("uid", text(source.path("node")) + ":" + line.seq());
        metadata.put("sequence", line.seq());
        put(metadata, "correlation_uid", text(source.path("trace_id")));
        metadata.put("log_name", "audit");
        metadata.put("original_event_uid", line.hash());
        return metadata;
    }

    private static Map<String, Object> actor(JsonNode actor) {
        Map<String, Object> user = new LinkedHashMap<>();
        put(user, "uid", text(actor.path("sub")));
        put(user, "domain", text(actor.path("iss")));
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("user", user);
        put(all, "app_uid", text(actor.path("client_id")));
        return all;
    }

    private static Map<String, Object> endpoint(JsonNode source) {
        Map<String, Object> endpoint = new LinkedHashMap<>();
        put(endpoint, "ip", text(source.path("ip")));
        return endpoint;
    }

    private static Map<String, Object> api(JsonNode source) {
        JsonNode mcp = source.path("mcp");
        Map<String, Object> api = new LinkedHashMap<>();
        String tool = text(mcp.path("tool"));
        String method = text(mcp.path("method"));
        put(api, "operation", tool != null ? tool : method != null ? method : text(source.path("type")));
        put(api, "version", text(mcp.path("version")));
        String upstream = text(mcp.path("upstream"));
        if (upstream != null) {
            api.put("service", Map.of("name", upstream));
        }
        String call = text(source.path("call_id"));
        if (call != null) {
            api.put("request", Map.of("uid", call));
        }
        JsonNode code = source.path("outcome").path("rpc_code");
        if (code.isNumber()) {
            api.put("response", Map.of("code", code));
        }
        return api;
    }

    /** Three outcomes are apart in a record, and all must be well. */
    private static int status(JsonNode source) {
        JsonNode outcome = source.path("outcome");
        JsonNode allow = source.path("decision").path("allow");
        if (allow.isBoolean() && !allow.asBoolean()) {
            return FAILURE;
        }
        String transport = text(outcome.path("transport"));
        if (transport == null || transport.equals("unknown")) {
            return UNKNOWN;
        }
        boolean isGood = transport.equals("ok")
                && !outcome.path("rpc_code").isNumber()
                && !outcome.path("tool_error").asBoolean(false);
        return isGood ? SUCCESS : FAILURE;
    }

    private static @Nullable String text(JsonNode node) {
        return node.isString() ? node.asString() : null;
    }

    private static void put(Map<String, Object> to, String name, @Nullable String value) {
        if (value != null) {
            to.put(name, value);
        }
    }
}
