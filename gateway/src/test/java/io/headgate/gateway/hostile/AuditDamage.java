package io.headgate.gateway.hostile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** What somebody did to the file of an audit log. */
enum AuditDamage {
    FLIPPED("(?:one |a )(?:byte|bit) (?:is )?(?:flipped|changed)"),
    DELETED("(?:one |a )?(?:record|line|intent|outcome)s? (?:is |was )?(?:deleted|removed|cut out|missing)"),
    DUPLICATED("(?:one |a )?(?:record|line)s? (?:is |was )?(?:duplicated|repeated|twice|inserted|added)"),
    SWAPPED("(?:two |the )?(?:records|lines) (?:are |were )?(?:swapped|reordered|exchanged|in another order)"),
    CHANGED(
            "(?:one |a |the )?(?:caller|tool|time|field|value|argument)s?(?: \\w+)* (?:is |was )?(?:changed|edited|replaced|rewritten)");

    private final Pattern words;

    AuditDamage(String words) {
        this.words = Pattern.compile(words);
    }

    /**
     * Where the damage can be seen.
     *
     * @param seq the number of the record that does not fit
     * @param hash what that record has for its own hash; empty if it need not be named
     */
    record Traces(long seq, String hash) {}

    static AuditDamage of(String given) {
        for (AuditDamage damage : values()) {
            if (damage.words.matcher(given).find()) {
                return damage;
            }
        }
        throw new Unbuildable("damage: " + given);
    }

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
            case FLIPPED, CHANGED -> text.substring(0, inside) + other + text.substring(inside + 1);
            case DELETED -> text.substring(0, start) + text.substring(end);
            case DUPLICATED -> text.substring(0, end) + line + text.substring(end);
            case SWAPPED -> text.substring(0, start) + text.substring(end, nextEnd) + line + text.substring(nextEnd);
        };
        Files.writeString(segment, damaged, StandardCharsets.ISO_8859_1);
        return switch (this) {
            case FLIPPED, CHANGED -> new Traces(seq, hash);
            // The place at which the first record stands that does not follow the one before it.
            case DELETED, SWAPPED -> new Traces(seq, "");
            case DUPLICATED -> new Traces(seq + 1, "");
        };
    }
}
