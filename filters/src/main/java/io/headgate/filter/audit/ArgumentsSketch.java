package io.headgate.filter.audit;

import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Counter;
import java.util.Arrays;
import java.util.Set;

/**
 * Writes arguments down without their values: the same objects and arrays with the same keys, and in the place of each
 * value what kind it is, how long, and its fingerprint. Values stay where the file allows them by path.
 *
 * <p>Looks at the first 4 KiB of the arguments and no further; all of them have one fingerprint and a length.
 */
final class ArgumentsSketch {
    /** How much of the arguments is looked at. */
    static final int LOOKED_AT = 4 * 1024;

    /** How long the sketch may become: many small values are longer when they are described. */
    private static final int LONGEST = 6 * 1024;

    private static final int LONGEST_KEY = 128;
    private static final String REST = "\"truncated\":true";

    private final Fingerprints fingerprints;
    private final Masks masks;
    private final Counter redactions;
    private final Counter truncations;

    ArgumentsSketch(Fingerprints fingerprints, Masks masks, Counter redactions, Counter truncations) {
        this.fingerprints = fingerprints;
        this.masks = masks;
        this.redactions = redactions;
        this.truncations = truncations;
    }

    /** Writes the object {@code args}; the paths are those whose values are kept. */
    void write(JsonBytes out, RawJson arguments, Set<String> kept) {
        Walk walk = new Walk(out, arguments, kept);
        out.raw("{\"sha256\":");
        fingerprints.write(out, arguments.array(), arguments.start(), arguments.end());
        out.member("len", arguments.length()).raw(",\"redacted\":");
        var unused = walk.value(arguments.start(), /* isSecret= */ false);
        if (walk.isCut) {
            out.raw(',').raw(REST);
            truncations.increment();
        }
        out.raw('}');
        redactions.increment(walk.redacted);
    }

    /** One pass; recursive, because the depth of a message is bounded. */
    private final class Walk {
        private final JsonBytes out;
        private final byte[] bytes;
        private final int end;
        private final int lookedAt;
        private final int longest;
        private final Set<String> kept;
        private final StringBuilder path = new StringBuilder();
        private int redacted;
        private boolean isCut;

        Walk(JsonBytes out, RawJson arguments, Set<String> kept) {
            this.out = out;
            this.bytes = arguments.array();
            this.end = arguments.end();
            this.lookedAt = Math.min(end, arguments.start() + LOOKED_AT);
            this.longest = out.length() + LONGEST;
            this.kept = kept;
        }

        /** Writes the value that begins here; where the next byte stands, which is the end once the rest is cut. */
        int value(int at, boolean isSecret) {
            return switch (bytes[at]) {
                case '{' -> object(at, isSecret);
                case '[' -> array(at, isSecret);
                default -> scalar(at, isSecret);
            };
        }

        private boolean isBeyond(int at) {
            isCut |= at >= lookedAt || out.length() > longest;
            return isCut;
        }

        private int object(int start, boolean isSecret) {
            out.raw('{');
            int at = JsonStrings.skipSpace(bytes, start + 1);
            boolean first = true;
            while (bytes[at] != '}') {
                if (isBeyond(at)) {
                    out.raw('}');
                    return end;
                }
                int keyEnd = JsonStrings.skipString(bytes, at);
                if (!first) {
                    out.raw(',');
                }
                first = false;
                RawJson key = RawJson.of(Arrays.copyOfRange(bytes, at, keyEnd));
                String name = String.valueOf(key.string());
                writeKey(at, keyEnd, name);
                int value = JsonStrings.skipSpace(bytes, JsonStrings.skipSpace(bytes, keyEnd) + 1);
                at = member(name, value, isSecret || (!kept.isEmpty() && masks.isSecretKey(name)));
                if (isCut) {
                    out.raw('}');
                    return end;
                }
                at = next(at);
            }
            out.raw('}');
            return at + 1;
        }

        private int member(String name, int value, boolean isSecret) {
            if (kept.isEmpty()) {
                return value(value, isSecret);
            }
            int length = path.length();
            path.append(length == 0 ? "" : ".").append(name);
            int after = value(value, isSecret);
            path.setLength(length);
            return after;
        }

        private void writeKey(int at, int keyEnd, String name) {
            if (masks.isSecret(name)) {
                fingerprints.write(out, bytes, at, keyEnd);
                redacted++;
            } else if (keyEnd - at <= LONGEST_KEY) {
                out.raw(bytes, at, keyEnd);
            } else {
                out.string(name, LONGEST_KEY);
            }
            out.raw(':');
        }

        private int array(int start, boolean isSecret) {
            out.raw('[');
            int at = JsonStrings.skipSpace(bytes, start + 1);
            boolean first = true;
            while (bytes[at] != ']') {
                if (isBeyond(at)) {
                    break;
                }
                if (!first) {
                    out.raw(',');
                }
                first = false;
                at = value(at, isSecret);
                if (isCut) {
                    break;
                }
                at = next(at);
            }
            out.raw(']');
            return isCut ? end : at + 1;
        }

        private int scalar(int at, boolean isSecret) {
            int after = scalarEnd(at);
            if (after < 0) {
                isCut = true;
                out.raw("{\"type\":\"string\"}");
                redacted++;
                return end;
            }
            byte first = bytes[at];
            boolean isWord = first == 't' || first == 'f' || first == 'n';
            if (!isSecret && mayStay(at, after)) {
                out.raw(bytes, at, after);
            } else if (isWord) {
                out.raw(first == 'n' ? "{\"type\":\"null\"}" : "{\"type\":\"boolean\"}");
                redacted++;
            } else {
                out.raw(first == '"' ? "{\"type\":\"string\",\"redacted\":" : "{\"type\":\"number\",\"redacted\":");
                fingerprints.write(out, bytes, at, after);
                out.member("len", first == '"' ? after - at - 2 : after - at).raw('}');
                redacted++;
            }
            return after;
        }

        private boolean mayStay(int at, int after) {
            return !kept.isEmpty()
                    && kept.contains(path.toString())
                    && !masks.isSecret(
                            RawJson.of(Arrays.copyOfRange(bytes, at, after)).toString());
        }

        /** The byte after a value, or -1 if it goes on beyond what is looked at. */
        private int scalarEnd(int at) {
            if (bytes[at] != '"') {
                return JsonStrings.skipValue(bytes, at);
            }
            int i = at + 1;
            while (i < lookedAt && bytes[i] != '"') {
                i += bytes[i] == '\\' ? 2 : 1;
            }
            return i < lookedAt ? i + 1 : -1;
        }

        private int next(int after) {
            int at = JsonStrings.skipSpace(bytes, after);
            return bytes[at] == ',' ? JsonStrings.skipSpace(bytes, at + 1) : at;
        }
    }
}
