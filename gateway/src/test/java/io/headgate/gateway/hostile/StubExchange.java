package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** One HTTP request at a stub, and the means to answer it with whatever bytes. */
final class StubExchange {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final String method;
    private final Map<String, String> headers;
    private final byte[] body;
    private final JsonNode message;
    private boolean streaming;

    private StubExchange(Socket socket, InputStream in, String method, Map<String, String> headers, byte[] body)
            throws IOException {
        this.socket = socket;
        this.in = in;
        this.out = socket.getOutputStream();
        this.method = method;
        this.headers = headers;
        this.body = body;
        this.message = parse(body);
    }

    /** Reads the next request of a connection; null at its end. */
    static @Nullable StubExchange read(Socket socket, InputStream in) throws IOException {
        String requestLine = line(in);
        if (requestLine == null || requestLine.isEmpty()) {
            return null;
        }
        Map<String, String> headers = new HashMap<>();
        for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        byte[] body;
        if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
            body = chunked(in);
        } else {
            body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        }
        return new StubExchange(socket, in, requestLine.replaceFirst(" .*", ""), headers, body);
    }

    private static byte[] chunked(InputStream in) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            String size = line(in);
            int length = Integer.parseInt(size == null ? "0" : size.strip(), 16);
            body.writeBytes(in.readNBytes(length));
            String end = line(in);
            if (length == 0 || end == null) {
                return body.toByteArray();
            }
        }
    }

    private static @Nullable String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                return line.toString(StandardCharsets.ISO_8859_1).replace("\r", "");
            }
            line.write(b);
        }
        return line.size() == 0 ? null : line.toString(StandardCharsets.ISO_8859_1);
    }

    private static JsonNode parse(byte[] body) {
        try {
            return body.length == 0 ? MissingNode.getInstance() : JsonTree.MAPPER.readTree(body);
        } catch (JacksonException e) {
            return MissingNode.getInstance();
        }
    }

    String httpMethod() {
        return method;
    }

    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    byte[] body() {
        return body;
    }

    JsonNode message() {
        return message;
    }

    String rpcMethod() {
        return message.path("method").asString("");
    }

    JsonNode params() {
        return message.path("params");
    }

    JsonNode arguments() {
        return params().path("arguments");
    }

    /** The id as it was written. */
    String id() {
        return message.path("id").toString();
    }

    void raw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    void answer(int status, String contentType, String text, String... fields) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Stub\r\n");
        for (int i = 0; i < fields.length; i += 2) {
            head.append(fields[i]).append(": ").append(fields[i + 1]).append("\r\n");
        }
        if (!contentType.isEmpty()) {
            head.append("Content-Type: ").append(contentType).append("\r\n");
        }
        head.append("Content-Length: ").append(bytes.length).append("\r\n\r\n");
        raw(BodyPhrases.join(Words.ascii(head.toString()), bytes));
    }

    void result(String members, String... fields) throws IOException {
        message("{\"jsonrpc\":\"2.0\",\"id\":" + id() + ",\"result\":{" + members + "}}", 200, fields);
    }

    void error(int status, int code, String message, String data) throws IOException {
        String error = "{\"code\":" + code + ",\"message\":\"" + message + "\"" + data + "}";
        message("{\"jsonrpc\":\"2.0\",\"id\":" + id() + ",\"error\":" + error + "}", status);
    }

    private void message(String json, int status, String... fields) throws IOException {
        if (streaming) {
            event(json);
            endStream();
        } else {
            answer(status, "application/json", json, fields);
        }
    }

    void startStream() throws IOException {
        startStream(200, "text/event-stream", List.of());
    }

    void startStream(int status, String contentType, List<String> fields) throws IOException {
        streaming = true;
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Stub\r\nContent-Type: " + contentType);
        fields.forEach(field -> head.append("\r\n").append(field));
        raw(Words.rawBytes(head.append("\r\nTransfer-Encoding: chunked\r\n\r\n").toString()));
    }

    void event(String json) throws IOException {
        chunk(("event: message\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8));
    }

    synchronized void chunk(byte[] bytes) throws IOException {
        ByteArrayOutputStream chunk = new ByteArrayOutputStream(bytes.length + 16);
        chunk.writeBytes(Words.ascii(Integer.toHexString(bytes.length) + "\r\n"));
        chunk.writeBytes(bytes);
        chunk.writeBytes(Words.ascii("\r\n"));
        raw(chunk.toByteArray());
    }

    void endStream() throws IOException {
        raw(Words.ascii("0\r\n\r\n"));
        streaming = false;
    }

    /** Waits; true if the other side went away meanwhile. */
    boolean awaitDisconnect(double seconds) throws IOException {
        socket.setSoTimeout((int) Math.max(1, seconds * 1000));
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        } finally {
            if (!socket.isClosed()) {
                socket.setSoTimeout(0);
            }
        }
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    void close() throws IOException {
        socket.close();
    }
}
