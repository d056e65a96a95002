package io.headgate.gateway.hostile;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** An HTTP/2 client with prior knowledge that writes whatever frames it is told to, and remembers what came back. */
final class H2Client implements AutoCloseable {
    static final int DATA = 0x0;
    static final int HEADERS = 0x1;
    static final int RST_STREAM = 0x3;
    static final int SETTINGS = 0x4;
    static final int PING = 0x6;
    static final int GOAWAY = 0x7;
    static final int WINDOW_UPDATE = 0x8;
    static final int CONTINUATION = 0x9;
    static final int PRIORITY_UPDATE = 0x10;

    static final int END_STREAM = 0x1;
    static final int ACK = 0x1;
    static final int END_HEADERS = 0x4;

    private static final int FRAME_SIZE = 16_384;

    private final Wire wire;
    private final DefaultHttp2HeadersDecoder headersDecoder = new DefaultHttp2HeadersDecoder(false, 1 << 20);
    private final ByteArrayOutputStream headerBlock = new ByteArrayOutputStream();
    private int offset;

    /** What is known of one stream. */
    static final class Stream {
        int status;
        final List<String> fields = new ArrayList<>();
        final ByteArrayOutputStream data = new ByteArrayOutputStream();
        boolean ended;

        @Nullable
        String reset;

        Response response() {
            return new Response(status, fields, data.toByteArray(), 0, ended);
        }
    }

    final Map<Integer, Stream> streams = new LinkedHashMap<>();

    @Nullable
    String goAway;

    int pingAcks;

    /** True once the server's settings have come and were acknowledged. */
    boolean settled;

    H2Client(Wire wire) {
        this.wire = wire;
    }

    Wire wire() {
        return wire;
    }

    /** The preface and our settings, given as id, value, id, value. */
    void start(int... settings) {
        wire.write(Words.ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        wire.write(settings(settings));
    }

    static byte[] settings(int... settings) {
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        for (int i = 0; i < settings.length; i += 2) {
            payload.write(settings[i] >> 8);
            payload.write(settings[i]);
            payload.writeBytes(int32(settings[i + 1]));
        }
        return frame(SETTINGS, 0, 0, payload.toByteArray());
    }

    static byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(9 + payload.length);
        out.write(payload.length >> 16);
        out.write(payload.length >> 8);
        out.write(payload.length);
        out.write(type);
        out.write(flags);
        out.writeBytes(int32(stream));
        out.writeBytes(payload);
        return out.toByteArray();
    }

    static byte[] int32(int value) {
        return new byte[] {(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
    }

    /** A block of header fields in their order, each a literal that enters no table. */
    static byte[] block(List<String> fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < fields.size(); i += 2) {
            out.write(0x00);
            literal(out, fields.get(i));
            literal(out, fields.get(i + 1));
        }
        return out.toByteArray();
    }

    static void literal(ByteArrayOutputStream out, String text) {
        byte[] bytes = Words.rawBytes(text);
        integer(out, 7, bytes.length);
        out.writeBytes(bytes);
    }

    private static void integer(ByteArrayOutputStream out, int prefixBits, int value) {
        int most = (1 << prefixBits) - 1;
        if (value < most) {
            out.write(value);
            return;
        }
        out.write(most);
        int rest = value - most;
        while (rest >= 0x80) {
            out.write((rest & 0x7F) | 0x80);
            rest >>= 7;
        }
        out.write(rest);
    }

    /** A header block as HEADERS and as many CONTINUATION frames as it needs. */
    static byte[] headers(int stream, byte[] block, boolean endStream) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int from = 0;
        do {
            int length = Math.min(FRAME_SIZE, block.length - from);
            boolean last = from + length == block.length;
            int flags = (last ? END_HEADERS : 0) | (from == 0 && endStream ? END_STREAM : 0);
            byte[] part = java.util.Arrays.copyOfRange(block, from, from + length);
            out.writeBytes(frame(from == 0 ? HEADERS : CONTINUATION, flags, stream, part));
            from += length;
        } while (from < block.length);
        return out.toByteArray();
    }

