package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import tools.jackson.databind.node.ObjectNode;

/** Builds the bodies that cases describe in words, one builder per phrase, whatever numbers and names it has. */
final class BodyPhrases {
    private static final String NUMBER = "([\\d,]+)";
    private static final String SIZE = "([\\d,.]+) ?(bytes?|KiB|MiB|KB|MB)";
    private static final Pattern DELIVERY = Pattern.compile(
            "(.*?),? (?:in one (?:chunk|piece)|(?:split|sent|spread)(?: over| in| into)* " + NUMBER
                    + " (?:equal )?chunks|(?:split|sent)(?: over| in| into)* (?:an? )?" + SIZE
                    + "(?:-sized)? (TCP segments|segments|chunks)"
                    + "|(?:sent )?(?:byte by byte|(?:one|1) byte (?:at a time|per (segment|chunk)|each)))",
            Pattern.DOTALL);

    private final JsonTree tree;
    private final Form limits;
    private final Expectation expect;
    private final Map<Pattern, Function<MatchResult, byte[]>> phrases = new LinkedHashMap<>();

    BodyPhrases(JsonTree tree, Form limits, Expectation expect) {
        this.tree = tree;
        this.limits = limits;
        this.expect = expect;
        phrases.putAll(new BrokenBodies(tree).phrases());
        keys();
        values();
        wholeBodies();
    }

    private void phrase(String pattern, Function<MatchResult, byte[]> builder) {
        phrases.put(Pattern.compile(pattern, Pattern.DOTALL), builder);
    }

    /** Sets the body of a request, and how it is delivered if the phrase says so. */
    void apply(String text, Request request) {
        Matcher delivery = DELIVERY.matcher(text);
        String what = text;
        if (delivery.matches()) {
            what = delivery.group(1);
            deliver(request, delivery.toMatchResult());
        }
        request.body = build(what);
        if (request.chunks < 0) {
            request.chunks = Math.max(1, request.body.length / -request.chunks);
        }
    }

    /** Chunks below 0 say how many bytes are in one. */
    private static void deliver(Request request, MatchResult how) {
        if (how.group(2) != null) {
            request.chunks = Words.number(how.group(2));
        } else if (how.group(3) != null && how.group(5).equals("chunks")) {
            request.chunks = -Words.bytes(how.group(3), how.group(4));
        } else if (how.group(3) != null) {
            request.segment = Words.bytes(how.group(3), how.group(4));
        } else if ("chunk".equals(how.group(6))) {
            request.chunks = -1;
        } else if (how.group().contains("byte by byte") || how.group().matches("(?s).*(?:one|1) byte .*")) {
            request.segment = 1;
        }
    }

    private byte[] build(String text) {
        for (Map.Entry<Pattern, Function<MatchResult, byte[]>> phrase : phrases.entrySet()) {
            Matcher matcher = phrase.getKey().matcher(text);
            if (matcher.matches()) {
                return phrase.getValue().apply(matcher.toMatchResult());
            }
        }
        if (text.contains(" + ")) {
            byte[] joined = new byte[0];
            for (String part : text.split(" \\+ ", -1)) {
                joined = join(joined, part(part));
            }
            return joined;
        }
        throw new Unbuildable("body_gen: " + text);
    }

    /** One part of a sum of parts. */
    private byte[] part(String part) {
        if (part.matches("valid (body|request)")) {
            return valid();
        }
        if (part.startsWith("/*") || part.startsWith("//") || part.startsWith("#")) {
            return utf8(part.startsWith("/*") ? part : part + "\n");
        }
        if (part.matches("\".*\"")) {
            return Words.rawBytes(Words.unescape(part.substring(1, part.length() - 1)));
        }
        return switch (part.toLowerCase(java.util.Locale.ROOT)) {
            case "comment" -> utf8("/* comment */");
            case "garbage" -> utf8("garbage");
            case "newline", "lf" -> utf8("\n");
            case "crlf" -> utf8("\r\n");
            case "nul", "nul byte" -> new byte[1];
            case "comma" -> utf8(",");
            case "bom", "utf-8 bom" -> utf8("\uFEFF");
            default -> throw new Unbuildable("body_gen part: " + part);
        };
    }

