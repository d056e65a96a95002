package io.headgate.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends any bytes, and reads HTTP/1.1 answers by hand. */
public final class RawHttp1 implements AutoCloseable {
    /** The host of a good request. */
    public static final String HOST = "gw.test";

    private static final int READ_MILLIS = 8_000;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    /** A status, its fields in lower case, and the body if its length was given. */
    public record Answer(int status, Map<String, String> fields, String body) {}

    /** Connects to a port of this machine. */
    public RawHttp1(int port) {
        this(connect(port));
    }

    /** Over a connection that is open already, with TLS or without. */
    public RawHttp1(Socket socket) {
        this.socket = socket;
        try {
            socket.setSoTimeout(READ_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Socket connect(int port) {
        try {
            return new Socket(InetAddress.getLoopbackAddress(), port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Socket socket() {
        return socket;
    }

    /** How long to wait for each byte, where it is not the usual time. */
    public RawHttp1 patient(int millis) {
        try {
            socket.setSoTimeout(millis);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public RawHttp1 send(String latin1) {
        return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    public RawHttp1 send(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A good call with a body, and more fields, each a whole line. */
    public static String post(String path, String body, String... fields) {
        return postTo(HOST, path, body, fields);
    }

    /** The same for a host of another name. */
    public static String postTo(String host, String path, String body, String... fields) {
        StringBuilder head = new StringBuilder("POST ").append(path).append(" HTTP/1.1\r\nHost: ");
        head.append(host).append("\r\n");
        head.append("Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n");
        for (String field : fields) {
            head.append(field).append("\r\n");
        }
        return head.append("Content-Length: ")
                .append(body.length())
                .append("\r\n\r\n")
                .append(body)
                .toString();
    }

    /** A good request without a body, and more fields, each a whole line. */
    public static String get(String host, String path, String... fields) {
        StringBuilder head = new StringBuilder("GET ").append(path).append(" HTTP/1.1\r\nHost: ");
        head.append(host).append("\r\n");
        for (String field : fields) {
            head.append(field).append("\r\n");
        }
        return head.append("\r\n").toString();
    }

    public RawHttp1 post(String body) {
        return send(post("/mcp", body));
    }

    public Answer answer() {
        try {
            Answer head = head();
            String length = head.fields().get("content-length");
            return length == null
                    ? head
                    : new Answer(
                            head.status(),
                            head.fields(),
                            new String(in.readNBytes(Integer.parseInt(length)), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Only the head of an answer. */
    public Answer head() {
        try {
            String status = line();
            Map<String, String> fields = new TreeMap<>();
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                fields.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).trim());
            }
            return new Answer(Integer.parseInt(status.substring(9, 12)), fields, "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One chunk of a body, or the empty string at its end. */
    public String chunk() {
        try {
            int size = Integer.parseInt(line(), 16);
            byte[] bytes = in.readNBytes(size);
            line();
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that is still to come before the other side ends the connection. */
    public String rest() {
        try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("after: " + line.toString(StandardCharsets.ISO_8859_1));
            }
            line.write(b);
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.substring(0, text.length() - 1);
    }

    public int read() throws IOException {
        return in.read();
    }

    /** Whether the other side ended the connection without another byte. */
    public boolean isClosed() {
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    public void endOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes so that the other side gets a reset instead of an end. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
