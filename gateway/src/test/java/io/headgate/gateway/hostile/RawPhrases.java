package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.util.Locale;

/** Builds the raw requests that cases describe by their measures: a good request, and what each measure changes in it. */
final class RawPhrases {
    private static final int NOT_CHUNKED = 0;

    private final Request request;
    private final boolean sendsBody;
    private int chunkBytes = NOT_CHUNKED;
    private boolean isChunked;
    private String chunkExtension = "";
    private int chunkDigits;
    private int trailers;
    private int trailerBytes = 1;
    private String before = "";
    private boolean isOpen;

    private RawPhrases(Situation situation, Form form) {
        request = situation.harmless();
        sendsBody = !form.has("send_body") || form.flag("send_body");
        form.map().keySet().forEach(measure -> apply(form, measure));
        if (isChunked && chunkBytes == NOT_CHUNKED) {
            chunkBytes = Math.max(1, request.body.length);
        }
    }

    static byte[] build(Situation situation, Form form) {
        return new RawPhrases(situation, form).bytes();
    }

    private static int number(Form form, String measure) {
        Object value = form.value(measure);
        return value instanceof Number number ? number.intValue() : Words.number(String.valueOf(value));
    }

    private void apply(Form form, String measure) {
        switch (measure) {
            case "request_line_bytes" -> {
                int around = request.method.length() + "  HTTP/1.1".length() + request.path.length() + "?".length();
                request.path += "?" + "a".repeat(Math.max(0, number(form, measure) - around));
            }
            case "uri_bytes", "url_bytes", "target_bytes", "query_bytes", "path_bytes" -> {
                String more = measure.startsWith("path") ? "/" : "?";
                int around = measure.startsWith("query") ? 0 : request.path.length() + 1;
                request.path += more + "a".repeat(Math.max(0, number(form, measure) - around));
            }
            case "method_bytes", "method_chars" -> request.method = "A".repeat(number(form, measure));
            case "header_bytes" -> addHeaders(number(form, measure), form.has("headers") ? number(form, "headers") : 1);
            case "headers", "header_count", "header_fields" -> {
                if (!form.has("header_bytes")) {
                    addHeaders(0, number(form, measure));
                }
            }
            case "header_name_bytes" -> request.add("x" + "n".repeat(Math.max(0, number(form, measure) - 1)), "v");
            case "header_value_bytes" -> request.add("x-long", "v".repeat(number(form, measure)));
            case "cookie_bytes" -> request.add("Cookie", "c=" + "v".repeat(Math.max(0, number(form, measure) - 2)));
            case "cookies", "cookie_count" -> {
                for (int i = 0; i < number(form, measure); i++) {
                    request.add("Cookie", "c" + i + "=v");
                }
            }
            case "authorization_bytes" -> request.set("Authorization", "Bearer " + "t".repeat(number(form, measure)));
            case "host_bytes" -> request.set("Host", "h".repeat(number(form, measure)));
            case "accept_bytes" -> request.set("Accept", "a/b, ".repeat(number(form, measure) / 5) + "*/*");
            default -> body(form, measure);
        }
    }

    private void body(Form form, String measure) {
        switch (measure) {
            case "content_length" -> request.set("Content-Length", form.text(measure));
            case "chunked" -> {
                if (form.flag(measure)) {
                    chunked();
                }
            }
            case "body_bytes", "total", "total_bytes" -> request.body = new byte[number(form, measure)];
            case "chunked_body_bytes", "chunked_bytes", "chunked_total" -> {
                request.body = new byte[number(form, measure)];
                chunkBytes = chunkBytes == NOT_CHUNKED ? 8192 : chunkBytes;
            }
            case "chunks", "chunk_count" -> chunkBytes = Math.max(1, request.body.length / number(form, measure));
            case "chunk_bytes" -> chunkBytes = number(form, measure);
            case "chunk_extension_bytes", "chunk_ext_bytes" -> {
                chunkExtension = ";e=" + "x".repeat(Math.max(0, number(form, measure) - 3));
                chunked();
            }
            case "chunk_size_digits", "chunk_size_chars", "chunk_line_bytes" -> {
                chunkDigits = number(form, measure);
                chunked();
            }
            case "trailer_fields", "trailers", "trailer_count" -> {
                trailers = number(form, measure);
                chunked();
            }
            case "trailer_bytes" -> {
                trailers = Math.max(1, trailers);
                trailerBytes = number(form, measure);
                chunked();
            }
            case "empty_lines", "leading_empty_lines", "leading_crlf" -> before = "\r\n".repeat(number(form, measure));
            case "without_last_chunk", "no_last_chunk", "unterminated" -> {
                isOpen = form.flag(measure);
                chunked();
            }
            case "send_body", "note", "read_responses" -> {
                // Said for the sender, or for people.
            }
            default -> throw new Unbuildable("raw_gen: " + measure);
        }
    }

    private void chunked() {
        isChunked = true;
    }

    /** Fields that together are so many bytes on the wire. */
    private void addHeaders(int bytes, int count) {
        int each = Math.max(1, bytes / count);
        for (int i = 0; i < count; i++) {
            String name = "x" + Integer.toString(i, 36).toLowerCase(Locale.ROOT);
            request.add(name, "v".repeat(Math.max(1, each - name.length() - ": \r\n".length())));
        }
    }

    private byte[] bytes() {
        byte[] first = Words.ascii(before);
        if (chunkBytes == NOT_CHUNKED) {
            return BodyPhrases.join(first, sendsBody ? request.bytes() : request.head());
        }
        request.set("Transfer-Encoding", "chunked");
        return BodyPhrases.join(first, sendsBody ? BodyPhrases.join(request.head(), chunks()) : request.head());
    }

    private byte[] chunks() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(request.body.length + 1024);
        for (int from = 0; from < request.body.length; from += chunkBytes) {
            int length = Math.min(chunkBytes, request.body.length - from);
            String size = Integer.toHexString(length);
            String zeros = "0".repeat(Math.max(0, chunkDigits - size.length()));
            out.writeBytes(Words.ascii(zeros + size + chunkExtension + "\r\n"));
            out.write(request.body, from, length);
            out.writeBytes(Words.ascii("\r\n"));
        }
        if (isOpen) {
            return out.toByteArray();
        }
        out.writeBytes(Words.ascii("0\r\n"));
        for (int i = 0; i < trailers; i++) {
            out.writeBytes(Words.ascii("t" + i + ": " + "v".repeat(Math.max(1, trailerBytes / trailers)) + "\r\n"));
        }
        out.writeBytes(Words.ascii("\r\n"));
        return out.toByteArray();
    }

    /** Requests one behind the other; none is answered before the first, whose answer does not end by itself. */
    static boolean pipeline(Wire wire, Request request, int count) {
        byte[] bytes = request.bytes();
        int batch = Math.min(100, count);
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length * batch);
        for (int i = 0; i < batch; i++) {
            out.writeBytes(bytes);
        }
        for (int sent = 0; sent < count; sent += batch) {
            if (!wire.write(out.toByteArray())) {
                return false;
            }
        }
        return true;
    }
}
