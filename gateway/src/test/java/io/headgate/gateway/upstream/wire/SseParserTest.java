package io.headgate.gateway.upstream.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseParserTest {
    private static final String STREAM = "\uFEFFdata: first\n\n"
            + ": a comment\r\n"
            + "event: message\r\nid: 7\r\ndata:second\r\ndata:  line\r\n\r\n"
            + "event: other\rdata: skipped\r\r"
            + "id: 8\ndata:\n\n"
            + "data\ndata: third\nunknown: x\nretry: 250\nretry: abc\n\n"
            + "id: a\u0000b\ndata: \u00fc\u20ac\n\n"
            + "data: unfinished\n";
    private static final List<String> EVENTS = List.of("first", "second\n line", "\nthird", "\u00fc\u20ac");

    @Test
    void readsTheSameEventsHoweverTheBytesAreSplit() throws Exception {
        byte[] bytes = STREAM.getBytes(StandardCharsets.UTF_8);
        for (int first = 0; first <= bytes.length; first++) {
            for (int second = first; second <= bytes.length; second += 7) {
                SseParser parser = new SseParser(1_000);
                List<String> events = new ArrayList<>();
                read(parser, Arrays.copyOfRange(bytes, 0, first), events);
                read(parser, Arrays.copyOfRange(bytes, first, second), events);
                read(parser, Arrays.copyOfRange(bytes, second, bytes.length), events);

                assertThat(events).as("split at %s and %s", first, second).isEqualTo(EVENTS);
                assertThat(parser.lastId()).isEqualTo("8");
                assertThat(parser.retryMillis()).isEqualTo(250);
                assertThat(parser.isInsideEvent()).isTrue();
            }
        }
    }

    @Test
    void readsTheSameEventsByteByByte() throws Exception {
        SseParser parser = new SseParser(1_000);
        List<String> events = new ArrayList<>();
        for (byte b : STREAM.getBytes(StandardCharsets.UTF_8)) {
            read(parser, new byte[] {b}, events);
        }
        assertThat(events).isEqualTo(EVENTS);
    }

    /** Lines that are too long for one array that grows are read from parts. */
    @Test
    void readsLongLinesHoweverTheyAreSplit() throws Exception {
        StringBuilder numbers = new StringBuilder();
        for (int i = 0; numbers.length() < 300_000; i++) {
            numbers.append(i).append(',');
        }
        String stream = "\uFEFFdata:" + numbers + "\r\ndata: " + numbers + "\n\n"
                + "event: " + numbers + "\ndata: skipped\n\n"
                + "id: " + numbers + "\ndata: short\n\n";
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        for (int portion : new int[] {1_000, 4_096, 65_536, 65_537, 200_000, bytes.length}) {
            SseParser parser = new SseParser(1_000_000);
            List<String> events = new ArrayList<>();
            for (int from = 0; from < bytes.length; from += portion) {
                read(parser, Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + portion)), events);
            }
            assertThat(events).as("portions of %s", portion).containsExactly(numbers + "\n" + numbers, "short");
            assertThat(parser.lastId()).isNull();
            assertThat(parser.held()).isLessThan(10_000);
        }
    }

    @Test
    void refusesLongLinesBeyondTheLimit() {
        SseParser parser = new SseParser(100_000);
        List<String> events = new ArrayList<>();
        byte[] letters = new byte[60_000];
        Arrays.fill(letters, (byte) 'x');
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 3; i++) {
                        read(parser, letters, events);
                    }
                })
                .isInstanceOf(SseParser.TooLargeException.class);
        assertThat(parser.held()).isLessThan(200_000);
    }

    @Test
    void findsEventsOfOneOtherName() throws Exception {
        String text = """
                event: endpoint
                data: /m

                data: one

                event: other
                data: x

                event: endpoint

                event: endpoint
                event: message
                data: two

                """;
        SseParser parser = new SseParser(1_000, "endpoint");
        ByteBuf in = Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
        List<String> events = new ArrayList<>();
        while (parser.next(in)) {
            int length = parser.dataLength();
            String data = new String(parser.takeData(), 0, length, StandardCharsets.UTF_8);
            events.add((parser.isWanted() ? "endpoint " : "") + data);
        }

        assertThat(events).containsExactly("endpoint /m", "one", "two");
    }

    @Test
    void refusesALineOverTheLimit() {
        SseParser parser = new SseParser(100);

        assertThatThrownBy(() -> {
                    for (int i = 0; i < 20; i++) {
                        read(parser, "data: aaaa".getBytes(StandardCharsets.UTF_8), new ArrayList<>());
                    }
                })
                .isInstanceOf(SseParser.TooLargeException.class);
    }

    @Test
    void refusesAnEventOfManyLinesOverTheLimit() {
        SseParser parser = new SseParser(100);

        assertThatThrownBy(() -> read(
                        parser, "data: aaaaaaaaa\n".repeat(11).getBytes(StandardCharsets.UTF_8), new ArrayList<>()))
                .isInstanceOf(SseParser.TooLargeException.class);
    }

    @Test
    void clampsTheRetryTime() throws Exception {
        SseParser parser = new SseParser(100);

        read(parser, "\nretry: 99999999999\n".getBytes(StandardCharsets.UTF_8), new ArrayList<>());

        assertThat(parser.retryMillis()).isEqualTo(60_000);
    }

    private static void read(SseParser parser, byte[] bytes, List<String> events) throws Exception {
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        while (parser.next(in)) {
            int length = parser.dataLength();
            events.add(new String(parser.takeData(), 0, length, StandardCharsets.UTF_8));
        }
        assertThat(in.isReadable()).isFalse();
    }
}
