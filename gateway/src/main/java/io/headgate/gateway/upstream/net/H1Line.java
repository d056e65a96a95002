package io.headgate.gateway.upstream.net;

import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.mcp.Pieces;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** An HTTP/1.1 connection: one request at a time, written as bytes, because every request looks the same. */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class H1Line extends Line {
    private static final byte[] COLON = ": ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LENGTH = "content-length: ".getBytes(StandardCharsets.US_ASCII);

    long idleSince;

    H1Line(LoopPool pool, Channel channel) {
        super(pool, channel);
    }

    void send(RoundTrip next, OutgoingRequest request) {
        expect(next);
        byte[] head = pool.client.heads().head(request);
        Pieces body = request.body();
        int size = head.length + 4;
        for (String text : request.fields()) {
            size += text.length() + 2;
        }
        ByteBuf out = channel.alloc().ioBuffer(size + (body == null ? 0 : body.length() + 32));
        out.writeBytes(head);
        writeFields(out, request.fields());
        if (body != null) {
            out.writeBytes(LENGTH);
            ascii(out, Integer.toString(body.length()));
            endLine(out);
        }
        endLine(out);
        if (body != null) {
            body.forEach(out::writeBytes);
        }
        // A failed write shows itself as an exception of the channel.
        channel.writeAndFlush(out, channel.voidPromise());
    }

    @Override
    void done(boolean reusable) {
        if (reusable) {
            pool.ready(this);
        } else {
            channel.close();
        }
    }

    private static void writeFields(ByteBuf out, List<String> fields) {
        for (int i = 0; i < fields.size(); i += 2) {
            ascii(out, fields.get(i));
            out.writeBytes(COLON);
            ascii(out, fields.get(i + 1));
            endLine(out);
        }
    }

    private static void ascii(ByteBuf out, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // Nothing from outside may end a line here.
            out.writeByte(c < ' ' && c != '\t' ? ' ' : c);
        }
    }

    private static void endLine(ByteBuf out) {
        out.writeByte('\r').writeByte('\n');
    }
}
