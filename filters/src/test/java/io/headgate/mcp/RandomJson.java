package io.headgate.mcp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/** Random JSON texts and JSON-RPC messages, valid ones and damaged ones, the same for the same seed. */
final class RandomJson {
    private static final String[] CHARS = {
        "a",
        "b",
        "z",
        "0",
        " ",
        "/",
        "\u00e9",
        "\u00df",
        "\u6f22",
        "\ud83d\ude00",
        "\uffff",
        "\u007f",
        "{",
        "]",
        ",",
        ":"
    };
    private static final String[] ESCAPES = {
        "\\\"", "\\\\", "\\/", "\\b", "\\n", "\\t", "\\u0041", "\\u00e9", "\\ud83d\\ude00", "\\u0000", "\\uFFFE"
    };
    private static final String[] NUMBERS = {
        "0", "-0", "1", "-17", "3.25", "1e5", "-2.5E-3", "1e300", "123456789012345678901234567890", "0.1e+99", "1e-999"
    };
    private static final String[] SPACES = {"", "", "", "", " ", "\n", "\t ", "\r\n"};
    private static final String[] METHODS = {"tools/call", "tools/list", "ping", "x", "", "tools\\/call", "\u00e9"};
    private static final String[] SNIPPETS = {
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "0",
        "-",
        ".",
        "e",
        "E",
        "+",
        " ",
        "\n",
        "null",
        "\\ud800",
        "\\udc00",
        "\\ud800\\u0041",
        "1e400",
        "1".repeat(70),
        "[".repeat(70),
        "\"id\":2,",
        "\"ID\":2,",
        "\"Method\":1,",
        "\"a\":1,",
        "\"n\\u0061me\":1,",
        "\"na\\u0000me\":1,",
        ",\"params\":1",
        ",\"result\":{}",
        ",\"error\":{}",
        "{}",
        "\u017f",
        "\"\u212A\":1,",
        "\\u",
        "\\u12",
        "\\x",
        "k".repeat(1025),
        "\"" + "k".repeat(1025) + "\":1,",
        "\"uri\":1,"
    };
    private static final int[] BYTES = {
        0, 1, 0x1F, 0x22, 0x2C, 0x5C, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xFF
    };

    private final SplittableRandom random;

