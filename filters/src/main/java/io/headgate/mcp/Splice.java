package io.headgate.mcp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Changes to some members of a value, written as pieces of the old bytes and the new ones.
 *
 * <p>Everything that is not named keeps its bytes: order, white space, number formats and unknown members pass as they
 * came. Changes may be named in any order; they must not overlap.
 */
public final class Splice {
    private final RawJson source;
    private int[] ranges = new int[12];
    private byte[] @Nullable [] texts = new byte[6][];
    private int count;

    public Splice(RawJson source) {
        this.source = source;
    }

    /** Puts a new value in the place of a value inside the source. */
    public Splice replace(RawJson value, byte[] json) {
        return change(value.start(), value.end(), json);
    }

    public Splice replace(RawJson value, String json) {
        return replace(value, json.getBytes(StandardCharsets.UTF_8));
    }

    /** Puts a member at the start of an object inside the source. */
    public Splice insert(RawJson object, String name, String json) {
        return insert(object, JsonStrings.quote(name) + ":" + json);
    }

    /** Puts members, written as {@code "a":1,"b":2}, at the start of an object inside the source. */
    public Splice insert(RawJson object, String members) {
        int first = JsonStrings.skipSpace(object.array(), object.start() + 1);
        boolean empty = object.array()[first] == '}';
        int at = object.start() + 1;
        // Several insertions at one place keep their order; each but a sole one in an empty object ends with a comma.
        boolean more = !empty || inserted(at);
        return change(
                at,
                at,
                (more && empty ? "," + members : empty ? members : members + ",").getBytes(StandardCharsets.UTF_8));
    }

    /** Takes the member with this value out of its object; its key must be one without a quote in it. */
    public Splice remove(RawJson value) {
        byte[] bytes = source.array();
        int key = value.start();
        for (int quotes = 0; quotes < 2; quotes += bytes[key] == '"' ? 1 : 0) {
            key--;
        }
        return remove(key, value.end());
    }

    /** Takes a member, given by where its key starts and its value ends, out of its object. */
    public Splice remove(int keyStart, int valueEnd) {
        return change(keyStart, valueEnd, null);
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /** Writes the changed value. */
    public Pieces into(Pieces out) {
        byte[] bytes = source.array();
        int at = source.start();
        for (int i = 0; i < count; i++) {
            out.add(bytes, at, ranges[2 * i] - at);
            at = ranges[2 * i + 1];
            byte[] text = texts[i];
            if (text != null) {
                out.add(text);
                continue;
            }
            int next = JsonStrings.skipSpace(bytes, at);
            if (bytes[next] == ',') {
                at = JsonStrings.skipSpace(bytes, next + 1);
            } else {
                out.dropTrailingComma();
            }
        }
        return out.add(bytes, at, source.end() - at);
    }

    /** The changed value as a value of its own. */
    public RawJson toJson() {
        return count == 0 ? source : RawJson.of(into(new Pieces(2 * count + 2)).toByteArray());
    }

    private boolean inserted(int at) {
        for (int i = 0; i < count; i++) {
            if (ranges[2 * i] == at && ranges[2 * i + 1] == at) {
                return true;
            }
        }
        return false;
    }

    private Splice change(int start, int end, byte @Nullable [] text) {
        if (count == texts.length) {
            texts = Arrays.copyOf(texts, 2 * count);
            ranges = Arrays.copyOf(ranges, 4 * count);
        }
        int i = count++;
        // An insertion goes before a change that starts at the same place.
        while (i > 0
                && (ranges[2 * i - 2] > start
                        || (ranges[2 * i - 2] == start && start == end && ranges[2 * i - 1] > end))) {
            texts[i] = texts[i - 1];
            ranges[2 * i] = ranges[2 * i - 2];
            ranges[2 * i + 1] = ranges[2 * i - 1];
            i--;
        }
        texts[i] = text;
        ranges[2 * i] = start;
        ranges[2 * i + 1] = end;
        return this;
    }
}
