package io.headgate.gateway.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An input of lines {@code name: value} up to an empty one, and a body; each character of a field is one byte. */
public final class HeadAndBody {
    private final List<Field> fields;
    private final byte[] body;

    private HeadAndBody(List<Field> fields, byte[] body) {
        this.fields = fields;
        this.body = body;
    }

    /** A line of the head; of one without a colon the value is empty. */
    public record Field(String name, String value) {}

    public static HeadAndBody of(byte[] input) {
        List<Field> fields = new ArrayList<>();
        int at = 0;
        while (at < input.length) {
            int end = at;
            while (end < input.length && input[end] != '\n') {
                end++;
            }
            String line = new String(input, at, end - at, StandardCharsets.ISO_8859_1);
            at = end + 1;
            if (line.isEmpty()) {
                break;
            }
            // The names of pseudo-header fields begin with a colon.
            int colon = line.indexOf(": ", 1);
            fields.add(
                    colon < 0 ? new Field(line, "") : new Field(line.substring(0, colon), line.substring(colon + 2)));
        }
        return new HeadAndBody(fields, at < input.length ? Arrays.copyOfRange(input, at, input.length) : new byte[0]);
    }

    public List<Field> fields() {
        return fields;
    }

    public byte[] body() {
        return body;
    }
}