    private void keys() {
        phrase("duplicate key (?:\"(\\w+)\" )?(?:inside|in) ([\\w.]+)", m -> {
            ObjectNode object = tree.object(BrokenBodies.path(m.group(2)));
            String key = m.group(1);
            if (key == null) {
                key = object.isEmpty() ? "a" : object.propertyNames().iterator().next();
            }
            if (!object.has(key)) {
                object.put(key, 1);
            }
            tree.addRawMember(object, "\"" + key + "\":\"again\"");
            return valid();
        });
        phrase("duplicate key spelled once as \"([^\"]+)\" and once as \"([^\"]+)\"", m -> {
            tree.addRawMember(tree.holderOf(m.group(1)), "\"" + m.group(2) + "\":\"again\"");
            return valid();
        });
        phrase("key \"([^\"]+)\" instead of \"([^\"]+)\".*", m -> {
            ObjectNode object = tree.holderOf(m.group(2));
            String value = JsonTree.MAPPER.writeValueAsString(object.get(m.group(2)));
            object.remove(m.group(2));
            tree.addRawMember(object, "\"" + m.group(1) + "\":" + value);
            return valid();
        });
        phrase("both (\"([^\"]+)\":(.+?)) and (\"[^\"]+\":.+)", m -> {
            ObjectNode object = tree.holderOf(m.group(2));
            object.remove(m.group(2));
            tree.addRawMember(object, m.group(1) + "," + m.group(4));
            return valid();
        });
        phrase("key \"([^\"]+)\" next to \"([^\"]+)\"", m -> {
            tree.addRawMember(tree.holderOf(m.group(2)), "\"" + m.group(1) + "\":\"x\"");
            return valid();
        });
        phrase("(?:a )?key of " + SIZE, m -> {
            tree.object("params.arguments").put("k".repeat(Words.bytes(m.group(1), m.group(2))), 1);
            return valid();
        });
        phrase(NUMBER + " keys whose String.hashCode collide", m -> {
            ObjectNode arguments = tree.object("params.arguments");
            for (int i = 0; i < Words.number(m.group(1)); i++) {
                arguments.put(colliding(i), i);
            }
            return valid();
        });
        phrase(
                "(?:an? |one )?(?:object (?:with|of) )?" + NUMBER
                        + " (?:distinct |different )?(?:keys|members)(?: in (?:one|an|the) object)?",
                m -> {
                    ObjectNode arguments = tree.object("params.arguments");
                    for (int i = 0; i < Words.number(m.group(1)); i++) {
                        arguments.put("k" + i, 0);
                    }
                    return valid();
                });
    }

    /** The i-th of many strings with one hash code: "Aa" and "BB" have the same. */
    static String colliding(int i) {
        StringBuilder key = new StringBuilder();
        for (int bit = 0; bit < 20; bit++) {
            key.append((i >> bit & 1) == 0 ? "Aa" : "BB");
        }
        return key.toString();
    }

    private void values() {
        phrase("(\"(?:[^\"\\\\]|\\\\.)*\") ?: ?(\\S+)(?: (?:in|inside) ([\\w.]+))?", m -> {
            String where = m.group(3) == null ? "arguments" : m.group(3);
            tree.addRawMember(tree.object(BrokenBodies.path(where)), m.group(1) + ":" + m.group(2));
            return valid();
        });
        phrase("(-?Infinity|NaN|undefined|None|True|0x[0-9a-f]+)(?: in arguments| as a value)?", m -> raw(m.group(1)));
        phrase(
                "(?:a |one )?number of " + NUMBER + " (?:digits|characters|chars)",
                m -> raw("1".repeat(Words.number(m.group(1)))));
        phrase(NUMBER + " nested (arrays|objects|\"\\[\"|\"\\{\")", m -> nested(Words.number(m.group(1)), m.group(2)));
        phrase(
                "(?:(?:an? )?array (?:of|with) )?" + NUMBER
                        + " (?:small |different )?(?:numbers|values|elements|zeros|tokens|items)(?: in (?:one|an) array)?",
                m -> raw("[" + "0,".repeat(Math.max(0, Words.number(m.group(1)) - 1)) + "0]"));
        phrase("(?:one |a )?" + SIZE + " string(?: value)?", m -> string(Words.bytes(m.group(1), m.group(2))));
        phrase("trailing comma(?: in (?:an |the )?(object|array))?", m -> {
            if ("array".equals(m.group(1))) {
                return raw("[1,]");
            }
            return utf8(tree.text().replaceFirst("}$", ",}"));
        });
        phrase(
                "raw (newline|tab|NUL|CR|control byte 0x([0-9A-Fa-f]{2})) inside a (string|key)",
                m -> {
                    String control = switch (m.group(1)) {
                        case "newline" -> "\n";
                        case "tab" -> "\t";
                        case "CR" -> "\r";
                        case "NUL" -> "\0";
                        default -> String.valueOf((char) Integer.parseInt(m.group(2), 16));
                    };
                    String member =
                            m.group(3).equals("key") ? "\"a" + control + "b\":1" : "\"a\":\"b" + control + "c\"";
                    tree.addRawMember(tree.object("params.arguments"), member);
                    return valid();
                });
        phrase(
                "(?:a )?lone (high|low) surrogate.*",
                m -> raw(m.group(1).equals("high") ? "\"\\ud800\"" : "\"\\udc00\""));
    }

