package io.headgate.gateway.http;

import io.headgate.mcp.Pieces;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The text of server-sent events. */
final class EventFrames {
    static final byte[] COMMENT = ascii(":\n\n");

    private static final byte[] ID = ascii("id: ");
    private static final byte[] EVENT = ascii("event: ");
    private static final byte[] MESSAGE = ascii("event: message\ndata: ");
    private static final byte[] DATA = ascii("\ndata: ");
    private static final byte[] RETRY = ascii("\nretry: ");
    private static final byte[] PRIMED = ascii("\ndata: \n\n");

    private EventFrames() {}

    static int messageSize(@Nullable String id, Pieces data) {
        return (id == null ? 0 : ID.length + id.length() + 1) + MESSAGE.length + data.length() + 2;
    }

    static void message(ByteBuf out, @Nullable String id, Pieces data) {
        if (id != null) {
            out.writeBytes(ID);
            text(out, id);
            out.writeByte('\n');
        }
        out.writeBytes(MESSAGE);
        data(out, data);
    }

    static int eventSize(String name, Pieces data) {
        return EVENT.length + name.length() + DATA.length + data.length() + 2;
    }

    static void event(ByteBuf out, String name, Pieces data) {
        out.writeBytes(EVENT);
        text(out, name);
        out.writeBytes(DATA);
        data(out, data);
    }

    static int primeSize(String id, String retry) {
        return ID.length + id.length() + RETRY.length + retry.length() + PRIMED.length;
    }

    static void prime(ByteBuf out, String id, String retry) {
        out.writeBytes(ID);
        text(out, id);
        out.writeBytes(RETRY);
        text(out, retry);
        out.writeBytes(PRIMED);
    }

    /** Line breaks can only be white space between the tokens of JSON, so a space says the same on one line. */
    private static void data(ByteBuf out, Pieces data) {
        int start = out.writerIndex();
        data.forEach((array, offset, length) -> out.writeBytes(array, offset, length));
        replace(out, start, (byte) '\n');
        replace(out, start, (byte) '\r');
        out.writeByte('\n').writeByte('\n');
    }

    private static void replace(ByteBuf out, int start, byte lineBreak) {
        int end = out.writerIndex();
        for (int at = out.indexOf(start, end, lineBreak); at >= 0; at = out.indexOf(at + 1, end, lineBreak)) {
            out.setByte(at, ' ');
        }
    }

    private static void text(ByteBuf out, String text) {
        int start = out.writerIndex();
        ByteBufUtil.writeAscii(out, text);
        replace(out, start, (byte) '\n');
        replace(out, start, (byte) '\r');
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
