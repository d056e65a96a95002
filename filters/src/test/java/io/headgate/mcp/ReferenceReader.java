package io.headgate.mcp;

import io.headgate.mcp.BadMessage.Reason;
import io.headgate.mcp.Member.Container;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The slow and obvious reader that the scanner is compared with: decodes to characters, builds a tree, then looks at it.
 *
 * <p>Objects are maps, arrays are lists, strings are strings, numbers are {@link Figure}, and the literals themselves.
 */
final class ReferenceReader {
    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
    private static final long MAX_ID = 9_007_199_254_740_991L;

    /** A number as it is written. */
    record Figure(String text) {}

    /** One of {@code true}, {@code false}, {@code null}. */
    record Literal(String text) {}

    /** What is wrong, found by the reference. */
    static final class Rejected extends Exception {
        private static final long serialVersionUID = 1;
        final Reason reason;

        Rejected(Reason reason) {
            super(reason.name());
            this.reason = reason;
        }
    }

    private final String text;
    private final boolean malformedTail;
    private final JsonLimits limits;

    /** How many bytes the strings among the outer members are written with. */
    private final Map<String, Integer> written = new HashMap<>();

    private int at;
    private int depth;
    private int tokens;
    private boolean uri;
    private boolean methodLookalike;

    private ReferenceReader(byte[] bytes, JsonLimits limits) throws Rejected {
        if (bytes.length >= 2) {
            int first = bytes[0] & 0xFF;
            int second = bytes[1] & 0xFF;
            boolean mark = first == 0xEF && second == 0xBB;
            if (first == 0 || second == 0 || first == 0xFE || first == 0xFF || mark) {
                throw new Rejected(Reason.ENCODING);
            }
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        CharBuffer chars = CharBuffer.allocate(bytes.length + 1);
        this.malformedTail = decoder.decode(ByteBuffer.wrap(bytes), chars, true).isError();
        this.text = chars.flip().toString();
        this.limits = limits;
    }

    /** A message as a tree. */
    record Message(Map<?, ?> tree, boolean mentionsUri) {
        @Nullable
        Object get(Member member) {
            return switch (member.container()) {
                case ROOT -> tree.get(member.key);
                case PARAMS -> in(tree.get("params"), member.key);
                case RESULT -> in(tree.get("result"), member.key);
                case ERROR -> in(tree.get("error"), member.key);
                case REF -> in(in(tree.get("params"), "ref"), member.key);
                case META -> in(in(tree.get(tree.containsKey("result") ? "result" : "params"), "_meta"), member.key);
                case OTHER -> null;
            };
        }

        private static @Nullable Object in(@Nullable Object value, String key) {
            return value instanceof Map<?, ?> map ? map.get(key) : null;
        }
    }

    static Object value(byte[] bytes) throws Rejected {
        return value(bytes, JsonLimits.UPSTREAM);
    }

    static Object value(byte[] bytes, JsonLimits limits) throws Rejected {
        ReferenceReader reader = new ReferenceReader(bytes, limits);
        return reader.document(Container.OTHER);
    }

    static Message message(byte[] bytes, JsonLimits limits) throws Rejected {
        ReferenceReader reader = new ReferenceReader(bytes, limits);
        reader.space();
        if (reader.peek() == '[') {
            String brackets = reader.text.substring(reader.at).replaceAll("[ \n\r\t]", "");
            boolean tower = brackets.startsWith("[".repeat(limits.depth() + 1));
            throw new Rejected(tower ? Reason.DEPTH : Reason.BATCH);
        }
        Object value = reader.document(Container.ROOT);
        if (!(value instanceof Map<?, ?> tree)) {
            throw new Rejected(Reason.NOT_OBJECT);
        }
        boolean known = tree.containsKey("method") || tree.containsKey("result") || tree.containsKey("error");
        if (reader.methodLookalike && known) {
            throw new Rejected(Reason.UNKNOWN_MEMBER);
        }
        reader.checkShape(tree);
        return new Message(tree, reader.uri);
    }

    private void checkShape(Map<?, ?> tree) throws Rejected {
        boolean method = tree.containsKey("method");
        boolean result = tree.containsKey("result");
        boolean error = tree.containsKey("error");
        if (tree.containsKey("id") && !(error && tree.get("id").equals(new Literal("null")))) {
            checkId(tree.get("id"));
        }
        check("2.0".equals(tree.get("jsonrpc")), Reason.JSONRPC_VERSION);
        check(method || result || error, Reason.MISSING_METHOD);
        check(!method || !(result || error), Reason.REQUEST_AND_RESPONSE);
        if (method) {
            check(tree.get("method") instanceof String, Reason.METHOD_TYPE);
            check(written.getOrDefault("method", 0) <= 128, Reason.METHOD_LENGTH);
            check(!tree.containsKey("params") || tree.get("params") instanceof Map, Reason.PARAMS_TYPE);
        } else {
            check(result != error && !tree.containsKey("params"), Reason.RESPONSE_SHAPE);
            check(tree.get(result ? "result" : "error") instanceof Map, Reason.RESPONSE_SHAPE);
            check(error || tree.containsKey("id"), Reason.RESPONSE_SHAPE);
        }
    }

    private void checkId(@Nullable Object id) throws Rejected {
        check(!new Literal("null").equals(id), Reason.ID_NULL);
        check(id instanceof String || id instanceof Figure, Reason.ID_TYPE);
        check(!(id instanceof String) || written.getOrDefault("id", 0) <= 256, Reason.ID_LENGTH);
        if (id instanceof Figure number) {
            check(number.text().matches("-?[0-9]+"), Reason.ID_TYPE);
            boolean small = number.text().length() < 18;
            check(small && Math.abs(Long.parseLong(number.text())) <= MAX_ID, Reason.ID_RANGE);
        }
    }

    private static void check(boolean valid, Reason reason) throws Rejected {
        if (!valid) {
            throw new Rejected(reason);
        }
    }

    private Object document(Container container) throws Rejected {
        space();
        if (at == text.length() && !malformedTail) {
            throw new Rejected(Reason.EMPTY);
        }
        Object value = value(container);
        space();
        check(at == text.length() && !malformedTail, Reason.TRAILING);
        return value;
    }

    private Object value(Container container) throws Rejected {
        int next = peek();
        check(next != -1, Reason.SYNTAX);
        check(++tokens <= limits.tokens(), Reason.TOKENS);
        for (String literal : List.of("true", "false", "null")) {
            if (text.startsWith(literal, at)) {
                at += literal.length();
                return new Literal(literal);
            }
        }
        if (next == '"') {
            return string();
        }
        if (next == '{' || next == '[') {
            check(++depth <= limits.depth(), Reason.DEPTH);
            Object inside = next == '{' ? object(container) : array();
            depth--;
            return inside;
        }
        return number();
    }

    private Object object(Container container) throws Rejected {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        space();
        if (peek() == '}') {
            at++;
            return members;
        }
        while (true) {
            space();
            check(peek() == '"', Reason.SYNTAX);
            int start = at;
            String key = string();
            String raw = text.substring(start + 1, at - 1);
            check(raw.getBytes(StandardCharsets.UTF_8).length <= limits.nameBytes(), Reason.NAME_LENGTH);
            check(!members.containsKey(key), Reason.DUPLICATE_KEY);
            space();
            check(peek() == ':', Reason.SYNTAX);
            at++;
            space();
            Member member = known(container, key);
            if (member == null) {
                checkUnknown(container, key);
                // The scanner may say yes to any key with an escape; nobody is hurt by a look in vain.
                uri |= key.equals("uri") || raw.contains("\\");
            }
            int valueStart = at;
            members.put(key, value(inside(member)));
            if (container == Container.ROOT) {
                written.put(key, text.substring(valueStart, at).getBytes(StandardCharsets.UTF_8).length - 2);
            }
            space();
            if (peek() == '}') {
                at++;
                return members;
            }
            check(peek() == ',', Reason.SYNTAX);
            at++;
        }
    }

    private void checkUnknown(Container container, String key) throws Rejected {
        if (container == Container.OTHER || container == Container.RESULT || container == Container.ERROR) {
            return;
        }
        check(key.chars().noneMatch(c -> c < 0x20), Reason.CONTROL_IN_KEY);
        for (Member member : Member.values()) {
            if (member.container() == container && member.key.equalsIgnoreCase(key)) {
                check(member == Member.METHOD, Reason.UNKNOWN_MEMBER);
                methodLookalike = true;
            }
        }
    }

    private static @Nullable Member known(Container container, String key) {
        return Arrays.stream(Member.values())
                .filter(member -> member.container() == container && member.key.equals(key))
                .findFirst()
                .orElse(null);
    }

    private static Container inside(@Nullable Member member) {
        if (member == Member.PARAMS_META || member == Member.RESULT_META) {
            return Container.META;
        }
        if (member == Member.PARAMS || member == Member.RESULT || member == Member.ERROR || member == Member.REF) {
            return Container.valueOf(member.name());
        }
        return Container.OTHER;
    }

    private Object array() throws Rejected {
        List<Object> elements = new ArrayList<>();
        at++;
        space();
        if (peek() == ']') {
            at++;
            return elements;
        }
        while (true) {
            space();
            elements.add(value(Container.OTHER));
            space();
            if (peek() == ']') {
                at++;
                return elements;
            }
            check(peek() == ',', Reason.SYNTAX);
            at++;
        }
    }

    private String string() throws Rejected {
        StringBuilder out = new StringBuilder();
        at++;
        while (true) {
            int c = peek();
            check(c != -2, Reason.INVALID_UTF8);
            check(c >= 0x20, Reason.SYNTAX);
            at++;
            if (c == '"') {
                return out.toString();
            }
            if (c != '\\') {
                out.append((char) c);
                continue;
            }
            char unit = escape();
            out.append(unit);
            check(!Character.isLowSurrogate(unit), Reason.LONE_SURROGATE);
            if (Character.isHighSurrogate(unit)) {
                check(text.startsWith("\\u", at), Reason.LONE_SURROGATE);
                at++;
                char low = escape();
                check(Character.isLowSurrogate(low), Reason.LONE_SURROGATE);
                out.append(low);
            }
        }
    }

    private char escape() throws Rejected {
        int c = peek();
        int simple = "\"\\/bfnrt".indexOf(c);
        if (c >= 0 && simple >= 0) {
            at++;
            return "\"\\/\b\f\n\r\t".charAt(simple);
        }
        check(c == 'u' && at + 5 <= text.length(), Reason.SYNTAX);
        String hex = text.substring(at + 1, at + 5);
        check(hex.matches("[0-9a-fA-F]{4}"), Reason.SYNTAX);
        at += 5;
        return (char) Integer.parseInt(hex, 16);
    }

    private Object number() throws Rejected {
        Matcher matcher = NUMBER.matcher(text).region(at, text.length());
        check(matcher.lookingAt(), Reason.SYNTAX);
        String number = matcher.group();
        check(number.length() <= limits.numberChars(), Reason.NUMBER_LENGTH);
        at += number.length();
        boolean noExponent = matcher.group(3) == null;
        boolean cutFraction = noExponent && matcher.group(2) == null && text.startsWith(".", at);
        boolean cutExponent = noExponent && (text.startsWith("e", at) || text.startsWith("E", at));
        check(!cutFraction && !cutExponent, Reason.SYNTAX);
        check(!Double.isInfinite(Double.parseDouble(number)), Reason.NUMBER_RANGE);
        return new Figure(number);
    }

    private void space() {
        while (at < text.length() && " \n\r\t".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /** The next character, -1 at the end, -2 before bytes that are no UTF-8. */
    private int peek() {
        if (at < text.length()) {
            return text.charAt(at);
        }
        return malformedTail ? -2 : -1;
    }
}