    private byte[] raw(String value) {
        tree.setIn(tree.object("params.arguments"), "a", "<raw>" + value);
        return valid();
    }

    private byte[] nested(int count, String what) {
        boolean array = what.equals("arrays") || what.contains("[");
        if (what.startsWith("\"")) {
            tree.setIn(tree.object("params.arguments"), "a", "<raw>@@open@@");
            String text = tree.text();
            String opening = array ? "[" : "{\"a\":";
            return utf8(text.substring(0, text.indexOf("@@open@@")) + opening.repeat(count));
        }
        // A message that must be served is one that is in itself within the limit: it has three levels around these.
        int depth = limits.number("json_depth", 64);
        int levels = expect.isRpc("result") ? Math.min(count, depth - 3) : count;
        String inner = array ? "" : "{}";
        int wrapped = array ? levels : levels - 1;
        return raw((array ? "[" : "{\"a\":").repeat(wrapped) + inner + (array ? "]" : "}").repeat(wrapped));
    }

    /** A string of this length; of the length that fills the largest legal body if the whole must be served. */
    private byte[] string(int length) {
        tree.set("params.arguments", Map.of("x", ""));
        int around = valid().length;
        int most = limits.number("body_bytes", 4 << 20);
        boolean served = expect.isRpc("result") && length + around > most;
        tree.set("params.arguments", Map.of("x", "a".repeat(served ? most - around : length)));
        return valid();
    }

    private void wholeBodies() {
        phrase("(?:the )?valid body in (UTF-?(?:8|16|32)(?:LE|BE)?|ISO-8859-1|windows-1252)( with(?:out)? BOM)?", m -> {
            tree.set("params.arguments", Map.of("x", "\u00e9"));
            Charset charset = Charset.forName(m.group(1));
            String bom = " with BOM".equals(m.group(2)) ? "\uFEFF" : "";
            return (bom + tree.text()).getBytes(charset);
        });
        phrase("(?:the )?valid body with (?:a )?(?:UTF-8 )?BOM", m -> utf8("\uFEFF" + tree.text()));
        phrase("(?:the )?valid body", m -> valid());
        phrase("(?:the )?valid body (?:followed by|and then) (.+)", m -> join(valid(), part(m.group(1))));
        phrase("(.+) before (?:the )?valid body", m -> join(part(m.group(1)), valid()));
        phrase("(?:the )?valid body twice", m -> join(valid(), valid()));
        phrase("empty|nothing", m -> new byte[0]);
        phrase("(?:only )?(?:white ?space|spaces)(?: only)?", m -> utf8(" \r\n\t "));
        phrase(
                "\\[\\s*(valid (?:request|body)(?:\\s*,\\s*valid (?:request|body))*)\\s*]",
                m -> utf8("[" + m.group(1).replaceAll("valid (request|body)", Matcher.quoteReplacement(tree.text()))
                        + "]"));
        phrase("\\[\\s*(\\S+?),\\s*\\S+?,\\s*\\.\\.\\.\\s*" + NUMBER + "\\s*]", m -> {
            List<String> items = new ArrayList<>();
            for (int i = 0; i < Words.number(m.group(2)); i++) {
                items.add(m.group(1));
            }
            return utf8("[" + String.join(",", items) + "]");
        });
        phrase("gzip of (?:the )?valid body", m -> gzip(valid()));
        phrase(SIZE + " (?:of )?(gzip|deflate|brotli|br|zstd|snappy) expanding to ([\\d,.]+) ?(KiB|MiB|GiB).*", m -> {
            // Others than gzip are refused by their name, before anything is unpacked.
            boolean isGzip = m.group(3).equals("gzip");
            return isGzip
                    ? gzip(new byte[Math.min(64 << 20, Words.bytes(m.group(4), m.group(5)))])
                    : new byte[Words.bytes(m.group(1), m.group(2))];
        });
        phrase(
                "(?:the )?valid body with (?:single quotes|unquoted keys)",
                m -> utf8(tree.text().replace("\"", "'")));
    }

    private byte[] valid() {
        return utf8(tree.text());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] join(byte[] first, byte[] second) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(first.length + second.length);
        out.writeBytes(first);
        out.writeBytes(second);
        return out.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
