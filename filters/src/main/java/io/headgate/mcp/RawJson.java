package io.headgate.mcp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One JSON value as the bytes it came in: a slice of a larger message, never bound to objects.
 *
 * <p>The bytes were validated when the message was read, so the look-ups here only skip. They serve the places off the
 * hot path that must look inside a value; the way of a call uses {@link Envelope}, which found its members already.
 */
public final class RawJson {
    public static final RawJson EMPTY_OBJECT = of("{}");
    public static final RawJson NULL = of("null");

    private final byte[] bytes;
    private final int start;
    private final int end;

    RawJson(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.start = start;
        this.end = end;
    }

    /** The value of a text that the caller knows to be valid JSON. */
    public static RawJson of(String json) {
        return of(json.getBytes(StandardCharsets.UTF_8));
    }

    /** The value of bytes that the caller knows to be valid JSON, and will not change. */
    public static RawJson of(byte[] bytes) {
        return trimmed(bytes, 0, bytes.length);
    }

    /** The value that stands in a range, with white space around it. */
    static RawJson trimmed(byte[] bytes, int from, int to) {
        int start = from;
        int end = to;
        while (start < end && JsonTokens.isSpace(bytes[start])) {
            start++;
        }
        while (end > start && JsonTokens.isSpace(bytes[end - 1])) {
            end--;
        }
        return new RawJson(bytes, start, end);
    }

    /** Reads bytes from outside: validated like a message. */
    public static RawJson read(byte[] bytes, JsonLimits limits) throws BadMessage {
        return JsonScanner.value(bytes, 0, bytes.length, limits);
    }

    /** The array that this value is a slice of; not to be written to. */
    public byte[] array() {
        return bytes;
    }

    public int start() {
        return start;
    }

    public int end() {
        return end;
    }

    public int length() {
        return end - start;
    }

    public boolean isObject() {
        return bytes[start] == '{';
    }

    public boolean isArray() {
        return bytes[start] == '[';
    }

    public boolean isString() {
        return bytes[start] == '"';
    }

    public boolean isNull() {
        return bytes[start] == 'n';
    }

    public boolean isTrue() {
        return bytes[start] == 't';
    }

    public boolean isNumber() {
        byte first = bytes[start];
        return first == '-' || (first >= '0' && first <= '9');
    }

    /** The decoded text of a string value, or null if this is another kind of value. */
    public @Nullable String string() {
        return isString() ? JsonStrings.decode(bytes, start + 1, end - 1) : null;
    }

    /** The number as a long, or the fallback if it is not an integer that fits. */
    public long longOr(long fallback) {
        if (!isNumber()) {
            return fallback;
        }
        int digits = bytes[start] == '-' ? start + 1 : start;
        // Eighteen digits always fit; what is longer goes the slow way.
        if (end - digits > 18) {
            return parseLong(fallback);
        }
        long value = 0;
        for (int i = digits; i < end; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return fallback;
            }
            value = 10 * value + (bytes[i] - '0');
        }
        return digits == start ? value : -value;
    }

    private long parseLong(long fallback) {
        try {
            return Long.parseLong(toString());
        } catch (NumberFormatException notAnInteger) {
            return fallback;
        }
    }

    /** The member of an object, or null if this is no object or has no such member. */
    public @Nullable RawJson get(String name) {
        if (!isObject()) {
            return null;
        }
        int at = JsonStrings.skipSpace(bytes, start + 1);
        while (bytes[at] != '}') {
            int keyEnd = JsonStrings.skipString(bytes, at);
            int valueStart = valueAfter(keyEnd);
            int valueEnd = JsonStrings.skipValue(bytes, valueStart);
            if (JsonStrings.is(bytes, at + 1, keyEnd - 1, name)) {
                return new RawJson(bytes, valueStart, valueEnd);
            }
            at = next(valueEnd);
        }
        return null;
    }

    /** The decoded text of a string member, or null if it is absent or no string. */
    public @Nullable String getString(String name) {
        RawJson value = get(name);
        return value == null ? null : value.string();
    }

    /** This object without a member, everything else as it was written; itself if it has no such member. */
    public RawJson without(String name) {
        RawJson value = get(name);
        if (value == null) {
            return this;
        }
        // The key stands before the value and has no quote in it, however it is spelled.
        int key = value.start;
        for (int quotes = 0; quotes < 2; quotes += bytes[key] == '"' ? 1 : 0) {
            key--;
        }
        return new Splice(this).remove(key, value.end).toJson();
    }

    /** Visits the members of an object in their order; nothing if this is no object. */
    public void forEachMember(BiConsumer<String, RawJson> visitor) {
        if (!isObject()) {
            return;
        }
        int at = JsonStrings.skipSpace(bytes, start + 1);
        while (bytes[at] != '}') {
            int keyEnd = JsonStrings.skipString(bytes, at);
            int valueStart = valueAfter(keyEnd);
            int valueEnd = JsonStrings.skipValue(bytes, valueStart);
            visitor.accept(JsonStrings.decode(bytes, at + 1, keyEnd - 1), new RawJson(bytes, valueStart, valueEnd));
            at = next(valueEnd);
        }
    }

    /** The elements of an array in their order; empty if this is no array. */
    public List<RawJson> elements() {
        List<RawJson> elements = new ArrayList<>();
        if (!isArray()) {
            return elements;
        }
        int at = JsonStrings.skipSpace(bytes, start + 1);
        while (bytes[at] != ']') {
            int valueEnd = JsonStrings.skipValue(bytes, at);
            elements.add(new RawJson(bytes, at, valueEnd));
            at = next(valueEnd);
        }
        return elements;
    }

    /** The same value in an array of its own, for what is kept beyond the message that it came in. */
    public RawJson copy() {
        return length() == bytes.length ? this : of(toByteArray());
    }

    /** How much memory it keeps: the whole array that it is a slice of. */
    public int retained() {
        return bytes.length;
    }

    public byte[] toByteArray() {
        return Arrays.copyOfRange(bytes, start, end);
    }

    /** True if the two values are the same bytes; spelling and white space count. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RawJson that && Arrays.equals(bytes, start, end, that.bytes, that.start, that.end);
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = start; i < end; i++) {
            hash = 31 * hash + bytes[i];
        }
        return hash;
    }

    /** The JSON text. */
    @Override
    public String toString() {
        return new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }

    private int valueAfter(int keyEnd) {
        int colon = JsonStrings.skipSpace(bytes, keyEnd);
        return JsonStrings.skipSpace(bytes, colon + 1);
    }

    private int next(int valueEnd) {
        int at = JsonStrings.skipSpace(bytes, valueEnd);
        return bytes[at] == ',' ? JsonStrings.skipSpace(bytes, at + 1) : at;
    }
}
