package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.util.Locale;

/** Builds the raw requests that cases describe by their measures. */
final class RawPhrases {
    private final Situation situation;

    RawPhrases(Situation situation) {
        this.situation = situation;
    }

    byte[] build(Form form) {
        Request request = situation.harmless();
        if (form.has("request_line_bytes")) {
            int around = "POST  HTTP/1.1".length() + request.path.length() + "?".length();
            request.path += "?" + "a".repeat(Math.max(0, form.number("request_line_bytes", 0) - around));
            return request.bytes();
        }
        if (form.has("header_bytes") || form.has("headers")) {
            addHeaders(request, form.number("header_bytes", 0), form.number("headers", 1));
            return request.bytes();
        }
        if (form.has("trailer_fields")) {
            return withTrailers(request, form.number("trailer_fields", 0));
        }
        if (form.has("content_length")) {
            request.set("Content-Length", form.text("content_length"));
            return form.has("send_body") && !form.flag("send_body") ? request.head() : request.bytes();
        }
        if (form.has("chunks")) {
            request.chunks = form.number("chunks", 1);
            return request.bytes();
        }
        throw new Unbuildable("raw_gen: " + form.map().keySet());
    }

    /** Fields that together are so many bytes on the wire. */
    private static void addHeaders(Request request, int bytes, int count) {
        int each = Math.max(1, bytes / count);
        for (int i = 0; i < count; i++) {
            String name = "x" + Integer.toString(i, 36).toLowerCase(Locale.ROOT);
            request.add(name, "v".repeat(Math.max(1, each - name.length() - ": \r\n".length())));
        }
    }

    private static byte[] withTrailers(Request request, int fields) {
        request.set("Transfer-Encoding", "chunked");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(request.head());
        out.writeBytes(Words.ascii(Integer.toHexString(request.body.length) + "\r\n"));
        out.writeBytes(request.body);
        out.writeBytes(Words.ascii("\r\n0\r\n"));
        for (int i = 0; i < fields; i++) {
            out.writeBytes(Words.ascii("t" + i + ": v\r\n"));
        }
        out.writeBytes(Words.ascii("\r\n"));
        return out.toByteArray();
    }

    /** Requests one behind the other; none is answered before the first, whose answer does not end by itself. */
    static boolean pipeline(Wire wire, Request request, int count) {
        byte[] bytes = request.bytes();
        ByteArrayOutputStream batch = new ByteArrayOutputStream(bytes.length * 100);
        for (int i = 0; i < 100; i++) {
            batch.writeBytes(bytes);
        }
        for (int sent = 0; sent < count; sent += 100) {
            if (!wire.write(batch.toByteArray())) {
                return false;
            }
        }
        return true;
    }
}
