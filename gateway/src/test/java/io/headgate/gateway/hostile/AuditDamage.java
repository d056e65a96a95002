package io.headgate.gateway.hostile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/** What was done to the file of an audit log. */
enum AuditDamage {
    FLIPPED,
    DELETED,
    DUPLICATED,
    SWAPPED;

    /**
     * Where the damage can be seen.
     *
     * @param seq the number of the record that does not fit
     * @param hash what that record has for its own hash; empty if it need not be named
     */
    record Traces(long seq, String hash) {}

    /** Does it to one record of a segment. */
    Traces to(Path segment, String record) throws IOException {
        String text = Files.readString(segment, StandardCharsets.ISO_8859_1);
        String line = new String(record.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1) + "\n";
        int start = text.indexOf(line);
        int end = start + line.length();
        JsonNode fields = JsonTree.MAPPER.readTree(record);
        long seq = fields.path("seq").asLong();
        String hash = fields.path("hash").asString();
        int inside = text.indexOf(fields.path("call_id").asString(), start);
        char other = (char) (text.charAt(inside) ^ 1);
        int nextEnd = text.indexOf('\n', end) + 1;
        String damaged = switch (this) {
            case FLIPPED -> text.substring(0, inside) + other + text.substring(inside + 1);
            case DELETED -> text.substring(0, start) + text.substring(end);
            case DUPLICATED -> text.substring(0, end) + line + text.substring(end);
            case SWAPPED -> text.substring(0, start) + text.substring(end, nextEnd) + line + text.substring(nextEnd);
        };
        Files.writeString(segment, damaged, StandardCharsets.ISO_8859_1);
        return switch (this) {
            case FLIPPED -> new Traces(seq, hash);
            // The place at which the first record stands that does not follow the one before it.
            case DELETED, SWAPPED -> new Traces(seq, "");
            case DUPLICATED -> new Traces(seq + 1, "");
        };
    }
}
