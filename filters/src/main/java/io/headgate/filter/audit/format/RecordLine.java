package io.headgate.filter.audit.format;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where the parts of a line stand that every record has.
 *
 * <p>A line is {@code {"seq":…,"ts":"…","mono":…,"boot":"…","node":"…","type":"…",…,"prev":"…","hash":"…"}}: the members in
 * this order, without white space, and those of the record's type before {@code prev}. The hash is taken over the bytes as
 * they stand, without {@code ,"hash":"…"}. An order that is fixed and bytes that nobody rewrites are canonical by
 * themselves: whoever checks needs SHA-256 and the end of the line, no JSON library whose number format, escapes and key
 * order must agree with ours (which RFC 8785 would ask for), and a flipped byte is found even where it means nothing.
 */
public final class RecordLine {
    /** The most bytes of a line, with its end. */
    public static final int MOST_BYTES = 16 * 1024;

    /** What stands before the hash of the one before. */
    public static final String PREVIOUS = ",\"prev\":\"";

    /** What stands before the hash. */
    public static final String HASH = "\",\"hash\":\"";

    private static final int HEX = 2 * RecordHash.BYTES;
    private static final int CLOSING = "\"}".length();
    private static final int FROM_HASH = HASH.length() - 1 + HEX + CLOSING;
    private static final int FROM_PREVIOUS = FROM_HASH + 1 + HEX + PREVIOUS.length();
    private static final int TIME = "2026-01-01T00:00:00.000000000Z".length();

    private byte[] bytes = new byte[0];
    private int from;
    private int to;
    private long seq;
    private long mono;
    private int timeFrom;
    private int bootFrom;
    private int bootTo;
    private int typeFrom;
    private int typeTo;
    private int at;

    /** Reads a line without its end; false if it is no record. */
    public boolean read(byte[] line, int lineFrom, int lineTo) {
        bytes = line;
        from = lineFrom;
        to = lineTo;
        at = lineFrom;
        if (lineTo - lineFrom <= FROM_PREVIOUS || lineTo - lineFrom >= MOST_BYTES) {
            return false;
        }
        return expect("{\"seq\":")
                && (seq = readNumber()) >= 0
                && expect(",\"ts\":\"")
                && readTime()
                && expect("\",\"mono\":")
                && (mono = readNumber()) >= 0
                && expect(",\"boot\":\"")
                && readBoot()
                && expect("\",\"node\":\"")
                && readText()
                && expect("\",\"type\":\"")
                && readType()
                && expect("\"")
                && isTail();
    }

    public long seq() {
        return seq;
    }

    public long mono() {
        return mono;
    }

    public byte[] bytes() {
        return bytes;
    }

    public int from() {
        return from;
    }

    /** Where the line ends, without its end of line. */
    public int to() {
        return to;
    }

    /** The time of day, in UTC. */
    public String time() {
        return ascii(timeFrom, timeFrom + TIME);
    }

    public String boot() {
        return ascii(bootFrom, bootTo);
    }

    public boolean isOfBoot(byte[] boot) {
        return is(bootFrom, bootTo, boot);
    }

    public String type() {
        return ascii(typeFrom, typeTo);
    }

    public boolean isOfType(byte[] type) {
        return is(typeFrom, typeTo, type);
    }

    /** A member of this type of record, see {@link Members#text}. */
    public @Nullable String text(String... path) {
        return Members.text(bytes, Math.min(typeTo + 2, membersEnd()), membersEnd(), path);
    }

    /** A member of this type of record, see {@link Members#number}. */
    public long number(String... path) {
        return Members.number(bytes, Math.min(typeTo + 2, membersEnd()), membersEnd(), path);
    }

    public boolean hasPrevious(byte[] hash) {
        return Hex.matches(hash, bytes, membersEnd() + PREVIOUS.length());
    }

    public boolean hasHash(byte[] hash) {
        return Hex.matches(hash, bytes, to - CLOSING - HEX);
    }

    public String previous() {
        int start = membersEnd() + PREVIOUS.length();
        return ascii(start, start + HEX);
    }

    public String hash() {
        return ascii(to - CLOSING - HEX, to - CLOSING);
    }

    /** What the hash of this record must be if the one before has the given hash. */
    public void computeHash(byte[] previous, RecordHash hash, byte[] into) {
        hash.ofRecord(previous, bytes, from, to - FROM_HASH, into);
    }

    private int membersEnd() {
        return to - FROM_PREVIOUS;
    }

    private boolean isTail() {
        int tail = membersEnd();
        boolean hasMembers = at < tail && bytes[at] == ',';
        if (at != tail && !hasMembers) {
            return false;
        }
        at = tail;
        boolean isPrevious = expect(PREVIOUS);
        at += HEX;
        boolean isHash = isPrevious && expect(HASH);
        at += HEX;
        return isHash && expect("\"}");
    }

    private boolean readTime() {
        timeFrom = at;
        at += TIME;
        return true;
    }

    private boolean readBoot() {
        bootFrom = at;
        boolean ended = readText();
        bootTo = at;
        return ended;
    }

    private boolean readType() {
        typeFrom = at;
        boolean ended = readText();
        typeTo = at;
        return ended;
    }

    private boolean readText() {
        while (at < to && bytes[at] != '"') {
            at++;
        }
        return at < to;
    }

    private long readNumber() {
        long value = 0;
        int start = at;
        while (at < to && at - start < 18 && bytes[at] >= '0' && bytes[at] <= '9') {
            value = 10 * value + bytes[at++] - '0';
        }
        return at == start ? -1 : value;
    }

    private boolean expect(String text) {
        if (at + text.length() > to) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[at + i] != text.charAt(i)) {
                return false;
            }
        }
        at += text.length();
        return true;
    }

    private boolean is(int start, int end, byte[] text) {
        if (end - start != text.length) {
            return false;
        }
        for (int i = 0; i < text.length; i++) {
            if (bytes[start + i] != text[i]) {
                return false;
            }
        }
        return true;
    }

    private String ascii(int start, int end) {
        return new String(bytes, start, end - start, StandardCharsets.US_ASCII);
    }
}