    RandomJson(long seed) {
        random = new SplittableRandom(seed);
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    byte[] message() {
        return text(object(members()));
    }

    /** A message of which some members are of the wrong kind, missing or too many, or no message at all. */
    byte[] misshapen() {
        if (below(20) == 0) {
            return text(below(2) == 0 ? value(2) : "[" + object(members()) + "]");
        }
        Map<String, String> root = members();
        for (int i = 1 + below(2); i > 0; i--) {
            String key = pick("jsonrpc", "id", "method", "params", "result", "error");
            if (below(4) == 0) {
                root.remove(key);
            } else {
                root.put(key, below(6) == 0 ? pick("9007199254740992", "-1e99") : value(2));
            }
        }
        return text(object(root));
    }

    private byte[] text(String json) {
        return (space() + json + space()).getBytes(StandardCharsets.UTF_8);
    }

    private Map<String, String> members() {
        Map<String, String> root = new LinkedHashMap<>();
        root.put("jsonrpc", "\"2.0\"");
        switch (below(4)) {
            case 0 -> {
                root.put("id", id());
                request(root);
            }
            case 1 -> request(root);
            case 2 -> {
                root.put("id", id());
                root.put("result", container(Member.Container.RESULT));
            }
            default -> {
                if (below(3) > 0) {
                    root.put("id", below(2) == 0 ? "null" : id());
                }
                root.put("error", container(Member.Container.ERROR));
            }
        }
        if (below(4) == 0) {
            root.put("x" + below(3), value(3));
        }
        return root;
    }

    private void request(Map<String, String> root) {
        root.put("method", '"' + pick(METHODS) + '"');
        if (below(4) > 0) {
            root.put("params", container(Member.Container.PARAMS));
        }
    }

    private String id() {
        return below(2) == 0 ? Integer.toString(below(1000) - 500) : string();
    }

    private String container(Member.Container container) {
        Map<String, String> members = new LinkedHashMap<>();
        for (Member member : Member.values()) {
            if (member.container() == container && below(3) == 0) {
                members.put(
                        member.key,
                        switch (member) {
                            case REF -> container(Member.Container.REF);
                            case PARAMS_META, RESULT_META -> container(Member.Container.META);
                            default -> value(3);
                        });
            }
        }
        for (int i = below(3); i > 0; i--) {
            members.put("other" + below(5), value(4));
        }
        return object(members);
    }

    /** Any value, nested at most so deep. */
    String value(int depth) {
        return switch (below(depth > 0 ? 8 : 5)) {
            case 0, 1 -> string();
            case 2, 3 -> pick(NUMBERS);
            case 4 -> pick("true", "false", "null");
            case 5 -> array(depth);
            default -> object(depth);
        };
    }

    private String array(int depth) {
        List<String> elements = new ArrayList<>();
        for (int i = below(4); i > 0; i--) {
            elements.add(space() + value(depth - 1) + space());
        }
        return "[" + (elements.isEmpty() ? space() : String.join(",", elements)) + "]";
    }

    String object(int depth) {
        Map<String, String> members = new LinkedHashMap<>();
        for (int i = below(5); i > 0; i--) {
            members.put(below(8) == 0 ? "uri" : "k" + below(40), value(depth - 1));
        }
        return object(members);
    }

    /** The members in random order, with random white space, some keys spelled with an escape. */
    private String object(Map<String, String> members) {
        List<Map.Entry<String, String>> entries = new ArrayList<>(members.entrySet());
        Collections.shuffle(entries, new Random(random.nextLong()));
        List<String> texts = new ArrayList<>();
        for (Map.Entry<String, String> entry : entries) {
            texts.add(space() + key(entry.getKey()) + space() + ":" + space() + entry.getValue() + space());
        }
        return "{" + (texts.isEmpty() ? space() : String.join(",", texts)) + "}";
    }

    private String key(String key) {
        if (below(12) > 0) {
            return '"' + key + '"';
        }
        int at = below(key.length());
        return '"'
                + key.substring(0, at)
                + String.format("\\u%04x", (int) key.charAt(at))
                + key.substring(at + 1)
                + '"';
    }

    private String string() {
        StringBuilder out = new StringBuilder("\"");
        for (int i = below(below(8) == 0 ? 60 : 12); i > 0; i--) {
            out.append(below(5) == 0 ? pick(ESCAPES) : pick(CHARS));
        }
        return out.append('"').toString();
    }

    String space() {
        return pick(SPACES);
    }

    String pick(String... choices) {
        return choices[below(choices.length)];
    }

    /** A text of the characters that JSON is made of, in any order. */
    byte[] noise(String alphabet, int maxLength) {
        StringBuilder out = new StringBuilder();
        for (int i = below(maxLength + 1); i > 0; i--) {
            out.append(alphabet.charAt(below(alphabet.length())));
        }
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The same bytes with some damage. */
    byte[] damaged(byte[] bytes) {
        byte[] out = bytes;
        for (int i = 1 + below(2); i > 0 && out.length > 0; i--) {
            out = damagedOnce(out);
        }
        return out;
    }

    private byte[] damagedOnce(byte[] bytes) {
        int at = below(bytes.length);
        int to = Math.min(bytes.length, at + 1 + below(12));
        byte[] changed = bytes.clone();
        switch (below(8)) {
            case 0 -> changed[at] ^= (byte) (1 << below(8));
            case 1 -> changed[at] = (byte) BYTES[below(BYTES.length)];
            case 2 -> {
                return concat(bytes, at, new byte[0], to);
            }
            case 3 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 4 -> {
                return concat(bytes, to, Arrays.copyOfRange(bytes, at, to), to);
            }
            case 5 -> changed[at] = (byte) (Character.isLetter(bytes[at]) ? bytes[at] ^ 0x20 : bytes[at]);
            default -> {
                return concat(bytes, at, pick(SNIPPETS).getBytes(StandardCharsets.UTF_8), below(4) == 0 ? to : at);
            }
        }
        return changed;
    }

    private static byte[] concat(byte[] bytes, int headEnd, byte[] middle, int tailStart) {
        byte[] out = Arrays.copyOf(bytes, headEnd + middle.length + bytes.length - tailStart);
        System.arraycopy(middle, 0, out, headEnd, middle.length);
        System.arraycopy(bytes, tailStart, out, headEnd + middle.length, bytes.length - tailStart);
        return out;
    }
}
