package io.headgate.mcp;

import io.headgate.mcp.BadMessage.Reason;
import org.jspecify.annotations.Nullable;

/** One message over the bytes it came in, with the places of the members that the gateway may need. */
public final class Envelope {
    private static final long MAX_SAFE_INTEGER = (1L << 53) - 1;
    private static final int MAX_ID_BYTES = 256;
    private static final int MAX_METHOD_BYTES = 128;

    private final byte[] bytes;
    private final int[] slots = new int[2 * Member.SLOTS];
    private boolean mentionsUri;

    private Envelope(byte[] bytes) {
        this.bytes = bytes;
    }

    /** What one message is, before anybody asks what it means. */
    public enum Kind {
        REQUEST,
        NOTIFICATION,
        RESPONSE
    }

    /** Reads one message in a single pass: validates all of it, and finds its members. */
    public static Envelope read(byte[] bytes, JsonLimits limits) throws BadMessage {
        return read(bytes, 0, bytes.length, limits);
    }

    /** Reads the message that is a slice of an array. */
    public static Envelope read(byte[] bytes, int start, int end, JsonLimits limits) throws BadMessage {
        Envelope envelope = new Envelope(bytes);
        try {
            envelope.mentionsUri = JsonScanner.message(bytes, start, end, limits, envelope.slots);
        } catch (BadMessage bad) {
            throw envelope.refused(bad.reason(), start, end);
        }
        Reason defect = envelope.shapeDefect();
        if (defect != null) {
            throw envelope.refused(defect, start, end);
        }
        return envelope;
    }

    /** The members of a result that the gateway made itself. */
    public static Envelope ofResult(RawJson result) {
        Envelope envelope = new Envelope(result.array());
        envelope.slots[2 * Member.RESULT.slot] = result.start();
        envelope.slots[2 * Member.RESULT.slot + 1] = result.end();
        try {
            envelope.mentionsUri = JsonScanner.result(result, JsonLimits.UPSTREAM, envelope.slots);
        } catch (BadMessage impossible) {
            throw new IllegalArgumentException("not a result: " + impossible.reason(), impossible);
        }
        return envelope;
    }

    /** The members of a request that the gateway made itself, its params given. */
    public static Envelope ofRequest(String method, RawJson params) {
        byte[] bytes = new Pieces(6)
                .add("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":")
                .add(JsonStrings.quote(method))
                .add(",\"params\":")
                .add(params)
                .add("}")
                .toByteArray();
        try {
            return read(bytes, JsonLimits.UPSTREAM);
        } catch (BadMessage impossible) {
            throw new IllegalArgumentException("not a request: " + impossible.reason(), impossible);
        }
    }

    /** True if the body begins like a JSON-RPC batch. */
    public static boolean isBatch(byte[] body) {
        for (byte b : body) {
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b == '[';
            }
        }
        return false;
    }

    public Kind kind() {
        if (!has(Member.METHOD)) {
            return Kind.RESPONSE;
        }
        return has(Member.ID) ? Kind.REQUEST : Kind.NOTIFICATION;
    }

    public boolean has(Member member) {
        return slots[2 * member.slot + 1] != 0;
    }

    /** The value of a member, or null if the message does not have it. */
    public @Nullable RawJson get(Member member) {
        int slot = 2 * member.slot;
        int end = slots[slot + 1];
        return end == 0 ? null : new RawJson(bytes, slots[slot], end);
    }

    /** The decoded text of a member, or null if it is absent or no string. */
    public @Nullable String string(Member member) {
        int slot = 2 * member.slot;
        int start = slots[slot];
        int end = slots[slot + 1];
        return end == 0 || bytes[start] != '"' ? null : JsonStrings.decode(bytes, start + 1, end - 1);
    }

    /** True if the member is this string. */
    public boolean is(Member member, String text) {
        int slot = 2 * member.slot;
        int start = slots[slot];
        int end = slots[slot + 1];
        return end != 0 && bytes[start] == '"' && JsonStrings.is(bytes, start + 1, end - 1, text);
    }

    public boolean isTrue(Member member) {
        int slot = 2 * member.slot;
        return slots[slot + 1] != 0 && bytes[slots[slot]] == 't';
    }

