package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The frames of the HTTP/2 attacks that are one wrong frame, or one frame too often. */
final class H2Frames {
    private static final int PRIORITY = 0x2;
    private static final int PUSH_PROMISE = 0x5;
    private static final int UNKNOWN = 0xFA;
    private static final int PADDED = 0x8;
    private static final int WITH_PRIORITY = 0x20;

    private H2Frames() {}

    /** A frame that is harmless once, by the name of its flood; null if there is none of that name. */
    static byte @Nullable [] ofFlood(String flood) {
        if (!flood.endsWith("_flood") && !flood.endsWith("_frames")) {
            return null;
        }
        return switch (flood.replaceFirst("_(?:flood|frames)$", "")) {
            case "ping" -> H2Client.frame(H2Client.PING, 0, 0, new byte[8]);
            case "ping_ack" -> H2Client.frame(H2Client.PING, H2Client.ACK, 0, new byte[8]);
            case "settings" -> H2Client.settings();
            case "settings_ack" -> H2Client.frame(H2Client.SETTINGS, H2Client.ACK, 0, new byte[0]);
            case "window_update" -> H2Client.frame(H2Client.WINDOW_UPDATE, 0, 0, H2Client.int32(1));
            case "priority" -> H2Client.frame(PRIORITY, 0, 1, new byte[] {0, 0, 0, 3, 16});
            case "goaway" -> H2Client.frame(H2Client.GOAWAY, 0, 0, new byte[8]);
            case "unknown", "unknown_type", "extension" -> H2Client.frame(UNKNOWN, 0, 0, new byte[16]);
            default -> null;
        };
    }

    /** What is sent after the preface for an attack of this name. */
    static byte[] of(String kind, Form h2, Request request) {
        Form form = h2.form(kind);
        byte[] block = H2Client.block(H2Client.fields(request));
        byte[] open = H2Client.headers(1, block, /* endStream= */ false);
        return switch (kind) {
            case "window_update" ->
                after(
                        form.number("stream", 0) > 0 ? open : new byte[0],
                        H2Client.frame(
                                H2Client.WINDOW_UPDATE,
                                0,
                                form.number("stream", 0),
                                H2Client.int32(form.number("increment", 0))));
            case "window_overflow" -> {
                byte[] most = H2Client.frame(H2Client.WINDOW_UPDATE, 0, 0, H2Client.int32(Integer.MAX_VALUE));
                yield after(most, most);
            }
            case "oversized_frame", "frame_too_large", "frame_bytes" -> {
                int bytes = form.number("bytes", h2.number(kind, 16_385));
                yield after(open, H2Client.frame(H2Client.DATA, 0, 1, new byte[bytes]));
            }
            case "data_on_stream_0", "data_stream_0" -> H2Client.frame(H2Client.DATA, 0, 0, new byte[1]);
            case "data_on_idle_stream" -> H2Client.frame(H2Client.DATA, 0, 5, new byte[1]);
            case "headers_on_stream_0" -> H2Client.headers(0, block, /* endStream= */ true);
            case "rst_on_idle_stream", "rst_idle_stream" ->
                H2Client.frame(H2Client.RST_STREAM, 0, 5, H2Client.int32(8));
            case "rst_on_stream_0" -> H2Client.frame(H2Client.RST_STREAM, 0, 0, H2Client.int32(8));
            case "continuation_without_headers" ->
                H2Client.frame(H2Client.CONTINUATION, H2Client.END_HEADERS, 1, block);
            case "interleaved_headers", "headers_interleaved", "frame_between_headers" ->
                after(
                        H2Client.frame(H2Client.HEADERS, H2Client.END_STREAM, 1, block),
                        H2Client.frame(H2Client.PING, 0, 0, new byte[8]));
            case "push_promise" ->
                after(open, H2Client.frame(PUSH_PROMISE, H2Client.END_HEADERS, 1, after(H2Client.int32(2), block)));
            case "self_dependency" ->
                H2Client.frame(
                        H2Client.HEADERS,
                        H2Client.END_HEADERS | H2Client.END_STREAM | WITH_PRIORITY,
                        1,
                        after(new byte[] {0, 0, 0, 1, 16}, block));
            case "bad_padding", "padding_too_long" ->
                after(open, H2Client.frame(H2Client.DATA, PADDED, 1, new byte[] {5, 1}));
            case "settings_bad_length" -> H2Client.frame(H2Client.SETTINGS, 0, 0, new byte[5]);
            case "settings_ack_with_payload" -> H2Client.frame(H2Client.SETTINGS, H2Client.ACK, 0, new byte[6]);
            case "settings_on_stream" -> H2Client.frame(H2Client.SETTINGS, 0, 1, new byte[0]);
            case "ping_bad_length" -> H2Client.frame(H2Client.PING, 0, 0, new byte[7]);
            case "ping_on_stream" -> H2Client.frame(H2Client.PING, 0, 1, new byte[8]);
            case "goaway_on_stream" -> H2Client.frame(H2Client.GOAWAY, 0, 1, new byte[8]);
            case "priority_bad_length" -> H2Client.frame(PRIORITY, 0, 1, new byte[3]);
            case "hpack_bad_index", "bad_index" ->
                H2Client.headers(1, after(block, new byte[] {(byte) 0xFF, 0x60}), /* endStream= */ true);
            case "hpack_bad_huffman", "bad_huffman" ->
                H2Client.headers(
                        1, after(block, new byte[] {0, 1, 'x', (byte) 0x84, -1, -1, -1, -1}), /* endStream= */ true);
            case "hpack_table_size", "hpack_table_size_update" ->
                H2Client.headers(1, after(new byte[] {0x3F, -1, -1, 0x7F}, block), /* endStream= */ true);
            case "reused_stream_id", "reuse_stream_id" -> {
                byte[] whole = H2Client.request(1, request, /* endStream= */ true);
                yield after(whole, whole);
            }
            case "decreasing_stream_id", "lower_stream_id" ->
                after(
                        H2Client.request(5, request, /* endStream= */ true),
                        H2Client.request(3, request, /* endStream= */ true));
            case "even_stream_id" -> H2Client.request(h2.number(kind, 2), request, /* endStream= */ true);
            case "settings_value" -> settings(form);
            case "frames_hex", "raw_hex" -> RequestBuilder.bytes(h2.text(kind));
            default -> throw new Unbuildable("h2: " + kind);
        };
    }

    private static byte[] settings(Form form) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String name : form.map().keySet()) {
            Integer id = H2Sends.SETTING_IDS.get(name.toUpperCase(Locale.ROOT));
            if (id == null) {
                throw new Unbuildable("h2 setting " + name);
            }
            out.writeBytes(H2Client.settings(id, form.number(name, 0)));
        }
        return out.toByteArray();
    }

    /** A block with so many fields, and a trailer block behind a body. */
    static byte[] trailers(Request request, List<String> fields) {
        byte[] block = H2Client.block(H2Client.fields(request));
        byte[] body = H2Client.frame(H2Client.DATA, 0, 1, request.body);
        byte[] last = H2Client.headers(1, H2Client.block(fields), /* endStream= */ true);
        return after(after(H2Client.headers(1, block, /* endStream= */ false), body), last);
    }

    private static byte[] after(byte[] first, byte[] second) {
        return BodyPhrases.join(first, second);
    }
}
