package io.headgate.gateway.hostile;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The phrases for bodies that are a valid one with something broken in it or around it. */
final class BrokenBodies {
    private static final String BODY = "(?:(?:the |a )?valid (?:body|request))";
    private static final String SIZE = "([\\d,.]+) ?(bytes?|KiB|MiB|KB|MB)";
    private static final String NUMBER = "([\\d,]+)";

    private final JsonTree tree;
    private final Map<Pattern, Function<MatchResult, byte[]>> phrases = new LinkedHashMap<>();

    BrokenBodies(JsonTree tree) {
        this.tree = tree;
        around();
        cut();
        tokens();
        names();
    }

    Map<Pattern, Function<MatchResult, byte[]>> phrases() {
        return phrases;
    }

    private void phrase(String pattern, Function<MatchResult, byte[]> builder) {
        phrases.put(Pattern.compile(pattern, Pattern.DOTALL), builder);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** One argument whose value is this text. */
    private byte[] raw(String value) {
        tree.setIn(tree.object("params.arguments"), "a", "<raw>" + value);
        return utf8(tree.text());
    }

    /** One member of the arguments that is this text. */
    private byte[] member(String text) {
        tree.addRawMember(tree.object("params.arguments"), text);
        return utf8(tree.text());
    }

    private void around() {
        phrase(
                BODY + " repeated " + NUMBER + " times|" + NUMBER + " times (?:the |a )?valid (?:body|request)",
                m -> utf8(tree.text().repeat(Words.number(m.group(1) == null ? m.group(2) : m.group(1)))));
        phrase(
                "two valid (?:bodies|requests|documents)(?: (?:separated|joined) by (?:a |one )?(newline|LF|CRLF|space|comma|NUL))?",
                m -> utf8(tree.text() + blank(m.group(1), 1) + tree.text()));
        phrase(
                BODY + "(?:,| and| followed by| then| padded with)+ " + NUMBER
                        + " (spaces|newlines|NULs|NUL bytes|tabs)",
                m -> utf8(tree.text() + blank(m.group(2), Words.number(m.group(1)))));
        phrase(BODY + " (?:padded|filled up|blown up) (?:with (?:white ?space|spaces) )?to " + SIZE, m -> {
            int wanted = Words.bytes(m.group(1), m.group(2));
            String text = tree.text();
            return utf8(text.substring(0, 1) + " ".repeat(Math.max(0, wanted - text.length())) + text.substring(1));
        });
        phrase(
                NUMBER + " (spaces|newlines|NULs|NUL bytes|tabs)(?: before| and| then| \\+)? " + BODY,
                m -> utf8(blank(m.group(2), Words.number(m.group(1))) + tree.text()));
        phrase(
                NUMBER + " (spaces|newlines|NULs|NUL bytes|tabs)(?: only)?",
                m -> utf8(blank(m.group(2), Words.number(m.group(1)))));
        phrase(
                BODY
                        + " with (?:a )?(form feed|vertical tab|non-breaking space|NUL|U\\+2028)(?: between (?:two )?tokens)?",
                m -> {
                    String between = switch (m.group(1)) {
                        case "form feed" -> "\f";
                        case "vertical tab" -> "\u000b";
                        case "non-breaking space" -> "\u00a0";
                        case "NUL" -> "\0";
                        default -> "\u2028";
                    };
                    return utf8(tree.text().replaceFirst(":", ":" + between));
                });
    }

    private static String blank(String what, int times) {
        String one = switch (what == null ? "" : what.replaceFirst("s$", "")) {
            case "newline", "LF" -> "\n";
            case "CRLF" -> "\r\n";
            case "tab" -> "\t";
            case "comma" -> ",";
            case "NUL", "NUL byte" -> "\0";
            case "" -> "";
            default -> " ";
        };
        return one.repeat(times);
    }

    private void cut() {
        phrase(
                BODY
                        + " (?:without|minus) (?:the |its )?last (?:(\\d+) )?(?:byte|bytes|brace|bracket|character|characters)",
                m -> {
                    String text = tree.text();
                    int bytes = m.group(1) == null ? 1 : Integer.parseInt(m.group(1));
                    return utf8(text.substring(0, Math.max(0, text.length() - bytes)));
                });
        phrase(
                BODY + " (?:truncated|cut)(?: off)?(?: (?:after|to|at)(?: byte)? " + NUMBER
                        + "(?: bytes)?| in the middle)?",
                m -> {
                    String text = tree.text();
                    int kept = m.group(1) == null ? text.length() / 2 : Words.number(m.group(1));
                    return utf8(text.substring(0, Math.min(text.length(), kept)));
                });
        phrase("(?:an? )?unterminated (string|object|array|escape)", m -> switch (m.group(1)) {
            case "string" -> cutAfter("\"b");
            case "object" -> cutAfter("{\"b\":1");
            case "array" -> cutAfter("[1");
            default -> cutAfter("\"b\\");
        });
        phrase("(?:a )?missing (comma|colon|value|closing (?:brace|bracket|quote)|key)(?: .*)?", m -> switch (m.group(
                1)) {
            case "comma" -> member("\"a\":1 \"b\":2");
            case "colon" -> member("\"a\" 1");
            case "value" -> member("\"a\":");
            case "key" -> member(":1");
            case "closing bracket" -> raw("[1");
            case "closing quote" -> raw("\"b");
            default -> utf8(tree.text().replaceFirst("}$", ""));
        });
        phrase(
                "(?:a )?(?:double|leading) comma(?: in (?:an |the )?(object|array))?",
                m -> "object".equals(m.group(1)) ? member(",\"a\":1") : raw("[1,,2]"));
        phrase("(?:a )?mismatched brackets?|brackets? that do not match", m -> raw("[1}"));
    }

    private byte[] cutAfter(String value) {
        String mark = "@@cut@@";
        tree.setIn(tree.object("params.arguments"), "a", "<raw>" + value + mark);
        String text = tree.text();
        return utf8(text.substring(0, text.indexOf(mark)));
    }

    private void tokens() {
        phrase(
                "(?:an? )?(?:number|value) (?:with )?(leading zeros?|leading plus|leading dot|trailing dot|hex(?:adecimal)?|empty exponent|two dots|two signs)",
                m -> raw(
                        switch (m.group(1).replaceFirst("s$", "")) {
                            case "leading zero" -> "007";
                            case "leading plus" -> "+1";
                            case "leading dot" -> ".5";
                            case "trailing dot" -> "5.";
                            case "empty exponent" -> "1e";
                            case "two dot" -> "1.2.3";
                            case "two sign" -> "--1";
                            default -> "0x1F";
                        }));
        phrase("(?:an? )?(?:invalid|unknown|bad) escape (?:\"?(\\\\[^\"]+)\"? )?(?:in|inside) a (string|key)", m -> {
            String escape = m.group(1) == null ? "\\x41" : m.group(1);
            return m.group(2).equals("key") ? member("\"" + escape + "\":1") : raw("\"" + escape + "\"");
        });
        phrase("(?:an? )?(?:truncated|short|incomplete) (?:unicode |\\\\u )?escape(?: .*)?", m -> raw("\"\\u12\""));
        phrase("(?:the )?(?:literal|word|value) (\\S+)(?: as a value)?", m -> raw(m.group(1)));
        phrase(
                "(?:an? )?string of " + SIZE + " of escapes",
                m -> raw("\"" + "\\u0041".repeat(Math.max(1, Words.bytes(m.group(1), m.group(2)) / 6)) + "\""));
        phrase(
                "(?:(?:an? )?array (?:of|with) )?" + NUMBER
                        + " (?:empty )?(arrays|objects|strings)(?: side by side| in an array)?",
                m -> {
                    String one = switch (m.group(2)) {
                        case "arrays" -> "[]";
                        case "objects" -> "{}";
                        default -> "\"\"";
                    };
                    return raw("[" + (one + ",").repeat(Math.max(0, Words.number(m.group(1)) - 1)) + one + "]");
                });
        phrase(
                "(?:nesting|depth|nested) (?:of |to )?" + NUMBER + "(?: levels?(?: deep)?)?|" + NUMBER
                        + " levels? (?:deep|of nesting)|" + NUMBER
                        + " (?:nested )?(?:objects and arrays|mixed levels)(?: in turn)?",
                m -> {
                    int levels = Words.number(
                            m.group(1) != null ? m.group(1) : m.group(2) != null ? m.group(2) : m.group(3));
                    StringBuilder open = new StringBuilder();
                    StringBuilder close = new StringBuilder();
                    for (int i = 0; i < levels; i++) {
                        boolean isArray = i % 2 == 0 || i + 1 == levels;
                        open.append(isArray ? "[" : "{\"a\":");
                        close.insert(0, isArray ? "]" : "}");
                    }
                    return raw(open.append(close).toString());
                });
    }

    private void names() {
        phrase("(?:an? )?empty key(?: in (?:the )?arguments)?", m -> member("\"\":1"));
        phrase(
                "(?:an? )?(?:raw |unescaped )?(NUL|control byte|tab|newline) in a key",
                m -> member("\"a" + blank(m.group(1).equals("control byte") ? "NUL" : m.group(1), 1) + "b\":1"));
        phrase("(?:the )?key \"([^\"]+)\" (?:twice|again|repeated)(?: (?:in|inside) ([\\w.]+))?", m -> {
            var object = m.group(2) == null ? tree.holderOf(m.group(1)) : tree.object(path(m.group(2)));
            if (!object.has(m.group(1))) {
                object.put(m.group(1), 1);
            }
            tree.addRawMember(object, "\"" + m.group(1) + "\":\"again\"");
            return utf8(tree.text());
        });
        phrase("(?:the )?(?:member|key) \"([^\"]+)\" (?:missing|absent|left out)", m -> {
            tree.holderOf(m.group(1)).remove(m.group(1));
            return utf8(tree.text());
        });
        phrase(
                "(?:an? )?(?:extra|unknown|additional) (?:top-level )?member \"([^\"]+)\"(?: (?:at the top|in the root))?",
                m -> {
                    tree.root().put(m.group(1), 1);
                    return utf8(tree.text());
                });
    }

    static String path(String words) {
        return switch (words) {
            case "arguments" -> "params.arguments";
            case "_meta", "meta" -> "params._meta";
            case "root", "top" -> "";
            default -> words;
        };
    }
}
