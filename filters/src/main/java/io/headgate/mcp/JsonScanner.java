package io.headgate.mcp;

import io.headgate.mcp.BadMessage.Reason;
import io.headgate.mcp.Member.Container;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The one strict pass over a message: validates every byte and notes where the members stand that the gateway needs.
 *
 * <p>Strict means: valid UTF-8 without a byte order mark, no lone surrogates, no duplicate keys, numbers that fit a
 * double (I-JSON, RFC 7493). General parsers accept some of these, and two parsers that read one message differently
 * are how a policy is bypassed. Noncharacters pass, because all parsers agree on them.
 *
 * <p>A recursive descent, its depth bounded by the limits. What it reports is the first defect in the order of the bytes.
 */
final class JsonScanner extends JsonTokens {
    private final JsonLimits limits;
    private final int @Nullable [] slots;
    private final KeySet keys;
    private int depth;
    private int tokens;
    private boolean mentionsUri;
    private boolean methodLookalike;

    private JsonScanner(byte[] bytes, int start, int end, JsonLimits limits, int @Nullable [] slots) {
        super(bytes, start, end);
        this.limits = limits;
        this.slots = slots;
        this.keys = KeySet.forThisThread();
    }

    /** Reads a message; the slots take where the value of each member found starts and ends. */
    static boolean message(byte[] bytes, int start, int end, JsonLimits limits, int[] slots) throws BadMessage {
        JsonScanner scanner = new JsonScanner(bytes, start, end, limits, slots);
        scanner.document(Container.ROOT, /* onlyObject= */ true);
        if (scanner.methodLookalike
                && (isFound(slots, Member.METHOD) || isFound(slots, Member.RESULT) || isFound(slots, Member.ERROR))) {
            throw new BadMessage(Reason.UNKNOWN_MEMBER);
        }
        return scanner.mentionsUri;
    }

    /** Reads the value of a {@code result} on its own. */
    static boolean result(RawJson result, JsonLimits limits, int[] slots) throws BadMessage {
        JsonScanner scanner = new JsonScanner(result.array(), result.start(), result.end(), limits, slots);
        scanner.document(Container.RESULT, /* onlyObject= */ true);
        return scanner.mentionsUri;
    }

    /** Reads any JSON value. */
    static RawJson value(byte[] bytes, int start, int end, JsonLimits limits) throws BadMessage {
        JsonScanner scanner = new JsonScanner(bytes, start, end, limits, null);
        scanner.document(Container.OTHER, /* onlyObject= */ false);
        return RawJson.trimmed(bytes, start, end);
    }

    private static boolean isFound(int[] slots, Member member) {
        return slots[2 * member.slot + 1] != 0;
    }

    private void document(Container container, boolean onlyObject) throws BadMessage {
        try {
            checkEncoding();
            skipSpace();
            if (at == end) {
                throw new BadMessage(Reason.EMPTY);
            }
            if (onlyObject && bytes[at] == '[') {
                throw new BadMessage(isNestedTooDeeply() ? Reason.DEPTH : Reason.BATCH);
            }
            boolean isObject = bytes[at] == '{';
            value(container);
            skipSpace();
            if (at != end) {
                throw new BadMessage(Reason.TRAILING);
            }
            if (onlyObject && !isObject) {
                throw new BadMessage(Reason.NOT_OBJECT);
            }
        } finally {
            keys.clear();
        }
    }

    /** UTF-16 and UTF-32 show themselves by a zero among the first bytes, or by their byte order mark. */
    private void checkEncoding() throws BadMessage {
        if (end - at >= 2) {
            int first = bytes[at] & 0xFF;
            int second = bytes[at + 1] & 0xFF;
            if (first == 0 || second == 0 || first >= 0xFE || (first == 0xEF && second == 0xBB)) {
                throw new BadMessage(Reason.ENCODING);
            }
        }
    }

    /** A batch is refused unread, but a tower of brackets is no batch. */
    private boolean isNestedTooDeeply() {
        int brackets = 0;
        while (at < end && bytes[at] == '[' && brackets <= limits.depth()) {
            brackets++;
            at++;
            skipSpace();
        }
        return brackets > limits.depth();
    }

    private void value(Container container) throws BadMessage {
        if (at == end) {
            throw new BadMessage(Reason.SYNTAX);
        }
        if (++tokens > limits.tokens()) {
            throw new BadMessage(Reason.TOKENS);
        }
        switch (bytes[at]) {
            case '"' -> string();
            case '{' -> object(container);
            case '[' -> array();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> number(limits.numberChars());
        }
    }

