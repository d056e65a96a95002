package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the HTTP/1.1 responses on a connection one after the other, as strictly as a suspicious client would. */
final class HttpReader {
    private final Wire wire;
    private int offset;

    HttpReader(Wire wire) {
        this.wire = wire;
    }

    /** The next complete response, or null if none comes by then. */
    @Nullable
    Response next(Wire.Deadline deadline) throws IOException, InterruptedException {
        Response response = nextUntil(Response::isComplete, deadline);
        return response != null && response.isComplete() ? response : null;
    }

    /**
     * The next response as soon as it is complete or suits; what has come of it if neither happens by the deadline; null
     * if not even its head has come. An incomplete response stays to be read again.
     */
    @Nullable
    Response nextUntil(Predicate<Response> suits, Wire.Deadline deadline) throws IOException, InterruptedException {
        while (true) {
            byte[] bytes = wire.received(offset);
            boolean ended = wire.end() != Wire.End.OPEN;
            Parser parser = new Parser(bytes, ended);
            Response response = parser.parse();
            if (response != null && response.isComplete()) {
                offset += parser.position;
                return response;
            }
            if (response != null && suits.test(response)) {
                return response;
            }
            boolean more = wire.awaitMoreThan(offset + bytes.length, deadline);
            if (!more && (ended || deadline.isOver())) {
                return response;
            }
        }
    }

    /** How many bytes are here that no response accounts for yet. */
    int unread() {
        return wire.length() - offset;
    }

    /** One attempt to read a response from what has come so far. */
    private static final class Parser {
        private final byte[] bytes;
        private final boolean ended;
        private int position;
        private int informational;

        Parser(byte[] bytes, boolean ended) {
            this.bytes = bytes;
            this.ended = ended;
        }

        @Nullable
        Response parse() throws IOException {
            while (true) {
                int headEnd = find("\r\n\r\n", position);
                if (headEnd < 0) {
                    return null;
                }
                String head = new String(bytes, position, headEnd - position, StandardCharsets.ISO_8859_1);
                String[] lines = head.split("\r\n", -1);
                if (!lines[0].matches("HTTP/1\\.[01] \\d{3}( .*)?")) {
                    throw new IOException("no status line: " + lines[0]);
                }
                int status = Integer.parseInt(lines[0].substring(9, 12));
                position = headEnd + 4;
                if (status < 200) {
                    informational++;
                    continue;
                }
                return withBody(status, fields(lines));
            }
        }

        private static List<String> fields(String[] lines) throws IOException {
            List<String> fields = new ArrayList<>();
            for (int i = 1; i < lines.length; i++) {
                int colon = lines[i].indexOf(':');
                if (colon <= 0) {
                    throw new IOException("no header field: " + lines[i]);
                }
                fields.add(lines[i].substring(0, colon));
                fields.add(lines[i].substring(colon + 1).strip());
            }
            return fields;
        }

        private Response withBody(int status, List<String> fields) throws IOException {
            Response head = new Response(status, fields, new byte[0], informational, /* isComplete= */ true);
            if (status == 204 || status == 304) {
                return head;
            }
            if (head.field("transfer-encoding").toLowerCase(Locale.ROOT).equals("chunked")) {
                return chunked(head);
            }
            String length = head.field("content-length");
            int wanted = length.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(length);
            int here = Math.min(wanted, bytes.length - position);
            byte[] body = new byte[here];
            System.arraycopy(bytes, position, body, 0, here);
            position += here;
            return new Response(status, fields, body, informational, here == wanted || (length.isEmpty() && ended));
        }

        private Response chunked(Response head) throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            while (true) {
                int lineEnd = find("\r\n", position);
                if (lineEnd < 0) {
                    return new Response(head.status(), head.fields(), body.toByteArray(), informational, false);
                }
                String line = new String(bytes, position, lineEnd - position, StandardCharsets.ISO_8859_1);
                int size = Integer.parseInt(line.replaceFirst(";.*", "").strip(), 16);
                int dataEnd = lineEnd + 2 + size;
                if (dataEnd + 2 > bytes.length) {
                    return new Response(head.status(), head.fields(), body.toByteArray(), informational, false);
                }
                if (bytes[dataEnd] != '\r' || bytes[dataEnd + 1] != '\n') {
                    throw new IOException("a chunk is not ended by CRLF");
                }
                body.write(bytes, lineEnd + 2, size);
                position = dataEnd + 2;
                if (size == 0) {
                    return new Response(head.status(), head.fields(), body.toByteArray(), informational, true);
                }
            }
        }

        private int find(String text, int from) {
            for (int at = from; at + text.length() <= bytes.length; at++) {
                int i = 0;
                while (i < text.length() && bytes[at + i] == text.charAt(i)) {
                    i++;
                }
                if (i == text.length()) {
                    return at;
                }
            }
            return -1;
        }
    }
}
