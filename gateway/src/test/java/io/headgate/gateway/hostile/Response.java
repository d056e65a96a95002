package io.headgate.gateway.hostile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One HTTP response, or as much of it as has come.
 *
 * @param fields name and value of each field in turn
 * @param informational how many 1xx responses came before it
 * @param isComplete false while an open stream may still send more
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, and the bytes are what it is about.
record Response(int status, List<String> fields, byte[] body, int informational, boolean isComplete) {
    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** The first value of a field, or the empty string. */
    String field(String name) {
        for (int i = 0; i < fields.size(); i += 2) {
            if (fields.get(i).equalsIgnoreCase(name)) {
                return fields.get(i + 1);
            }
        }
        return "";
    }

    boolean hasField(String name) {
        for (int i = 0; i < fields.size(); i += 2) {
            if (fields.get(i).equalsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }

    boolean isStream() {
        return field("content-type").toLowerCase(Locale.ROOT).startsWith("text/event-stream");
    }

    boolean announcesClose() {
        return field("connection").toLowerCase(Locale.ROOT).contains("close");
    }

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** True if a message in it has the same key twice in one object, which no two readers understand alike. */
    boolean hasDuplicateKey() {
        for (String document : documents()) {
            try {
                STRICT.readTree(document);
            } catch (JacksonException e) {
                String reason = String.valueOf(e.getOriginalMessage());
                if (reason.toLowerCase(Locale.ROOT).contains("duplicate")) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The JSON-RPC messages in it, of the one document or of all events. */
    List<JsonNode> messages() {
        List<JsonNode> messages = new ArrayList<>();
        documents().forEach(document -> addMessage(messages, document));
        return messages;
    }

    private List<String> documents() {
        if (!isStream()) {
            return List.of(text());
        }
        List<String> documents = new ArrayList<>();
        for (String event : text().replace("\r\n", "\n").split("\n\n", -1)) {
            StringBuilder data = new StringBuilder();
            for (String line : event.split("\n", -1)) {
                if (line.startsWith("data:")) {
                    data.append(data.isEmpty() ? "" : "\n")
                            .append(line.substring(5).strip());
                }
            }
            documents.add(data.toString());
        }
        return documents;
    }

    private static void addMessage(List<JsonNode> messages, String json) {
        try {
            JsonNode node = json.isBlank() ? null : JsonTree.MAPPER.readTree(json);
            if (node != null && node.isObject()) {
                messages.add(node);
            } else if (node != null && node.isArray()) {
                node.forEach(messages::add);
            }
        } catch (JacksonException e) {
            // A body that is no message counts as none: the check of the expected answer says so.
        }
    }

    /** The ids of its events, in order. */
    List<String> eventIds() {
        List<String> ids = new ArrayList<>();
        for (String line : text().split("\r?\n", -1)) {
            if (line.startsWith("id:")) {
                ids.add(line.substring(3).strip());
            }
        }
        return ids;
    }
}
