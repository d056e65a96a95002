package io.headgate.gateway.hostile;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Builds the request that a case describes: a template and what the case changes in it. */
final class RequestBuilder {
    private static final String META = "io.modelcontextprotocol/";
    private static final List<String> SHORT_META =
            List.of("protocolVersion", "clientInfo", "clientCapabilities", "logLevel", "subscriptionId");
    private static final String STRING_MARK = "@@string@@";

    private final HostileFile file;
    private final Map<String, String> variables;

    RequestBuilder(HostileFile file, Map<String, String> variables) {
        this.file = file;
        this.variables = variables;
    }

    /** A request from a form with {@code template} or {@code http}. */
    Request build(Form send, Expectation expect) {
        if (send.has("http")) {
            return plain(send.form("http"));
        }
        Form template = file.template(send.text("template"));
        Request request = new Request();
        request.method = send.text("method", template.text("method", "POST"));
        request.version = send.text("version", "HTTP/1.1");
        request.path = Words.expand(send.text("path", template.text("path", "/mcp")), variables);
        Form headers = template.form("headers");
        if (template.has("rpc_method")) {
            headers = file.template("modern_call").form("headers").with(headers);
        }
        if (!headers.has("Host")) {
            headers = new Form(Map.of(
                            "Host", file.host(),
                            "Content-Type", "application/json",
                            "Accept", "application/json, text/event-stream",
                            "Authorization", "Bearer ${ALICE}"))
                    .with(headers);
        }
        addVariableFields(request, headers);
        JsonTree tree = tree(template, send, request);
        followBody(request, tree, send, expect);
        applyFields(request, send);
        body(request, tree, send, expect);
        deliver(request, send);
        return request;
    }

    /** How it goes on the wire. */
    private static void deliver(Request request, Form send) {
        request.truncateTo = send.number("truncate_body_to", -1);
        request.chunks = send.number("chunks", send.flag("chunked") ? 1 : request.chunks);
        request.segment = send.number("segment_bytes", request.segment);
    }

    private Request plain(Form http) {
        Request request = new Request();
        request.method = http.text("method", "GET");
        request.version = http.text("version", "HTTP/1.1");
        request.path = Words.expand(http.text("path", "/mcp"), variables);
        if (!http.form("headers").has("Host")) {
            request.add("Host", file.host());
        }
        addVariableFields(request, http.form("headers"));
        request.body = Words.expand(http.text("body"), variables).getBytes(StandardCharsets.UTF_8);
        http.list("drop_headers").forEach(name -> request.remove(String.valueOf(name)));
        deliver(request, http);
        return request;
    }

    private void addVariableFields(Request request, Form headers) {
        for (String name : headers.map().keySet()) {
            request.remove(name);
            if (headers.value(name) instanceof List<?> values) {
                values.forEach(value -> request.add(name, field(String.valueOf(value))));
            } else if (!headers.text(name).equals("<absent>")) {
                request.add(name, field(headers.text(name)));
            }
        }
    }

