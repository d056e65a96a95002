package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Takes apart what the door wrote as HTTP/1.1, strictly. */
final class Answers {
    /** What the door and the dialects answer; never 500, which is a defect. */
    static final Set<Integer> EXPECTED = Set.of(
            100, 200, 202, 204, 400, 401, 403, 404, 405, 406, 408, 413, 414, 415, 417, 421, 429, 431, 501, 502, 503,
            504, 505);

    private final String text;
    private int at;

    private Answers(byte[] bytes) {
        text = new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** The statuses in their order; fails if the bytes are no answers, each whole but for the last. */
    static List<Integer> statuses(byte[] bytes) {
        Answers answers = new Answers(bytes);
        List<Integer> statuses = new ArrayList<>();
        while (answers.at < answers.text.length()) {
            statuses.add(answers.one());
        }
        return statuses;
    }

    private int one() {
        int end = text.indexOf("\r\n\r\n", at);
        assertThat(end).as("the end of a head in %s", text.substring(at)).isPositive();
        String[] lines = text.substring(at, end).split("\r\n", -1);
        assertThat(lines[0]).matches("HTTP/1\\.1 [1-5][0-9]{2} [A-Za-z ]+");
        int status = Integer.parseInt(lines[0].substring(9, 12));
        assertThat(EXPECTED).as(text.substring(at)).contains(status);
        at = end + 4;
        int length = 0;
        boolean isChunked = false;
        boolean isEventStream = false;
        for (int i = 1; i < lines.length; i++) {
            assertThat(lines[i]).matches("[A-Za-z0-9-]+: [ -~]*");
            String line = lines[i].toLowerCase(Locale.ROOT);
            if (line.startsWith("content-length: ")) {
                length = Integer.parseInt(line.substring(16));
            }
            isChunked |= line.equals("transfer-encoding: chunked");
            isEventStream |= line.equals("content-type: text/event-stream");
        }
        if (isChunked) {
            chunks();
        } else if (isEventStream) {
            at = text.length();
        } else {
            assertThat(text.length()).as("the end of a body").isGreaterThanOrEqualTo(at + length);
            at += length;
        }
        return status;
    }

    private void chunks() {
        while (at < text.length()) {
            int end = text.indexOf("\r\n", at);
            int size = Integer.parseInt(text.substring(at, end), 16);
            at = end + 2 + size;
            assertThat(text.startsWith("\r\n", at)).as("the end of a chunk").isTrue();
            at += 2;
            if (size == 0) {
                return;
            }
        }
    }
}