    /** Takes a member out of its object; nothing if the message does not have it. */
    public Splice remove(Splice splice, Member member) {
        // The key of a member that we know has no quote in it, however it is spelled.
        RawJson value = get(member);
        return value == null ? splice : splice.remove(value);
    }

    /** The id as it was written, or null if there is none. */
    public @Nullable RequestId id() {
        RawJson id = get(Member.ID);
        return id == null || id.isNull() ? null : new RequestId(id.toString());
    }

    /** True if the id is this number, written as a number. */
    public boolean hasId(long number) {
        RawJson id = get(Member.ID);
        return id != null && id.isNumber() && id.longOr(number + 1) == number;
    }

    /** The method; the empty string if this is a response. */
    public String method() {
        int slot = 2 * Member.METHOD.slot;
        int start = slots[slot];
        int end = slots[slot + 1];
        return end == 0 ? "" : Methods.intern(bytes, start + 1, end - 1);
    }

    public @Nullable RawJson params() {
        return get(Member.PARAMS);
    }

    /** True if somewhere below a result or params stands a key {@code uri}. */
    public boolean mentionsUri() {
        return mentionsUri;
    }

    private @Nullable Reason shapeDefect() {
        Reason defect = has(Member.ID) ? idDefect() : null;
        if (defect != null) {
            return defect;
        }
        if (!is(Member.JSONRPC, "2.0")) {
            return Reason.JSONRPC_VERSION;
        }
        boolean response = has(Member.RESULT) || has(Member.ERROR);
        if (!has(Member.METHOD)) {
            return response ? responseDefect() : Reason.MISSING_METHOD;
        }
        return response ? Reason.REQUEST_AND_RESPONSE : requestDefect();
    }

    private @Nullable Reason requestDefect() {
        int method = 2 * Member.METHOD.slot;
        if (first(Member.METHOD) != '"') {
            return Reason.METHOD_TYPE;
        }
        if (slots[method + 1] - slots[method] - 2 > MAX_METHOD_BYTES) {
            return Reason.METHOD_LENGTH;
        }
        return has(Member.PARAMS) && first(Member.PARAMS) != '{' ? Reason.PARAMS_TYPE : null;
    }

    /** Params are refused here because their members share slots with those of the result. */
    private @Nullable Reason responseDefect() {
        boolean valid = has(Member.RESULT)
                ? !has(Member.ERROR) && first(Member.RESULT) == '{' && has(Member.ID)
                : first(Member.ERROR) == '{';
        return valid && !has(Member.PARAMS) ? null : Reason.RESPONSE_SHAPE;
    }

    private @Nullable Reason idDefect() {
        // A response to a request that could not be read has the id null.
        if (first(Member.ID) == 'n' && has(Member.ERROR)) {
            return null;
        }
        return idDefect(bytes, slots[2 * Member.ID.slot], slots[2 * Member.ID.slot + 1]);
    }

    private static @Nullable Reason idDefect(byte[] bytes, int start, int end) {
        byte first = bytes[start];
        if (first == 'n') {
            return Reason.ID_NULL;
        }
        if (first == '"') {
            return end - start - 2 > MAX_ID_BYTES ? Reason.ID_LENGTH : null;
        }
        if (first != '-' && (first < '0' || first > '9')) {
            return Reason.ID_TYPE;
        }
        for (int i = start; i < end; i++) {
            byte b = bytes[i];
            if (b == '.' || b == 'e' || b == 'E') {
                return Reason.ID_TYPE;
            }
        }
        long number = new RawJson(bytes, start, end).longOr(Long.MAX_VALUE);
        return number > MAX_SAFE_INTEGER || number < -MAX_SAFE_INTEGER ? Reason.ID_RANGE : null;
    }

    private byte first(Member member) {
        return bytes[slots[2 * member.slot]];
    }

    /**
     * The refusal with the id of the message, so that the sender learns whose it is. Where the rest can be read, it is looked for
     * in all of it: one that is read already may stand there once more.
     */
    private BadMessage refused(Reason reason, int start, int end) {
        RawJson id = reason.leavesStructure() ? LostId.find(bytes, start, end) : get(Member.ID);
        if (id == null || idDefect(id.array(), id.start(), id.end()) != null) {
            return new BadMessage(reason);
        }
        return new BadMessage(reason, new RequestId(id.toString()));
    }
}