    /** An HTTP/1.1 request as the frames of a stream. */
    static byte[] request(int stream, Request request, boolean endStream) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean hasBody = request.body.length > 0;
        out.writeBytes(headers(stream, block(fields(request)), endStream && !hasBody));
        for (int from = 0; from < request.body.length; from += FRAME_SIZE) {
            int to = Math.min(request.body.length, from + FRAME_SIZE);
            boolean last = endStream && to == request.body.length;
            byte[] part = java.util.Arrays.copyOfRange(request.body, from, to);
            out.writeBytes(frame(DATA, last ? END_STREAM : 0, stream, part));
        }
        return out.toByteArray();
    }

    static List<String> fields(Request request) {
        List<String> fields = new ArrayList<>(List.of(":method", request.method, ":path", request.path));
        fields.addAll(List.of(":scheme", "http", ":authority", authority(request)));
        for (Request.Field field : request.fields()) {
            if (!field.name().equalsIgnoreCase("host")) {
                fields.add(field.name().toLowerCase(java.util.Locale.ROOT));
                fields.add(new String(field.value(), java.nio.charset.StandardCharsets.ISO_8859_1));
            }
        }
        return fields;
    }

    private static String authority(Request request) {
        for (Request.Field field : request.fields()) {
            if (field.name().equalsIgnoreCase("host")) {
                return new String(field.value(), java.nio.charset.StandardCharsets.ISO_8859_1);
            }
        }
        return "gw.test";
    }

    boolean send(byte[] frames) {
        return wire.write(frames);
    }

    Stream stream(int id) {
        return streams.computeIfAbsent(id, any -> new Stream());
    }

    /** Reads frames until something holds, the connection ends, or the deadline; true if it holds. */
    boolean awaitUntil(BooleanSupplier holds, Wire.Deadline deadline) throws Http2Exception, InterruptedException {
        while (true) {
            boolean over = wire.end() != Wire.End.OPEN;
            readFrames();
            if (holds.getAsBoolean()) {
                return true;
            }
            if (over || deadline.isOver()) {
                return false;
            }
            var unused = wire.awaitMoreThan(offset + pending(), deadline);
        }
    }

    private int pending() {
        return wire.length() - offset;
    }

    /** Reads the frames that have come. */
    void readFrames() throws Http2Exception {
        byte[] bytes = wire.received(offset);
        int at = 0;
        while (bytes.length - at >= 9) {
            int size = ((bytes[at] & 0xFF) << 16) | ((bytes[at + 1] & 0xFF) << 8) | (bytes[at + 2] & 0xFF);
            if (bytes.length - at - 9 < size) {
                break;
            }
            byte[] payload = java.util.Arrays.copyOfRange(bytes, at + 9, at + 9 + size);
            onFrame(bytes[at + 3] & 0xFF, bytes[at + 4] & 0xFF, int32(bytes, at + 5) & Integer.MAX_VALUE, payload);
            at += 9 + size;
        }
        offset += at;
    }

    private static int int32(byte[] bytes, int at) {
        return ((bytes[at] & 0xFF) << 24)
                | ((bytes[at + 1] & 0xFF) << 16)
                | ((bytes[at + 2] & 0xFF) << 8)
                | (bytes[at + 3] & 0xFF);
    }

    private void onFrame(int type, int flags, int id, byte[] payload) throws Http2Exception {
        switch (type) {
            case DATA -> {
                stream(id).data.writeBytes(payload);
                stream(id).ended |= (flags & END_STREAM) != 0;
            }
            case HEADERS, CONTINUATION -> {
                headerBlock.writeBytes(payload);
                if ((flags & END_HEADERS) != 0) {
                    onHeaders(id);
                }
                stream(id).ended |= type == HEADERS && (flags & END_STREAM) != 0;
            }
            case RST_STREAM -> stream(id).reset = errorName(int32(payload, 0));
            case GOAWAY -> goAway = errorName(int32(payload, 4));
            case PING -> pingAcks += flags & ACK;
            case SETTINGS -> {
                if ((flags & ACK) == 0) {
                    wire.write(frame(SETTINGS, ACK, 0, new byte[0]));
                    settled = true;
                }
            }
            default -> {
                // Window updates and the rest change nothing that a case looks at.
            }
        }
    }

    private void onHeaders(int id) throws Http2Exception {
        ByteBuf block = Unpooled.wrappedBuffer(headerBlock.toByteArray());
        Http2Headers decoded = headersDecoder.decodeHeaders(id, block);
        headerBlock.reset();
        Stream stream = stream(id);
        if (decoded.status() != null && stream.status < 200) {
            stream.status = Integer.parseInt(decoded.status().toString());
        }
        decoded.forEach(field -> {
            stream.fields.add(field.getKey().toString());
            stream.fields.add(field.getValue().toString());
        });
    }

    private static String errorName(int code) {
        Http2Error error = Http2Error.valueOf(code);
        return error == null ? Integer.toString(code) : error.name();
    }

    @Override
    public void close() {
        wire.close();
    }
}
