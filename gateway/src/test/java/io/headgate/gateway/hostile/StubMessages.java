package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** The messages with which steps answer a request, built from the words that cases use for them. */
final class StubMessages {
    /** {@code NAME=VALUE}; a value is JSON, a word, or a size. */
    private static final Pattern MEMBER = Pattern.compile(
            "(?<![\\w\"])([\\w.]+)=(\\{.*}|\\[.*]|\"(?:[^\"\\\\]|\\\\.)*\"|<[^>]*>|[^\\s,]+)( as (?:a )?(?:string|number))?");

    private static final Pattern WITHOUT = Pattern.compile("\\bwithout (?:an? )?(\\w+)");
    private static final Pattern INPUTS = Pattern.compile("\\b(?:gen )?([\\d,]+) inputRequests?(?: of ([\\w/]+))?");
    private static final Pattern STATE_OF = Pattern.compile("requestState of ([\\d,.]+) ?(bytes?|KiB|MiB)");

    /** A method of the other side. */
    private static final Pattern ONE_INPUT = Pattern.compile("\\b[a-z]+/[a-zA-Z]+\\b");

    private static final Pattern SIZED = Pattern.compile(
            "(?:a )?(?:result|answer|body|message|text)(?: text)? of ([\\d,.]+) ?(bytes?|KiB|MiB|KB|MB)(?: ?\\+ ?(\\d+))?(?: bytes?)?");
    private static final Pattern BYTES =
            Pattern.compile("(?:([\\d,]+) )?(?:random |arbitrary )?(bytes?|KiB|MiB)(?: of (?:body|nothing|noise))?");
    private static final Pattern HEADERS =
            Pattern.compile("([\\d,.]+) ?(bytes?|KiB|KB)? (?:of )?(?:response )?headers?(?: fields?)?");
    private static final Pattern ZIPPED =
            Pattern.compile("(?:gzip|deflate)\\b.*?(?:->|expanding to|unpacking to) ?([\\d.,]+) ?(KiB|MiB|GiB)");
    private static final Pattern QUOTED = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern LINES = Pattern.compile("(?:an?|one) event (?:with|of|in) ([\\d,]+) data lines");
    private static final Pattern ENDLESS = Pattern.compile("\"(data: ?|:)\" ?\\+ ?([\\d.]+) ?(MiB|KiB)");
    private static final Pattern MANY = Pattern.compile(
            "([\\d,]+) (progress|log|comment|list_changed|message)s?(?: events?| notifications?| lines?)?");
    private static final Pattern STEP = Pattern.compile("progress (-?[\\d.]+)");
    private static final Pattern METHOD =
            Pattern.compile("(request |question )?([a-z][\\w]*(?:/\\w+)+|ping)(?: id=(\\S+))?(.*)");

    private static final String TOOL_CHANGES = "notifications/tools/list_changed";
    private static final String ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
    private static final String SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";

    private final String id;
    private final JsonNode requestParams;

    /** Answers to a request. */
    StubMessages(StubExchange exchange) {
        this(exchange.id(), exchange.params());
    }

    private StubMessages(String id, JsonNode requestParams) {
        this.id = id;
        this.requestParams = requestParams;
    }