    private void object(Container container) throws BadMessage {
        enter();
        int object = keys.open();
        at++;
        skipSpace();
        if (at < end && bytes[at] == '}') {
            leave();
            return;
        }
        do {
            skipSpace();
            if (at == end || bytes[at] != '"') {
                throw new BadMessage(Reason.SYNTAX);
            }
            int keyStart = at;
            string();
            boolean keyEscaped = escaped;
            int keyEnd = at;
            checkKey(container, object, keyStart, keyEnd, keyEscaped);
            skipSpace();
            if (at == end || bytes[at] != ':') {
                throw new BadMessage(Reason.SYNTAX);
            }
            at++;
            skipSpace();
            if (container == Container.OTHER) {
                mentionsUri |= mayBeUri(keyStart, keyEnd, keyEscaped);
                value(Container.OTHER);
            } else {
                member(container, keyStart, keyEnd, keyEscaped);
            }
        } while (comma((byte) '}'));
        keys.close(object);
        leave();
    }

    private void checkKey(Container container, int object, int keyStart, int keyEnd, boolean keyEscaped)
            throws BadMessage {
        if (keyEnd - keyStart - 2 > limits.nameBytes()) {
            throw new BadMessage(Reason.NAME_LENGTH);
        }
        if (!keys.add(object, bytes, keyStart + 1, keyEnd - 1, keyEscaped)) {
            if (container == Container.ROOT && slots != null) {
                // Of two ids none can be trusted.
                slots[2 * Member.ID.slot + 1] = 0;
            }
            throw new BadMessage(Reason.DUPLICATE_KEY);
        }
    }

    private boolean mayBeUri(int keyStart, int keyEnd, boolean keyEscaped) {
        return keyEscaped
                || (keyEnd - keyStart == 5
                        && bytes[keyStart + 1] == 'u'
                        && bytes[keyStart + 2] == 'r'
                        && bytes[keyStart + 3] == 'i');
    }

    private void member(Container container, int keyStart, int keyEnd, boolean keyEscaped) throws BadMessage {
        Member member = keyEscaped
                ? escapedMember(container, keyStart + 1, keyEnd - 1)
                : Member.of(container, bytes, keyStart + 1, keyEnd - 1);
        if (member == null) {
            if (container.isStrict()) {
                refuseLookalike(container, keyStart + 1, keyEnd - 1, keyEscaped);
            }
            mentionsUri |= mayBeUri(keyStart, keyEnd, keyEscaped);
            value(Container.OTHER);
            return;
        }
        int valueStart = at;
        value(inside(member));
        int[] found = slots;
        if (found != null) {
            found[2 * member.slot] = valueStart;
            found[2 * member.slot + 1] = at;
        }
    }

    private @Nullable Member escapedMember(Container container, int start, int stop) {
        byte[] key = JsonStrings.decode(bytes, start, stop).getBytes(StandardCharsets.UTF_8);
        return Member.of(container, key, 0, key.length);
    }

    private static Container inside(Member member) {
        return switch (member) {
            case PARAMS -> Container.PARAMS;
            case RESULT -> Container.RESULT;
            case ERROR -> Container.ERROR;
            case REF -> Container.REF;
            case PARAMS_META, RESULT_META -> Container.META;
            default -> Container.OTHER;
        };
    }

    /** Keys that another parser may take for one of ours: other case, or a control character in it. */
    private void refuseLookalike(Container container, int start, int stop, boolean keyEscaped) throws BadMessage {
        Member similar;
        if (keyEscaped || !JsonStrings.isAscii(bytes, start, stop)) {
            String key = JsonStrings.decode(bytes, start, stop);
            if (key.chars().anyMatch(c -> c < 0x20)) {
                throw new BadMessage(Reason.CONTROL_IN_KEY);
            }
            similar = Member.ignoringCase(container, key);
        } else {
            similar = Member.ignoringCase(container, bytes, start, stop);
        }
        // "Method" alone is a message without a method, which is the better answer if there is none.
        methodLookalike |= similar == Member.METHOD;
        if (similar != null && similar != Member.METHOD) {
            throw new BadMessage(Reason.UNKNOWN_MEMBER);
        }
    }

    private void array() throws BadMessage {
        enter();
        at++;
        skipSpace();
        if (at < end && bytes[at] == ']') {
            leave();
            return;
        }
        do {
            skipSpace();
            value(Container.OTHER);
        } while (comma((byte) ']'));
        leave();
    }

    /** After a value: steps over a comma, or stops before the closing bracket. */
    private boolean comma(byte close) throws BadMessage {
        skipSpace();
        if (at < end && bytes[at] == ',') {
            at++;
            return true;
        }
        if (at < end && bytes[at] == close) {
            return false;
        }
        throw new BadMessage(Reason.SYNTAX);
    }

    private void enter() throws BadMessage {
        if (++depth > limits.depth()) {
            throw new BadMessage(Reason.DEPTH);
        }
    }

    private void leave() {
        depth--;
        at++;
    }
}
