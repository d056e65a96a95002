package io.headgate.gateway.wire;

import io.netty.buffer.ByteBuf;

/** Finds in the lines of a head what Netty's decoder would make good, and another reader would not. */
public final class HeadLines {
    private static final byte DELETE = 0x7F;

    private HeadLines() {}

    /**
     * Throws away the line breaks before a head, which are no part of it; false if nothing follows them yet.
     *
     * <p>Some clients end a body with a line break that belongs to nothing.
     */
    public static boolean skipLineBreaks(ByteBuf buffer) {
        int start = startOfFirstLine(buffer);
        buffer.readerIndex(start < 0 ? buffer.writerIndex() : start);
        return start >= 0;
    }

    /**
     * Whether a line is folded into the next, which Netty would join. Whole lines are consumed at once, so what is
     * readable begins with a line of the head, or with the line breaks before it.
     *
     * @param begun whether the first line of the head has begun before
     */
    public static boolean isFolded(ByteBuf buffer, boolean begun) {
        int start = begun ? buffer.readerIndex() : startOfFirstLine(buffer);
        int end = buffer.writerIndex();
        if (start < 0) {
            return false;
        }
        if (begun && isBlank(buffer.getByte(start))) {
            return true;
        }
        int feed = buffer.indexOf(start, end, (byte) '\n');
        int lineStart = start;
        while (feed >= 0 && feed + 1 < end) {
            boolean empty = feed == lineStart || (feed == lineStart + 1 && buffer.getByte(lineStart) == '\r');
            if (empty) {
                return false;
            }
            lineStart = feed + 1;
            if (isBlank(buffer.getByte(lineStart))) {
                return true;
            }
            feed = buffer.indexOf(lineStart, end, (byte) '\n');
        }
        return false;
    }

    /** Where the first line of a head ends, or -1 if it has not come whole; it begins after the line breaks before it. */
    public static int endOfFirstLine(ByteBuf buffer) {
        int start = startOfFirstLine(buffer);
        return start < 0 ? -1 : buffer.indexOf(start, buffer.writerIndex(), (byte) '\n');
    }

    /**
     * Whether a head begins, after line breaks, with what is no visible ASCII character. Netty would skip some of these, and
     * refuse others before the line has come whole.
     */
    public static boolean beginsLoosely(ByteBuf buffer) {
        int start = startOfFirstLine(buffer);
        return start >= 0 && (buffer.getByte(start) <= ' ' || buffer.getByte(start) == DELETE);
    }

    /** Whether the first line of a head that has come whole is three words with one space between each two. */
    public static boolean isThreeWords(ByteBuf buffer, int end) {
        int from = startOfFirstLine(buffer);
        int last = end > from && buffer.getByte(end - 1) == '\r' ? end - 1 : end;
        int spaces = 0;
        boolean inWord = false;
        for (int i = from; i < last; i++) {
            byte b = buffer.getByte(i);
            if (b == ' ') {
                if (!inWord) {
                    return false;
                }
                spaces++;
                inWord = false;
            } else if (b > ' ' || b < 0) {
                inWord = true;
            } else {
                return false;
            }
        }
        return spaces == 2 && inWord;
    }

    /** Where the first line of a head begins, after the line breaks before it, or -1. */
    public static int startOfFirstLine(ByteBuf buffer) {
        for (int i = buffer.readerIndex(); i < buffer.writerIndex(); i++) {
            byte b = buffer.getByte(i);
            if (b != '\r' && b != '\n') {
                return i;
            }
        }
        return -1;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }
}
