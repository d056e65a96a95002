package io.headgate.gateway.upstream.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Any stream of a server is read as the standard says, by a reader that takes it line by line (WHATWG HTML, 9.2). */
class SseFuzzTest {
    private static final int MOST_ID = 1024;
    private static final long MOST_RETRY = 60_000;

    @FuzzTest
    void readsWhatTheStandardSays(byte[] input) {
        byte[] stream = SseStreams.stream(input);
        SseStreams.Found found = SseStreams.read(SseStreams.limit(input), stream);
        Reference reference = new Reference();
        reference.read(stream);
        if (found.tooLarge()) {
            assertThat(reference.longest).isGreaterThan(SseStreams.limit(input));
            assertThat(reference.events.subList(0, found.events().size())).isEqualTo(found.events());
        } else {
            assertThat(found.events()).isEqualTo(reference.events);
            assertThat(found.lastId()).isEqualTo(reference.lastId);
            assertThat(found.retryMillis()).isEqualTo(reference.retry);
        }
    }

    /** The algorithm of the standard, word for word; bytes are characters until data are taken. */
    private static final class Reference {
        final List<String> events = new ArrayList<>();

        /** Of the lines and the data of events. */
        int longest;

        @Nullable
        String lastId;

        long retry = -1;
        private @Nullable String id;
        private StringBuilder data = new StringBuilder();
        private String name = "";

        void read(byte[] stream) {
            String text = new String(stream, StandardCharsets.ISO_8859_1);
            if (text.startsWith("\u00EF\u00BB\u00BF")) {
                text = text.substring(3);
            }
            int from = 0;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c == '\n' || c == '\r') {
                    line(text.substring(from, i));
                    i += c == '\r' && text.startsWith("\n", i + 1) ? 1 : 0;
                    from = i + 1;
                }
            }
            longest = Math.max(longest, text.length() - from);
        }

        private void line(String line) {
            longest = Math.max(longest, line.length());
            if (line.isEmpty()) {
                dispatch();
                return;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            value = value.startsWith(" ") ? value.substring(1) : value;
            switch (field) {
                case "event" -> name = utf8(value);
                case "data" -> data.append(value).append('\n');
                case "id" -> {
                    if (value.indexOf('\0') < 0 && utf8(value).length() <= MOST_ID) {
                        id = utf8(value);
                    }
                }
                case "retry" -> {
                    if (!value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9')) {
                        String digits = value.replaceFirst("^0+(?=.)", "");
                        retry = digits.length() > 9 ? MOST_RETRY : Math.min(MOST_RETRY, Long.parseLong(digits));
                    }
                }
                default -> {
                    // Ignored.
                }
            }
            longest = Math.max(longest, data.length());
        }

        private void dispatch() {
            lastId = id;
            boolean isWanted = name.equals(SseStreams.WANTED);
            if (data.length() > 1 && (isWanted || name.isEmpty() || name.equals("message"))) {
                String text = utf8(data.substring(0, data.length() - 1));
                events.add((isWanted ? SseStreams.WANTED : "message") + ":" + text);
            }
            data = new StringBuilder();
            name = "";
        }

        private static String utf8(String bytes) {
            return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        }
    }
}