    private String field(String value) {
        String expanded = Words.expand(value, variables);
        boolean legal = expanded.chars().allMatch(c -> c <= 0xFF);
        return legal ? expanded : new String(expanded.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private JsonTree tree(Form template, Form send, Request request) {
        String body = template.text("body");
        if (template.has("rpc_method")) {
            String method = template.text("rpc_method");
            JsonTree modern = new JsonTree(file.template("modern_call").text("body"));
            ObjectNode params = modern.object("params");
            params.retain(List.of("_meta"));
            modern.set("method", method);
            request.set("Mcp-Method", method);
            request.remove("Mcp-Name");
            Object filter = send.has("filter") ? send.value("filter") : Map.of("toolsListChanged", true);
            Form wanted = Form.of(filter);
            wanted.map()
                    .forEach((key, value) ->
                            modern.set("params.notifications." + key, Words.expandValue(value, variables)));
            return patched(modern, send);
        }
        return patched(new JsonTree(body.isEmpty() ? "{}" : body), send);
    }

    private JsonTree patched(JsonTree tree, Form send) {
        if (send.has("tool")) {
            tree.set("params.name", Words.unescape(send.text("tool")));
        }
        if (send.has("args")) {
            tree.set("params.arguments", Map.of());
            send.form("args")
                    .map()
                    .forEach((key, value) ->
                            tree.setIn(tree.object("params.arguments"), key, Words.expandValue(value, variables)));
        }
        if ("all".equals(send.value("drop_meta"))) {
            tree.object("params").remove("_meta");
        }
        for (Object key : send.list("drop_meta")) {
            tree.object("params._meta").remove(metaKey(String.valueOf(key)));
        }
        send.form("meta")
                .map()
                .forEach((key, value) ->
                        tree.setIn(tree.object("params._meta"), metaKey(key), Words.expandValue(value, variables)));
        send.form("patch").map().forEach((path, value) -> {
            String where = path.equals("arg") ? "params.arguments.x" : path;
            tree.set(where, Words.expandValue(value, variables));
        });
        if (send.has("string_hex") || send.has("string_escape")) {
            tree.set("params.arguments", Map.of("x", STRING_MARK));
        }
        return tree;
    }

    private static String metaKey(String key) {
        return SHORT_META.contains(key) ? META + key : key;
    }

    /** Keeps the mirrored fields true to a changed body, unless the case is about their difference. */
    private static void followBody(Request request, JsonTree tree, Form send, Expectation expect) {
        boolean differs = expect.isRpc("HEADER_MISMATCH") || send.has("body");
        if (!differs && request.has("Mcp-Method") && tree.root().path("method").isString()) {
            follow(request, "Mcp-Method", tree.root().path("method").asString());
        }
        boolean named = send.has("tool") || !differs;
        if (named
                && request.has("Mcp-Name")
                && tree.root().path("params").path("name").isString()) {
            follow(request, "Mcp-Name", tree.root().path("params").path("name").asString());
        }
    }

    private static void follow(Request request, String name, String value) {
        boolean plain = value.chars().allMatch(c -> c >= 0x20 && c < 0x7F) && value.equals(value.strip());
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        if (utf8.length <= 1024) {
            request.set(name, plain ? value : "=?base64?" + Base64.getEncoder().encodeToString(utf8) + "?=");
        }
    }

    private void applyFields(Request request, Form send) {
        if (send.has("as_")) {
            request.set("Authorization", "Bearer " + caller(send.text("as_")));
        }
        if (send.has("token")) {
            request.set("Authorization", "Bearer " + token(send.text("token")));
        }
        if (send.has("session")) {
            request.set("Mcp-Session-Id", Words.expand(send.text("session"), variables));
        }
        addVariableFields(request, send.form("headers"));
        send.list("drop_headers").forEach(name -> request.remove(String.valueOf(name)));
        Form twice = send.form("headers_twice");
        for (String name : twice.map().keySet()) {
            request.remove(name);
            twice.list(name).forEach(value -> request.add(name, field(String.valueOf(value))));
        }
        for (String line : rawLines(send.value("headers_raw"))) {
            int colon = line.indexOf(':');
            String value = colon < 0 ? "" : line.substring(colon + 1).stripLeading();
            request.add(colon < 0 ? line : line.substring(0, colon), value);
        }
    }

    /** A new token of the same caller is another of her keys. */
    private String token(String described) {
        boolean isOfAlice = described.matches("<(?:new|another|fresh)\\b.*>|<.*\\bsame (?:sub|caller|principal)\\b.*>");
        return isOfAlice ? CallerKeys.anotherOfAlice() : Words.expand(described, variables);
    }

    private static List<String> rawLines(@Nullable Object raw) {
        if (raw instanceof List<?> list) {
            return list.stream()
                    .map(item -> Words.unescape(String.valueOf(item)))
                    .toList();
        }
        return raw == null ? List.of() : List.of(Words.unescape(raw.toString()));
    }

    private String caller(String name) {
        String token = variables.get(name.toUpperCase(java.util.Locale.ROOT));
        if (token == null) {
            throw new Unbuildable("caller " + name);
        }
        return token;
    }

    private void body(Request request, JsonTree tree, Form send, Expectation expect) {
        if (send.has("body")) {
            request.body = Words.expand(send.text("body"), variables).getBytes(StandardCharsets.UTF_8);
        } else if (send.has("body_gen")) {
            new BodyPhrases(tree, file.limits(), expect).apply(send.text("body_gen"), request);
        } else if (send.has("string_hex")) {
            request.body = around(tree.text(), bytes(send.text("string_hex")));
        } else if (send.has("string_escape")) {
            request.body = around(tree.text(), Words.rawBytes(send.text("string_escape")));
        } else {
            request.body = tree.text().getBytes(StandardCharsets.UTF_8);
        }
        if (send.has("body_hex")) {
            request.body = bytes(send.text("body_hex"));
        }
        if (send.has("body_hex_suffix")) {
            request.body = BodyPhrases.join(request.body, bytes(send.text("body_hex_suffix")));
        }
        if (send.has("body_hex_prefix")) {
            request.body = BodyPhrases.join(bytes(send.text("body_hex_prefix")), request.body);
        }
    }

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("(?i)0x|[\\s:,-]", ""));
    }

    private static byte[] around(String text, byte[] inside) {
        int at = text.indexOf(STRING_MARK);
        byte[] before = text.substring(0, at).getBytes(StandardCharsets.UTF_8);
        byte[] after = text.substring(at + STRING_MARK.length()).getBytes(StandardCharsets.UTF_8);
        return BodyPhrases.join(BodyPhrases.join(before, inside), after);
    }
}
