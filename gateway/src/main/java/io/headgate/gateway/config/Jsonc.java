package io.headgate.gateway.config;

/** Makes YAML of JSON as editors write it: comments and tabs become spaces, so that every place stays where it is. */
final class Jsonc {
    private Jsonc() {}

    static String toYaml(String json) {
        StringBuilder yaml = new StringBuilder(json);
        int at = 0;
        while (at < yaml.length()) {
            char here = yaml.charAt(at);
            if (here == '"') {
                at = endOfString(yaml, at);
            } else if (isPair(yaml, at, '/')) {
                at = blank(yaml, at, endOr(yaml, yaml.indexOf("\n", at)));
            } else if (isPair(yaml, at, '*')) {
                int close = yaml.indexOf("*/", at + 2);
                at = blank(yaml, at, close < 0 ? yaml.length() : close + 2);
            } else {
                at = here == '\t' || here == '\r' ? blank(yaml, at, at + 1) : at + 1;
            }
        }
        return yaml.toString();
    }

    private static boolean isPair(StringBuilder text, int at, char second) {
        return text.charAt(at) == '/' && at + 1 < text.length() && text.charAt(at + 1) == second;
    }

    private static int endOfString(StringBuilder text, int open) {
        int at = open + 1;
        while (at < text.length() && text.charAt(at) != '"' && text.charAt(at) != '\n') {
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        return at + 1;
    }

    private static int blank(StringBuilder text, int from, int to) {
        for (int at = from; at < to; at++) {
            if (text.charAt(at) != '\n') {
                text.setCharAt(at, ' ');
            }
        }
        return to;
    }

    private static int endOr(StringBuilder text, int index) {
        return index < 0 ? text.length() : index;
    }
}
