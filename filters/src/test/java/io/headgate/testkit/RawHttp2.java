package io.headgate.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client that sends any HTTP/2 frames in clear text, and reads them one by one. */
public final class RawHttp2 implements AutoCloseable {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;

    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;

    private final Socket socket;
    private final DataInputStream in;
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

    /** One frame as it came. */
    public static final class Frame {
        private final int type;
        private final int flags;
        private final int stream;
        private final byte[] payload;

        Frame(int type, int flags, int stream, byte[] payload) {
            this.type = type;
            this.flags = flags;
            this.stream = stream;
            this.payload = payload;
        }

        public int type() {
            return type;
        }

        public int flags() {
            return flags;
        }

        public int stream() {
            return stream;
        }

        public byte[] payload() {
            return payload;
        }

        public String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        /** The error code of a reset or of the end of a connection. */
        public int code() {
            return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
        }
    }

    public RawHttp2(int port, byte... settings) {
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(8_000);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        send(frame(SETTINGS, 0, 0, settings));
    }

    public static byte[] frame(int type, int flags, int stream, byte... payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    public static byte[] setting(int id, int value) {
        return ByteBuffer.allocate(6).putShort((short) id).putInt(value).array();
    }

    /** Fields as they are, value after name, none of them compressed. */
    public static byte[] block(String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            byte[] text = fields[i].getBytes(StandardCharsets.ISO_8859_1);
            integer(block, 0, 7, text.length);
            block.writeBytes(text);
        }
        return block.toByteArray();
    }

    /** As HPACK writes numbers. */
    public static void integer(ByteArrayOutputStream out, int first, int bits, int value) {
        int most = (1 << bits) - 1;
        if (value < most) {
            out.write(first | value);
            return;
        }
        out.write(first | most);
        int rest = value - most;
        while (rest >= 128) {
            out.write(rest % 128 + 128);
            rest /= 128;
        }
        out.write(rest);
    }

    /** The head of a good call, and more fields. */
    public static byte[] call(String... more) {
        List<String> fields = new ArrayList<>(List.of(
                ":method",
                "POST",
                ":path",
                "/mcp",
                ":scheme",
                "http",
                ":authority",
                "gw.test",
                "content-type",
                "application/json",
                "accept",
                "application/json, text/event-stream"));
        fields.addAll(List.of(more));
        return block(fields.toArray(new String[0]));
    }

    /** A whole good call. */
    public RawHttp2 post(int stream, String body) {
        send(frame(HEADERS, END_HEADERS, stream, call()));
        return send(frame(DATA, END_STREAM, stream, body.getBytes(StandardCharsets.UTF_8)));
    }

    public RawHttp2 send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            return this;
        } catch (SocketException closed) {
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next frame, or null at the end. */
    public @Nullable Frame read() {
        try {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            return new Frame(type, flags, stream, in.readNBytes(length));
        } catch (EOFException | SocketException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next frame of a type. */
    public Frame await(int type) {
        Frame frame = find(type);
        if (frame == null) {
            throw new AssertionError("no more frames of type " + type);
        }
        return frame;
    }

    /** The next frame of a type, or null at the end. */
    public @Nullable Frame find(int type) {
        Frame frame = read();
        while (frame != null && frame.type() != type) {
            frame = read();
        }
        return frame;
    }

    public Http2Headers decode(Frame headers) {
        ByteBuf block = Unpooled.wrappedBuffer(headers.payload());
        try {
            return decoder.decodeHeaders(headers.stream(), block);
        } catch (Http2Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The text of all data frames up to the end of a stream. */
    public String data() {
        StringBuilder text = new StringBuilder();
        Frame frame = find(DATA);
        while (frame != null) {
            text.append(frame.text());
            frame = (frame.flags() & END_STREAM) != 0 ? null : find(DATA);
        }
        return text.toString();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
