package io.headgate.gateway.upstream.wire;

import io.headgate.gateway.memory.Parts;
import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads server-sent events from bytes that arrive in any portions (WHATWG HTML, section 9.2).
 *
 * <p>A line that lies whole in one portion is read in place; its data is copied once, into the array that the message
 * then keeps. Only a line that is split over portions is gathered first.
 */
public final class SseParser {
    private static final byte[] NOTHING = new byte[0];
    private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};
    private static final byte[] EVENT = {'e', 'v', 'e', 'n', 't', ':'};
    private static final int MOST_IN_ONE_ARRAY = 64 * 1024;
    private static final long MAX_RETRY_MILLIS = 60_000;
    private static final int MAX_ID_CHARS = 1024;
    private static final ByteProcessor LINE_END = value -> value != '\n' && value != '\r';

    private final int limit;
    private final @Nullable String wanted;
    private byte[] line = NOTHING;
    private int lineLength;

    /** A line that is too long for one array that grows. */
    private @Nullable Parts longLine;

    private byte[] data = NOTHING;
    private int dataLength;
    private boolean hasData;
    private boolean otherName;
    private boolean wantedName;
    private boolean isWanted;
    private boolean skipLineFeed;
    private boolean first = true;
    private @Nullable String id;
    private @Nullable String lastId;
    private long retryMillis = -1;

    public SseParser(int limit) {
        this(limit, null);
    }

    /** Finds events of one other name, too. */
    public SseParser(int limit, @Nullable String wanted) {
        this.limit = limit;
        this.wanted = wanted;
    }

    /** A line or an event is larger than the limit. */
    public static final class TooLargeException extends Exception {
        TooLargeException() {
            super("an event is larger than the limit", null, false, false);
        }
    }

    /** Reads up to the end of the next message event; false if the bytes end before it. */
    public boolean next(ByteBuf in) throws TooLargeException {
        while (in.isReadable()) {
            if (skipLineFeed) {
                skipLineFeed = false;
                if (in.getByte(in.readerIndex()) == '\n') {
                    in.skipBytes(1);
                    continue;
                }
            }
            int start = in.readerIndex();
            int end = in.forEachByte(LINE_END);
            if (end < 0) {
                gather(in, start, in.writerIndex());
                in.readerIndex(in.writerIndex());
                return false;
            }
            skipLineFeed = in.getByte(end) == '\r';
            in.readerIndex(end + 1);
            if (line(in, start, end)) {
                return true;
            }
        }
        return false;
    }

    /** The data of the event that {@link #next} found; the caller may keep the array. */
    public byte[] takeData() {
        byte[] taken = data;
        data = NOTHING;
        return taken;
    }

    /** True if the event that {@link #next} found has the other name. */
    public boolean isWanted() {
        return isWanted;
    }

    public int dataLength() {
        return dataLength;
    }

    /** The id of the last event that had one, or null. */
    @Nullable
    public String lastId() {
        return lastId;
    }

    /** How long the server wants a client to wait before it reconnects, or -1 if it did not say. */
    public long retryMillis() {
        return retryMillis;
    }

    /** What the event takes in memory that has not come whole yet, or was not taken. */
    public int held() {
        Parts parts = longLine;
        return data.length + line.length + (parts == null ? 0 : (int) parts.held());
    }

    /** True if the bytes so far end inside an event. */
    public boolean isInsideEvent() {
        return lineLength > 0 || hasData;
    }

    private boolean line(ByteBuf in, int start, int end) throws TooLargeException {
        if (lineLength > 0) {
            gather(in, start, end);
            Parts parts = longLine;
            if (parts != null) {
                int all = lineLength;
                lineLength = 0;
                longLine = null;
                longField(parts, all);
                return false;
            }
            byte[] gathered = line;
            int length = lineLength;
            lineLength = 0;
            boolean complete = field(gathered, length);
            if (line.length > 4096) {
                line = NOTHING;
            }
            return complete;
        }
        int length = end - start;
        if (length == 0) {
            return dispatch();
        }
        checkLine(length);
        if (!first && length > 5 && isData(in, start)) {
            int from = start + (in.getByte(start + 5) == ' ' ? 6 : 5);
            room(end - from);
            in.getBytes(from, data, dataLength, end - from);
            dataLength += end - from;
            return false;
        }
        byte[] copy = new byte[length];
        in.getBytes(start, copy);
        return field(copy, length);
    }

    private static boolean isData(ByteBuf in, int at) {
        return in.getByte(at) == 'd'
                && in.getByte(at + 1) == 'a'
                && in.getByte(at + 2) == 't'
                && in.getByte(at + 3) == 'a'
                && in.getByte(at + 4) == ':';
    }

    private boolean field(byte[] bytes, int length) throws TooLargeException {
        int start = 0;
        if (first) {
            first = false;
            if (length >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF) {
                start = 3;
            }
        }
        if (start == length) {
            return dispatch();
        }
        int colon = start;
        while (colon < length && bytes[colon] != ':') {
            colon++;
        }
        int from = Math.min(colon + 1, length);
        if (from < length && bytes[from] == ' ') {
            from++;
        }
        switch (new String(bytes, start, Math.min(colon - start, 8), StandardCharsets.UTF_8)) {
            case "data" -> {
                room(length - from);
                System.arraycopy(bytes, from, data, dataLength, length - from);
                dataLength += length - from;
            }
            case "event" -> {
                String name = text(bytes, from, length);
                wantedName = name.equals(wanted);
                otherName = !wantedName && !name.isEmpty() && !name.equals("message");
            }
            case "id" -> {
                String text = text(bytes, from, length);
                if (text.indexOf('\0') < 0 && text.length() <= MAX_ID_CHARS) {
                    id = text;
                }
            }
            case "retry" -> retry(bytes, from, length);
            default -> {}
        }
        return false;
    }

    /** Of long lines only data are of use: names and ids are short. */
    private void longField(Parts parts, int length) throws TooLargeException {
        byte[] begin = parts.first();
        int start = first && isAt(begin, 0, BOM) ? BOM.length : 0;
        first = false;
        if (isAt(begin, start, DATA)) {
            int from = start + DATA.length + (begin[start + DATA.length] == ' ' ? 1 : 0);
            room(length - from);
            parts.copy(from, data, dataLength, length - from);
            dataLength += length - from;
        } else if (isAt(begin, start, EVENT)) {
            wantedName = false;
            otherName = true;
        }
    }

    private static boolean isAt(byte[] bytes, int at, byte[] expected) {
        return Arrays.equals(bytes, at, at + expected.length, expected, 0, expected.length);
    }

    private void retry(byte[] bytes, int from, int length) {
        long value = 0;
        for (int i = from; i < length; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return;
            }
            value = Math.min(MAX_RETRY_MILLIS, 10 * value + bytes[i] - '0');
        }
        if (from < length) {
            retryMillis = value;
        }
    }

    private boolean dispatch() {
        first = false;
        if (id != null) {
            lastId = id;
        }
        // Events with another name are for other listeners; events without data only carry an id.
        boolean complete = hasData && dataLength > 0 && !otherName;
        if (!complete) {
            data = NOTHING;
            dataLength = 0;
        }
        isWanted = wantedName;
        hasData = false;
        otherName = false;
        wantedName = false;
        return complete;
    }

    /** Makes room for one more line of data, and puts the line feed between two lines. */
    private void room(int more) throws TooLargeException {
        boolean joined = hasData;
        if (!joined) {
            hasData = true;
            data = NOTHING;
            dataLength = 0;
        }
        int needed = dataLength + more + (joined ? 1 : 0);
        if (needed > limit) {
            throw new TooLargeException();
        }
        if (needed > data.length) {
            // The first line gets an array of its size, for most events have one line.
            data = Arrays.copyOf(data, joined ? Math.max(needed, Math.min(2 * needed, limit)) : needed);
        }
        if (joined) {
            data[dataLength++] = '\n';
        }
    }

    /** The same for a line that came whole and for one that did not: data of the limit's size, and their field's name. */
    private void checkLine(int length) throws TooLargeException {
        if (length > limit + 16) {
            throw new TooLargeException();
        }
    }

    private void gather(ByteBuf in, int start, int end) throws TooLargeException {
        int more = end - start;
        checkLine(lineLength + more);
        if (lineLength + more > MOST_IN_ONE_ARRAY) {
            Parts parts = longLine;
            if (parts == null) {
                parts = new Parts(line, lineLength);
                longLine = parts;
                line = NOTHING;
            }
            int at = in.readerIndex();
            in.readerIndex(start);
            parts.add(in, more);
            in.readerIndex(at);
            lineLength += more;
            return;
        }
        if (lineLength + more > line.length) {
            line = Arrays.copyOf(line, Math.max(lineLength + more, Math.min(2 * line.length, limit + 16)));
        }
        in.getBytes(start, line, lineLength, more);
        lineLength += more;
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }
}
