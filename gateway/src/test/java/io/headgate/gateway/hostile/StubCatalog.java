package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a stub lists, from the words that cases use for it: its usual tools, and those that the words are about. */
final class StubCatalog {
    private static final Pattern KIND = Pattern.compile("(tools|prompts|resources)(?:/list)?\\s*(.*)", Pattern.DOTALL);
    private static final Pattern MANY = Pattern.compile("(?:with |of )?([\\d,]+) (?:tools|prompts|resources|items).*");
    private static final Pattern NAMED = Pattern.compile("\\[([^\\]]*)]");
    private static final Pattern NAMES = Pattern.compile("(?:with )?names? (.+)", Pattern.DOTALL);
    private static final Pattern NAME = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"(?:\\s*[*x]\\s*([\\d,]+))?");
    private static final Pattern PAGE = Pattern.compile("page nextCursor=(\\S+)");
    private static final Pattern CHANGED = Pattern.compile(
            "(?:v\\d+ )?with (?:the )?(description|title|name|schema|inputSchema|annotations) changed|v[2-9]\\d*");
    private static final Pattern WITHOUT = Pattern.compile("(?:v\\d+ )?without (\\w+)");
    private static final Pattern ANNOTATIONS = Pattern.compile("(?:with )?annotations (\\w+)=(\\w+)");
    private static final Pattern LARGE = Pattern.compile(
            "(?:with )?(?:an? |one )?(description|title|schema|tool|name) of ([\\d,.]+) ?(bytes?|KiB|MiB)");
    private static final Pattern DEEP =
            Pattern.compile("(?:with )?(?:an? )?(?:schema|inputSchema)s? ([\\d,]+) levels deep|.*\\bdeep\\b.*");
    private static final int DEEP_LEVELS = 200;

    /** About as many as a tool of 64 KiB can have. */
    private static final int WIDE_SCHEMAS = 15_000;

    private final String kind;
    private final ArrayNode items = JsonTree.MAPPER.createArrayNode();

    /** Names that no client may be shown. */
    private final List<String> suspects = new ArrayList<>();

    private String cursor = "";

    StubCatalog(String words) {
        Matcher matcher = KIND.matcher(words);
        if (!matcher.matches()) {
            throw new Unbuildable("upstream list: " + words);
        }
        kind = matcher.group(1);
        boolean isTools = kind.equals("tools");
        JsonTree.MAPPER
                .readTree(isTools ? new StubTools(StubUpstream.Era.MODERN).list() : "[]")
                .forEach(items::add);
        apply(matcher.group(2).trim());
    }

    /** The names that clients may not be shown if a case says so. */
    List<String> suspects() {
        return suspects;
    }

    /** The answer to a request for the list. */
    String page(String id) {
        ObjectNode message = JsonTree.MAPPER.createObjectNode().put("jsonrpc", "2.0");
        message.set("id", JsonTree.MAPPER.readTree(id));
        ObjectNode result = message.putObject("result").put("resultType", "complete");
        result.put("ttlMs", 600_000).put("cacheScope", "public").set(kind, items);
        if (!cursor.isEmpty()) {
            result.put("nextCursor", cursor);
        }
        return message.toString();
    }

    private void apply(String words) {
        Matcher many = MANY.matcher(words);
        Matcher page = PAGE.matcher(words);
        Matcher names = NAMES.matcher(words);
        Matcher named = NAMED.matcher(words);
        Matcher annotations = ANNOTATIONS.matcher(words);
        Matcher large = LARGE.matcher(words);
        if (words.isEmpty() || words.equals("v1")) {
            return;
        }
        if (many.matches()) {
            for (int i = 0; i < Words.number(many.group(1)); i++) {
                add("many" + i).put("description", "d".repeat(600));
            }
        } else if (page.matches()) {
            cursor = page.group(1);
        } else if (words.contains("reordered")) {
            reorder();
        } else if (names.matches()) {
            named(names.group(1));
        } else if (annotations.matches()) {
            items.forEach(item -> ((ObjectNode) item)
                    .putObject("annotations")
                    .set(annotations.group(1), JsonTree.MAPPER.readTree(annotations.group(2))));
        } else if (large.matches()) {
            large(large.group(1), Words.bytes(large.group(2), large.group(3)));
        } else if (named.matches()) {
            items.removeAll();
            for (String name : named.group(1).split("\\s*,\\s*", -1)) {
                add(name);
            }
        } else if (!changed(words)) {
            odd(words);
        }
    }

    private ObjectNode add(String name) {
        ObjectNode item = items.addObject().put("name", name).put("description", "of a case");
        item.putObject("inputSchema").put("type", "object");
        return item;
    }

    private ObjectNode suspect(String name) {
        suspects.add(name);
        return add(name);
    }

    private void named(String words) {
        Matcher name = NAME.matcher(words);
        boolean isAny = false;
        while (name.find()) {
            int times = name.group(2) == null ? 1 : Words.number(name.group(2));
            suspect(Words.unescape(name.group(1)).repeat(times));
            isAny = true;
        }
        if (!isAny) {
            throw new Unbuildable("upstream names: " + words);
        }
    }

    /** The same tools in another order, and their members too. */
    private void reorder() {
        List<JsonNode> reversed = new ArrayList<>();
        items.forEach(item -> reversed.add(0, turned((ObjectNode) item)));
        items.removeAll();
        reversed.forEach(items::add);
    }

    private static ObjectNode turned(ObjectNode object) {
        List<String> keys = new ArrayList<>(object.propertyNames());
        Collections.reverse(keys);
        ObjectNode turned = JsonTree.MAPPER.createObjectNode();
        keys.forEach(key -> turned.set(key, object.get(key)));
        return turned;
    }

    private void large(String what, int bytes) {
        String text = "d".repeat(bytes);
        ObjectNode tool = suspect("large");
        switch (what) {
            case "schema" -> ((ObjectNode) tool.get("inputSchema")).put("description", text);
            case "name" -> tool.put("name", text);
            case "title" -> tool.put("title", text);
            default -> tool.put("description", text);
        }
    }

    private boolean changed(String words) {
        Matcher changed = CHANGED.matcher(words);
        Matcher without = WITHOUT.matcher(words);
        ObjectNode first = (ObjectNode) items.get(0);
        if (changed.matches()) {
            String member = changed.group(1) == null ? "description" : changed.group(1);
            if (member.endsWith("chema")) {
                first.putObject("inputSchema")
                        .put("type", "object")
                        .putArray("required")
                        .add("more");
            } else if (member.equals("annotations")) {
                first.putObject("annotations").put("destructiveHint", true);
            } else {
                first.put(member, "another one");
            }
            return true;
        }
        if (without.matches()) {
            first.remove(without.group(1));
            return true;
        }
        return false;
    }

    private void odd(String words) {
        boolean isKnown = false;
        if (words.contains("x-mcp-header")) {
            headers();
            isKnown = true;
        }
        Matcher deep = DEEP.matcher(words);
        if (deep.matches()) {
            int levels = deep.group(1) == null ? DEEP_LEVELS : Words.number(deep.group(1));
            ObjectNode schema = (ObjectNode) suspect("deep").get("inputSchema");
            for (int i = 0; i < levels; i++) {
                schema = schema.putObject("not");
            }
            isKnown = true;
        }
        if (words.matches(".*\\b(?:wide|subschemas)\\b.*")) {
            ArrayNode schemas = ((ObjectNode) suspect("wide").get("inputSchema")).putArray("anyOf");
            for (int i = 0; i < WIDE_SCHEMAS; i++) {
                schemas.addObject();
            }
            isKnown = true;
        }
        if (words.contains("ReDoS") || words.contains("(a+)+")) {
            // Nothing here evaluates a pattern, so a tool that has a bad one is shown.
            ObjectNode properties = ((ObjectNode) add("pattern").get("inputSchema")).putObject("properties");
            properties.putObject("x").put("type", "string").put("pattern", "(a+)+$");
            isKnown = true;
        }
        if (words.matches(".*(?:U\\+|\\bESC\\b|<).*")) {
            suspect("poisoned").put("description", "a\u200b\u202e\u001b[8m <IMPORTANT>b");
            isKnown = true;
        }
        if (words.contains("duplicate")) {
            add("echo").put("description", "another echo");
            isKnown = true;
        }
        if (!isKnown) {
            throw new Unbuildable("upstream list: " + kind + " " + words);
        }
    }

    /** A tool for each way in which a field that repeats an argument can be described wrong. */
    private void headers() {
        header("header-empty", "string", "");
        header("header-space", "string", "A B");
        header("header-line", "string", "X\r\nY");
        header("header-number", "number", "N");
        ObjectNode twice = header("header-twice", "string", "T");
        ((ObjectNode) twice.get("inputSchema").get("properties"))
                .putObject("again")
                .put("type", "string")
                .put("x-mcp-header", "t");
        ObjectNode inside = suspect("header-items");
        ((ObjectNode) inside.get("inputSchema"))
                .putObject("properties")
                .putObject("list")
                .put("type", "array")
                .putObject("items")
                .put("type", "string")
                .put("x-mcp-header", "I");
    }

    private ObjectNode header(String name, String type, String header) {
        ObjectNode tool = suspect(name);
        ((ObjectNode) tool.get("inputSchema"))
                .putObject("properties")
                .putObject("x")
                .put("type", type)
                .put("x-mcp-header", header);
        return tool;
    }
}
