package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.gateway.dialect.FrontDialect;
import io.headgate.gateway.fuzz.DefectLog;
import io.headgate.gateway.fuzz.HeadAndBody;
import io.headgate.mcp.Pieces;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Any request of HTTP/2 gets an answer or the end of its stream or connection, and no defect.
 *
 * <p>The input is requests with {@code 0x1D} between two. One that begins with {@code 0x00} is frames as they are.
 */
class Http2RequestFuzzTest {
    private static final DefectLog LOG = DefectLog.open();
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte NEXT = 0x1D;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;

    /** Answers with the body, by a stream if it is asked for one. */
    private static final FrontDialect ECHO = call -> {
        if (call.query().equals("stream")) {
            var stream = call.stream("X-Stream", "1");
            stream.message("1", Pieces.of(call.body()));
            stream.end();
        } else if (!call.query().equals("hang")) {
            call.answer(200, Pieces.of(call.body()));
        }
    };

    private final EmbeddedDoor door = new EmbeddedDoor(DoorLimits.DEFAULT);

    @FuzzTest
    void answersAnyRequest(byte[] input) throws Http2Exception {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        sent.writeBytes(PREFACE);
        sent.writeBytes(frame(SETTINGS, 0, 0, new byte[0]));
        int stream = 1;
        int from = 0;
        for (int i = 0; i <= input.length; i++) {
            if (i == input.length || input[i] == NEXT) {
                request(Arrays.copyOfRange(input, from, i), stream, sent);
                stream += 2;
                from = i + 1;
            }
        }
        check(door.exchange(ECHO, sent.toByteArray()).bytes());
        LOG.assertNone();
    }

    private static void request(byte[] text, int stream, ByteArrayOutputStream out) throws Http2Exception {
        if (text.length > 0 && text[0] == 0) {
            out.write(text, 1, text.length - 1);
            return;
        }
        HeadAndBody request = HeadAndBody.of(text);
        Http2Headers head = new DefaultHttp2Headers(false);
        request.fields().forEach(field -> head.add(bytes(field.name()), bytes(field.value())));
        byte[] body = request.body();
        out.writeBytes(frame(HEADERS, END_HEADERS | (body.length == 0 ? END_STREAM : 0), stream, block(stream, head)));
        if (body.length > 0) {
            out.writeBytes(frame(DATA, END_STREAM, stream, body));
        }
    }

    private static AsciiString bytes(String text) {
        return new AsciiString(text.getBytes(StandardCharsets.ISO_8859_1), false);
    }

    /** Without the dynamic table, so that each block can be read alone. */
    private static byte[] block(int stream, Http2Headers head) throws Http2Exception {
        DefaultHttp2HeadersEncoder encoder =
                new DefaultHttp2HeadersEncoder((name, value) -> true, /* ignoreMaxHeaderListSize= */ true);
        ByteBuf block = Unpooled.buffer();
        encoder.encodeHeaders(stream, head, block);
        byte[] bytes = new byte[block.readableBytes()];
        block.readBytes(bytes);
        return bytes;
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return Unpooled.buffer(9 + payload.length)
                .writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeBytes(payload)
                .array();
    }

    /** What the door wrote is whole frames, and its answers are such as are expected. */
    private static void check(byte[] written) throws Http2Exception {
        ByteBuf in = Unpooled.wrappedBuffer(written);
        DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
        List<String> statuses = new ArrayList<>();
        while (in.isReadable()) {
            int length = in.readUnsignedMedium();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            ByteBuf payload = in.readSlice(length);
            if (type == HEADERS) {
                assertThat(flags & END_HEADERS).isEqualTo(END_HEADERS);
                CharSequence status = decoder.decodeHeaders(stream, payload).status();
                statuses.add(String.valueOf(status));
            }
        }
        assertThat(statuses).allMatch(status -> Answers.EXPECTED.contains(Integer.parseInt(status)));
    }
}
