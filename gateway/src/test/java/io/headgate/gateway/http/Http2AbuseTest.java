package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.Pieces;
import io.headgate.testkit.Await;
import io.headgate.testkit.RawHttp2;
import io.headgate.testkit.RawHttp2.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** HTTP/2 frames that cost a client nothing end its connection when there are too many, with their reason counted. */
class Http2AbuseTest {
    private static final int PROTOCOL_ERROR = 1;
    private static final int ENHANCE_YOUR_CALM = 0xb;

    private final AtomicInteger calls = new AtomicInteger();

    @Test
    void pings() {
        ends(10_000, i -> RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8]), ENHANCE_YOUR_CALM, "ping_flood");
    }

    @Test
    void settings() {
        ends(10_000, i -> RawHttp2.frame(RawHttp2.SETTINGS, 0, 0), ENHANCE_YOUR_CALM, "settings_flood");
    }

    @Test
    void emptyData() {
        ends(
                10_000,
                i -> i == 0
                        ? RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, RawHttp2.call())
                        : RawHttp2.frame(RawHttp2.DATA, 0, 1),
                ENHANCE_YOUR_CALM,
                "empty_frames");
    }

    @Test
    void emptyContinuations() {
        ends(
                20_000,
                i -> i == 0
                        ? RawHttp2.frame(RawHttp2.HEADERS, 0, 1, RawHttp2.call())
                        : RawHttp2.frame(RawHttp2.CONTINUATION, 0, 1),
                ENHANCE_YOUR_CALM,
                "continuation_flood");
    }

    @Test
    void resets() {
        ends(
                4_000,
                i -> i % 2 == 0
                        ? RawHttp2.frame(
                                RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1 + i, RawHttp2.call())
                        : RawHttp2.frame(RawHttp2.RST_STREAM, 0, i, new byte[] {0, 0, 0, 8}),
                ENHANCE_YOUR_CALM,
                "rapid_reset");
        assertThat(calls.get()).isLessThanOrEqualTo(210);
    }

    @Test
    void resetsThatWeAreMadeToSendByWindowUpdates() {
        ends(
                4_000,
                i -> i % 2 == 0
                        ? RawHttp2.frame(
                                RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1 + i, RawHttp2.call())
                        : RawHttp2.frame(RawHttp2.WINDOW_UPDATE, 0, i, new byte[4]),
                ENHANCE_YOUR_CALM,
                "made_you_reset");
        assertThat(calls.get()).isLessThanOrEqualTo(210);
    }

    @Test
    void resetsThatWeAreMadeToSendByLateData() {
        ends(
                4_000,
                i -> i % 2 == 0
                        ? RawHttp2.frame(
                                RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1 + i, RawHttp2.call())
                        : RawHttp2.frame(RawHttp2.DATA, 0, i, (byte) 'x'),
                ENHANCE_YOUR_CALM,
                "made_you_reset");
        assertThat(calls.get()).isLessThanOrEqualTo(210);
    }

    @Test
    void headersThatUnpackToMuch() {
        bomb(4000);
        bomb(0);
    }

    private void bomb(int valueBytes) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(RawHttp2.call());
        // Put into the dynamic table once, then named 8000 times by one byte.
        block.write(0x40);
        RawHttp2.integer(block, 0, 7, 6);
        block.writeBytes("cookie".getBytes(StandardCharsets.US_ASCII));
        RawHttp2.integer(block, 0, 7, valueBytes);
        block.writeBytes("v".repeat(valueBytes).getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < 8000; i++) {
            block.write(0x80 | 62);
        }
        byte[] bytes = block.toByteArray();
        ends(
                1,
                i -> RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1, bytes),
                PROTOCOL_ERROR,
                "header_list_too_large");
    }

    @Test
    void evenStreams() {
        ends(
                1,
                i -> RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 2, RawHttp2.call()),
                PROTOCOL_ERROR,
                "stream_id");
    }

    @Test
    void fieldsOfHttp1ResetTheStream() {
        resets(RawHttp2.call("transfer-encoding", "chunked"), null, "connection_header");
    }

    @Test
    void aWrongLengthResetsTheStream() {
        resets(RawHttp2.call("content-length", "5"), "{}", "content_length");
    }

    @Test
    void twoMethodsResetTheStream() {
        resets(
                RawHttp2.block(
                        ":method",
                        "POST",
                        ":method",
                        "GET",
                        ":path",
                        "/mcp",
                        ":scheme",
                        "http",
                        ":authority",
                        "gw.test"),
                null,
                "pseudo_header");
    }

    @Test
    void framesThatMeanNothingAreIgnored() {
        try (TestDoor door = door();
                RawHttp2 client = new RawHttp2(door.port())) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int i = 0; i < 20_000; i++) {
                all.writeBytes(RawHttp2.frame(0x10, 0, i % 2 == 0 ? 0 : 1, new byte[] {0, 0, 0, 1, 'u', '=', '1'}));
            }
            client.send(all.toByteArray()).post(1, "{}");
            assertThat(client.data()).isEqualTo("{}");
            assertThat(door.count("headgate.h2.frames.ignored")).isGreaterThanOrEqualTo(10_000);
        }
    }

    private TestDoor door() {
        return TestDoor.of(call -> {
            calls.incrementAndGet();
            call.answer(200, Pieces.of("{}"));
        });
    }

    private void ends(int frames, IntFunction<byte[]> frame, int code, String reason) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < frames; i++) {
            all.writeBytes(frame.apply(i));
        }
        try (TestDoor door = door();
                RawHttp2 client = new RawHttp2(door.port())) {
            Thread writer = new Thread(() -> client.send(all.toByteArray()));
            writer.setDaemon(true);
            writer.start();
            Await.until(reason, () -> door.count("headgate.h2.protocol.errors", "reason", reason) == 1);
            Frame goodbye = client.find(RawHttp2.GOAWAY);
            // A reset of the socket may overtake it while we still send.
            if (goodbye != null) {
                assertThat(goodbye.code()).isEqualTo(code);
            }
            assertThat(goodbye != null || frames > 1).isTrue();
            Await.until("it is gone", () -> door.door.connections() == 0);
        }
    }

    private void resets(byte[] head, @Nullable String body, String reason) {
        try (TestDoor door = door();
                RawHttp2 client = new RawHttp2(door.port())) {
            client.send(RawHttp2.frame(
                    RawHttp2.HEADERS,
                    body == null ? RawHttp2.END_HEADERS | RawHttp2.END_STREAM : RawHttp2.END_HEADERS,
                    1,
                    head));
            if (body != null) {
                client.send(RawHttp2.frame(
                        RawHttp2.DATA, RawHttp2.END_STREAM, 1, body.getBytes(StandardCharsets.US_ASCII)));
            }
            Frame reset = client.await(RawHttp2.RST_STREAM);
            assertThat(reset.code()).isEqualTo(PROTOCOL_ERROR);
            assertThat(door.count("headgate.h2.protocol.errors", "reason", reason))
                    .isEqualTo(1);
            assertThat(calls).hasValue(0);
            client.post(3, "{}");
            assertThat(client.data()).isEqualTo("{}");
        }
    }
}