    /** Finds out before a case whether words can be built at all. */
    static void understand(String verb, String words) {
        StubMessages messages = new StubMessages("1", MissingNode.getInstance());
        switch (verb) {
            case "json", "tools" -> messages.document(verb.equals("tools") ? "tools " + words : words);
            case "event" -> messages.event(words);
            case "gen" -> {
                boolean isMeasure = Stream.of(ZIPPED, HEADERS, BYTES, SIZED, ENDLESS)
                        .anyMatch(measure -> measure.matcher(words).matches());
                if (!isMeasure && messages.generated(words).length == 0) {
                    var unused = messages.pieces(words);
                }
            }
            default -> {
                // Words that mean what they say.
            }
        }
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String unquote(String text) {
        String inner = text.startsWith("\"") && text.endsWith("\"") && text.length() > 1
                ? text.substring(1, text.length() - 1)
                : text;
        return Words.unescape(inner).replace("\\\"", "\"");
    }

    private String id() {
        return id;
    }

    private static ObjectNode object() {
        return JsonTree.MAPPER.createObjectNode();
    }

    /** The document of a {@code json} step. */
    byte[] json(String what) {
        return utf8(document(what));
    }

    private String document(String what) {
        if (what.startsWith("{") || what.startsWith("[")) {
            return what.replace("${id}", id());
        } else if (what.startsWith("\"")) {
            return unquote(what);
        } else if (what.startsWith("error")) {
            return error(what.substring("error".length())).toString();
        } else if (what.startsWith("result") || what.equals("ok")) {
            return result(what.startsWith("result") ? what.substring("result".length()) : " ok")
                    .toString();
        } else if (what.matches("(?:tools|prompts|resources)\\b.*")) {
            return new StubCatalog(what).page(id());
        } else if (what.matches("nothing|empty|empty body")) {
            return "";
        } else if (what.matches("(?:a )?(?:batch|array) .*|two (?:results|responses|documents)")) {
            String one = result(" ok").toString();
            return what.contains("documents") ? one + one : "[" + one + "," + one + "]";
        } else if (what.startsWith("notification ") || what.startsWith("request ")) {
            return event(what.replaceFirst("notification ", ""));
        }
        throw new Unbuildable("upstream json: " + what);
    }

    private ObjectNode message() {
        ObjectNode message = object().put("jsonrpc", "2.0");
        message.set("id", JsonTree.MAPPER.readTree(id()));
        return message;
    }

    private static JsonNode value(String written, String as) {
        String text = written.startsWith("<") ? Words.expand(written, java.util.Map.of()) : written;
        if (as.endsWith("string")) {
            return JsonTree.MAPPER.getNodeFactory().stringNode(text.replace("\"", ""));
        }
        try {
            return JsonTree.MAPPER.readTree(text);
        } catch (JacksonException e) {
            return JsonTree.MAPPER.getNodeFactory().stringNode(text);
        }
    }

    /** An error with the members that the words name. */
    private ObjectNode error(String words) {
        ObjectNode message = message();
        ObjectNode error = message.putObject("error").put("code", -32603).put("message", "stub");
        members(words, message, error);
        Matcher without = WITHOUT.matcher(words);
        while (without.find()) {
            remove(without.group(1), message, error);
        }
        return message;
    }

    /** A result with the members that the words name; what is left of them is its text. */
    private ObjectNode result(String words) {
        ObjectNode message = message();
        if (words.trim().matches("null|missing")) {
            return words.trim().equals("null") ? message.putNull("result") : message;
        }
        ObjectNode result = message.putObject("result").put("resultType", "complete");
        String rest = words;
        Matcher inputs = INPUTS.matcher(words);
        boolean asks = words.contains("input_required");
        if (asks) {
            result.put("resultType", "input_required");
            rest = rest.replace("input_required", "").replaceFirst("(?<!=)\\brequestState(?!=)", "");
            Matcher sized = STATE_OF.matcher(words);
            if (sized.find()) {
                result.put("requestState", "s".repeat(Words.bytes(sized.group(1), sized.group(2))));
            } else if (words.matches(".*\\brequestState(?!=).*")) {
                result.put("requestState", "again");
            }
            Matcher one = ONE_INPUT.matcher(rest);
            if (!inputs.find() && one.find()) {
                result.putObject("inputRequests")
                        .putObject("k")
                        .put("method", one.group())
                        .putObject("params");
            }
            inputs.reset();
        }
        if (inputs.find()) {
            String method = inputs.group(2) == null ? "roots/list" : inputs.group(2);
            ObjectNode requests = result.putObject("inputRequests");
            for (int i = 0; i < Words.number(inputs.group(1)); i++) {
                requests.putObject("k" + i).put("method", method).putObject("params");
            }
            rest = rest.replace(inputs.group(), "");
        }
        rest = members(rest, message, result);
        Matcher without = WITHOUT.matcher(rest);
        List<String> removed = new ArrayList<>();
        while (without.find()) {
            removed.add(without.group(1));
        }
        if (!asks && !result.has("content")) {
            String text = WITHOUT.matcher(rest)
                    .replaceAll("")
                    .replaceFirst("^\\s*(?:with|and)\\b", "")
                    .strip();
            content(result, text.isEmpty() ? "x" : text);
        }
        removed.forEach(name -> remove(name, message, result));
        return message;
    }

    private static void content(ObjectNode result, String text) {
        result.putArray("content").addObject().put("type", "text").put("text", text);
    }

    private static void remove(String name, ObjectNode message, ObjectNode inner) {
        (inner.has(name) ? inner : message).remove(name);
    }

    /** Sets the members that words name, and gives back the other words. */
    private String members(String words, ObjectNode message, ObjectNode inner) {
        Matcher member = MEMBER.matcher(words);
        StringBuilder rest = new StringBuilder();
        while (member.find()) {
            member.appendReplacement(rest, "");
            String name = member.group(1);
            String as = member.group(3) == null ? "" : member.group(3);
            JsonNode value = value(member.group(2).replace("${id}", id()), as);
            if (name.equals("text")) {
                // What stands between the quotes is JSON already: its line ends are escapes, which is the point.
                content(inner, value.asString(value.toString()));
            } else if (name.equals("id") || name.equals("jsonrpc") || name.equals("method")) {
                message.set(name, value);
            } else {
                inner.set(name, value);
            }
        }
        return member.appendTail(rest).toString();
    }

    /** The data of an {@code event} step, on one line. */
    String event(String what) {
        if (what.startsWith("progress")) {
            return progress(what);
        } else if (what.startsWith("result") || what.startsWith("error") || what.startsWith("{")) {
            return document(what);
        } else if (what.startsWith("\"")) {
            return unquote(what);
        }
        String named = switch (what.replaceFirst(" .*", "")) {
            case "list_changed", "tools/list_changed" -> TOOL_CHANGES;
            case "prompts/list_changed", "resources/list_changed", "resources/updated", "message", "cancelled" ->
                "notifications/" + what.replaceFirst(" .*", "");
            case "acknowledged", "subscriptions/acknowledged" -> ACKNOWLEDGED;
            default -> what;
        };
        Matcher method = METHOD.matcher(named);
        if (!method.matches()) {
            throw new Unbuildable("upstream event: " + what);
        }
        boolean isRequest = method.group(1) != null || method.group(3) != null;
        ObjectNode message = object().put("jsonrpc", "2.0").put("method", method.group(2));
        if (isRequest || !method.group(2).startsWith("notifications/")) {
            message.set("id", value(method.group(3) == null ? "5" : method.group(3), ""));
        }
        message.set("params", params(method.group(2)));
        members(method.group(4), message, (ObjectNode) message.get("params"));
        return message.toString();
    }

    private ObjectNode params(String method) {
        ObjectNode params = object();
        switch (method) {
            case "notifications/message" -> params.put("level", "info").put("data", "stub");
            case "notifications/resources/updated" -> params.put("uri", "file:///readme");
            case "notifications/cancelled" -> params.set("requestId", JsonTree.MAPPER.readTree(id()));
            case ACKNOWLEDGED -> {
                JsonNode asked = requestParams.path("notifications");
                params.set("notifications", asked.isMissingNode() ? object() : asked);
                params.putObject("_meta").set(SUBSCRIPTION, JsonTree.MAPPER.readTree(id()));
            }
            case "sampling/createMessage" -> params.put("maxTokens", 1).putArray("messages");
            case "elicitation/create" -> params.put("message", "Go on?").putObject("requestedSchema");
            default -> {
                // It has none that matter.
            }
        }
        return params;
    }

    private String progress(String words) {
        JsonNode own = requestParams.path("_meta").path("progressToken");
        ObjectNode params = object();
        params.set("progressToken", own);
        if (words.contains("token=foreign") || own.isMissingNode()) {
            params.put("progressToken", "foreign");
        }
        Matcher step = STEP.matcher(words);
        params.put("progress", step.find() ? Double.parseDouble(step.group(1)) : 1);
        members(words.replaceFirst("token=\\S+", ""), object(), params);
        return object().put("jsonrpc", "2.0")
                .put("method", "notifications/progress")
                .set("params", params)
                .toString();
    }

    /** A result whose whole document has so many bytes. */
    byte[] sized(int bytes) {
        // Without patterns, which would walk over all of it.
        String mark = "@@text@@";
        String around = result(" " + mark).toString();
        int length = Math.max(0, bytes - (around.length() - mark.length()));
        return utf8(around.replace(mark, "a".repeat(length)));
    }

    /** How many bytes of header fields a {@code gen} step wants; 0 if it is about something else. */
    static int headerBytes(String what) {
        Matcher headers = HEADERS.matcher(what);
        return headers.matches() ? Words.bytes(headers.group(1), headers.group(2)) : 0;
    }

    /** A result that unpacks to so many bytes; a sixteenth of a very large one is enough to go beyond any limit. */
    byte[] zipped(String what) throws IOException {
        Matcher zipped = ZIPPED.matcher(what);
        if (!zipped.matches()) {
            return new byte[0];
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(sized(Math.min(Words.bytes(zipped.group(1), zipped.group(2)), 64 << 20)));
        }
        return out.toByteArray();
    }

    /** The body of a {@code gen} step that is one document, or none; empty if it is a stream. */
    byte[] generated(String what) {
        Matcher bytes = BYTES.matcher(what);
        Matcher sized = SIZED.matcher(what);
        if (bytes.matches()) {
            String count = bytes.group(1) == null ? "10" : bytes.group(1);
            return UpstreamSteps.filler(Words.bytes(count, bytes.group(2)));
        } else if (sized.matches()) {
            int more = sized.group(3) == null ? 0 : Integer.parseInt(sized.group(3));
            return sized(Words.bytes(sized.group(1), sized.group(2)) + more);
        }
        return what.matches("(?:tools|prompts|resources)\\b.*") ? json(what) : new byte[0];
    }

    /** The pieces of a stream that a {@code gen} step describes. */
    List<byte[]> pieces(String what) {
        String result = result(" x").toString();
        Matcher lines = LINES.matcher(what);
        Matcher endless = ENDLESS.matcher(what);
        Matcher many = MANY.matcher(what);
        List<byte[]> pieces = new ArrayList<>();
        if (lines.matches()) {
            pieces.add(utf8(spread(result, Words.number(lines.group(1)))));
        } else if (endless.matches()) {
            pieces.add(utf8(endless.group(1)));
            byte[] part = UpstreamSteps.filler(1 << 16);
            for (int sent = 0; sent < Words.bytes(endless.group(2), endless.group(3)); sent += part.length) {
                pieces.add(part);
            }
        } else if (many.matches()) {
            for (int i = 0; i < Words.number(many.group(1)); i++) {
                String kind = many.group(2).replace("log", "message");
                pieces.add(utf8(kind.equals("comment") ? ":\n\n" : "data: " + event(kind) + "\n\n"));
            }
        } else if (what.matches("(?:a )?(?:UTF-8 )?BOM")) {
            pieces.add(utf8("\uFEFF"));
        } else if (what.contains("without blank line") || what.contains("without a blank line")) {
            pieces.add(utf8("data: " + result + "\n"));
        } else if (what.matches(".*\\b(?:CR|LF|CRLF)\\b.*")) {
            String stream = ":a\r:b\n:c\r\nevent: message\r\ndata: " + result + "\r\n\r\n";
            for (int i = 0; i < stream.length(); i++) {
                pieces.add(utf8(stream.substring(i, i + 1)));
            }
        } else {
            Matcher quoted = QUOTED.matcher(what);
            while (quoted.find()) {
                pieces.add(utf8(Words.unescape(quoted.group(1)) + "\n"));
            }
            if (pieces.isEmpty()) {
                throw new Unbuildable("upstream gen: " + what);
            }
            pieces.add(utf8("\n"));
        }
        return pieces;
    }

    /** A document over so many lines of data: white space, as far as JSON is concerned, and then the document. */
    private static String spread(String json, int lines) {
        return "data:\n".repeat(Math.max(0, lines - 1)) + "data: " + json + "\n\n";
    }
}
