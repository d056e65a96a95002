package io.headgate.gateway.route.catalog;

import java.util.ArrayList;
import java.util.List;

/**
 * A URI template (RFC 6570) as far as routing needs it: does a URI have its shape?
 *
 * <p>{@code {name}} stands for one or more characters without a slash; expressions with an operator or a modifier for
 * any characters. Matching keeps the set of places that the parts so far can reach, so its cost is the length of the URI
 * times the number of parts, whatever the URI holds.
 */
final class UriTemplate {
    private static final int LONGEST_URI = 2_048;
    private static final int MOST_PARTS = 64;

    /** A text, or a gap if the text is empty. */
    private record Part(String text, boolean crossesSlash) {
        boolean isGap() {
            return text.isEmpty();
        }
    }

    private final List<Part> parts;

    private UriTemplate(List<Part> parts) {
        this.parts = parts;
    }

    static UriTemplate of(String template) {
        List<Part> parts = new ArrayList<>();
        int at = 0;
        while (at < template.length()) {
            int open = template.indexOf('{', at);
            int close = open < 0 ? -1 : template.indexOf('}', open);
            if (close < 0) {
                parts.add(new Part(template.substring(at), false));
                break;
            }
            if (open > at) {
                parts.add(new Part(template.substring(at, open), false));
            }
            parts.add(new Part("", !isPlainName(template, open + 1, close)));
            at = close + 1;
        }
        return new UriTemplate(List.copyOf(parts));
    }

    boolean matches(String uri) {
        if (uri.length() > LONGEST_URI || parts.size() > MOST_PARTS) {
            return false;
        }
        if (!parts.isEmpty() && !uri.startsWith(parts.get(0).text())) {
            return false;
        }
        boolean[] reached = new boolean[uri.length() + 1];
        reached[0] = true;
        for (Part part : parts) {
            reached = part.isGap() ? acrossGap(part, uri, reached) : acrossText(part.text(), uri, reached);
        }
        return reached[uri.length()];
    }

    private static boolean[] acrossText(String text, String uri, boolean[] from) {
        boolean[] to = new boolean[from.length];
        for (int i = 0; i + text.length() <= uri.length(); i++) {
            to[i + text.length()] = from[i] && uri.startsWith(text, i);
        }
        return to;
    }

    private static boolean[] acrossGap(Part gap, String uri, boolean[] from) {
        boolean[] to = new boolean[from.length];
        boolean open = false;
        for (int i = 0; i <= uri.length(); i++) {
            open |= from[i];
            // An expression with an operator may expand to nothing.
            to[i] |= from[i] && gap.crossesSlash();
            if (i < uri.length()) {
                open &= gap.crossesSlash() || uri.charAt(i) != '/';
                to[i + 1] |= open;
            }
        }
        return to;
    }

    private static boolean isPlainName(String template, int start, int end) {
        for (int i = start; i < end; i++) {
            char c = template.charAt(i);
            if (!(Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '%')) {
                return false;
            }
        }
        return end > start;
    }
}
