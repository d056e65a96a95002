package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/** The messages with which steps answer a call, built from the words that cases use for them. */
final class StubMessages {
    private static final Pattern ERROR = Pattern.compile("error code=(\\S+)(?: data=(.+))?");
    private static final Pattern INPUTS = Pattern.compile("result input_required gen (\\d+) inputRequests");
    private static final Pattern MEMBER = Pattern.compile("result (resultType|isError|structuredContent)=(.+)");
    private static final Pattern QUOTED = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final String CONTENT = "\"content\":[{\"type\":\"text\",\"text\":\"%s\"}]";

    private final StubExchange exchange;

    StubMessages(StubExchange exchange) {
        this.exchange = exchange;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String unquote(String text) {
        String inner = text.startsWith("\"") && text.endsWith("\"") ? text.substring(1, text.length() - 1) : text;
        return Words.unescape(inner).replace("\\\"", "\"");
    }

    private String id() {
        return exchange.id();
    }

    private String result(String id, String members) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{" + members + "}}";
    }

    private static String content(String text) {
        return "\"resultType\":\"complete\"," + CONTENT.formatted(text);
    }

    private String error(String code, String data) {
        String more = data.isEmpty() ? "" : ",\"data\":" + data;
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id() + ",\"error\":{\"code\":" + code + ",\"message\":\"stub\"" + more
                + "}}";
    }

    /** The document of a {@code json} step. */
    byte[] json(String what) {
        return utf8(document(what));
    }

    private String document(String what) {
        Matcher error = ERROR.matcher(what);
        Matcher inputs = INPUTS.matcher(what);
        Matcher member = MEMBER.matcher(what);
        if (what.startsWith("{")) {
            return what.replace("${id}", id());
        } else if (error.matches()) {
            return error(error.group(1), error.group(2) == null ? "" : error.group(2));
        } else if (inputs.matches()) {
            return result(id(), inputs(Integer.parseInt(inputs.group(1))));
        } else if (member.matches()) {
            boolean kind = member.group(1).equals("resultType");
            String value = kind ? "\"" + member.group(2) + "\"" : member.group(2);
            String rest = kind ? CONTENT.formatted("x") : content("x");
            return result(id(), "\"" + member.group(1) + "\":" + value + "," + rest);
        } else if (what.startsWith("result id=")) {
            boolean quoted = what.contains("as string");
            return result(quoted ? "\"" + id().replace("\"", "") + "\"" : what.substring(10), content("x"));
        }
        return switch (what) {
            case "ok", "result" -> result(id(), content("ok"));
            case "result without resultType" -> result(id(), CONTENT.formatted("x"));
            case "result input_required requestState" ->
                result(id(), "\"resultType\":\"input_required\",\"requestState\":\"again\"");
            default -> throw new Unbuildable("upstream json: " + what);
        };
    }

    private static String inputs(int count) {
        StringBuilder inputs = new StringBuilder("\"resultType\":\"input_required\",\"inputRequests\":{");
        for (int i = 0; i < count; i++) {
            inputs.append(i == 0 ? "" : ",")
                    .append("\"k")
                    .append(i)
                    .append("\":{\"method\":\"roots/list\",\"params\":{}}");
        }
        return inputs.append('}').toString();
    }

    /** The data of an {@code event} step, on one line. */
    String event(String what) {
        if (what.startsWith("progress")) {
            boolean foreign = what.contains("token=foreign");
            var own = exchange.params().path("_meta").path("progressToken");
            String token = foreign || own.isMissingNode() ? "\"foreign\"" : own.toString();
            return notification("notifications/progress", "\"progressToken\":" + token + ",\"progress\":1");
        }
        if (what.startsWith("result text=")) {
            // The text is JSON already: its line ends are escapes, which is the point.
            return result(id(), content(what.substring("result text=\"".length(), what.length() - 1)));
        }
        if (what.startsWith("result")) {
            return result(id(), content(what.substring("result".length()).strip()));
        }
        return switch (what) {
            case "notifications/message" -> notification(what, "\"level\":\"info\",\"data\":\"stub\"");
            default -> {
                if (!what.startsWith("\"")) {
                    throw new Unbuildable("upstream event: " + what);
                }
                yield unquote(what);
            }
        };
    }

    private static String notification(String method, String params) {
        return "{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":{" + params + "}}";
    }

    /** A result whose whole document has so many bytes. */
    byte[] sized(int bytes) {
        int around = result(id(), content("")).length();
        return utf8(result(id(), content("a".repeat(Math.max(0, bytes - around)))));
    }

    /** A result that unpacks to so many bytes; a sixteenth of them is enough to go beyond any limit. */
    byte[] zipped(int bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(sized(Math.min(bytes, 64 << 20)));
        }
        return out.toByteArray();
    }

    /** The pieces of a stream that a {@code gen} step describes. */
    List<byte[]> pieces(String what) {
        String result = result(id(), content("x"));
        Matcher lines = Pattern.compile("one event with (\\d+) data lines").matcher(what);
        Matcher endless = Pattern.compile("\"data: \" \\+ (\\d+) (MiB|KiB)").matcher(what);
        List<byte[]> pieces = new ArrayList<>();
        if (lines.matches()) {
            pieces.add(utf8(spread(result, Integer.parseInt(lines.group(1)))));
        } else if (endless.matches()) {
            pieces.add(utf8("data: "));
            byte[] part = utf8("a".repeat(1 << 16));
            for (int sent = 0; sent < Words.bytes(endless.group(1), endless.group(2)); sent += part.length) {
                pieces.add(part);
            }
        } else if (what.equals("BOM")) {
            pieces.add(utf8("\uFEFF"));
        } else if (what.contains("without blank line")) {
            pieces.add(utf8("data: " + result + "\n"));
        } else if (what.contains("CR, LF, CRLF")) {
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
        StringBuilder event = new StringBuilder();
        for (int i = 0; i < lines - 1; i++) {
            event.append("data:\n");
        }
        return event.append("data: ").append(json).append("\n\n").toString();
    }
}
