package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** One HTTP/1.1 request as bytes in the making: nothing here is checked, because nothing hostile would be. */
final class Request {
    String method = "POST";
    String path = "/mcp";
    String version = "HTTP/1.1";
    byte[] body = new byte[0];

    /** How many chunks the body is sent in; 0 sends a Content-Length. */
    int chunks;

    /** How many bytes go into one TCP segment; 0 sends all at once. */
    int segment;

    /** How many bytes of the body are really sent; -1 sends all. */
    int truncateTo = -1;

    private final List<Field> fields = new ArrayList<>();

    /** One header field, its value as raw bytes. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared, and the bytes are what it is about.
    record Field(String name, byte[] value) {}

    void set(String name, String value) {
        remove(name);
        add(name, value);
    }

    void add(String name, String value) {
        fields.add(new Field(name, Words.rawBytes(value)));
    }

    void remove(String name) {
        fields.removeIf(field -> field.name().equalsIgnoreCase(name));
    }

    boolean has(String name) {
        return fields.stream().anyMatch(field -> field.name().equalsIgnoreCase(name));
    }

    List<Field> fields() {
        return fields;
    }

    /** The request line, the fields and the empty line. */
    byte[] head() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        out.writeBytes(Words.rawBytes(method + " " + path + " " + version + "\r\n"));
        for (Field field : fields) {
            out.writeBytes(Words.rawBytes(field.name() + ": "));
            out.writeBytes(field.value());
            out.writeBytes(Words.ascii("\r\n"));
        }
        boolean hasBody = body.length > 0 || method.equals("POST");
        if (chunks > 0) {
            out.writeBytes(Words.ascii("Transfer-Encoding: chunked\r\n"));
        } else if (hasBody && !has("Content-Length") && !has("Transfer-Encoding")) {
            out.writeBytes(Words.ascii("Content-Length: " + body.length + "\r\n"));
        }
        out.writeBytes(Words.ascii("\r\n"));
        return out.toByteArray();
    }

    /** The body as it goes on the wire. */
    byte[] payload() {
        if (chunks > 0) {
            return chunked();
        }
        return truncateTo < 0 ? body : java.util.Arrays.copyOf(body, Math.min(truncateTo, body.length));
    }

    private byte[] chunked() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + chunks * 12);
        int size = Math.max(1, (body.length + chunks - 1) / chunks);
        for (int from = 0; from < body.length; from += size) {
            int length = Math.min(size, body.length - from);
            out.writeBytes(Words.ascii(Integer.toHexString(length) + "\r\n"));
            out.write(body, from, length);
            out.writeBytes(Words.ascii("\r\n"));
        }
        out.writeBytes(Words.ascii("0\r\n\r\n"));
        return out.toByteArray();
    }

    /** Head and body in one piece. */
    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
        out.writeBytes(head());
        out.writeBytes(payload());
        return out.toByteArray();
    }
}
