package io.headgate.gateway.upstream.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.gateway.fuzz.Portions;

/** The same stream of a server is the same events, however the network cuts it. */
class ChunkedSseFuzzTest {
    /** Longer streams are cut at random places only. */
    private static final int MOST_SINGLE_BYTES = 50_000;

    @FuzzTest
    void readsTheSameHoweverItIsCut(byte[] input) {
        int limit = SseStreams.limit(input);
        byte[] stream = SseStreams.stream(input);
        SseStreams.Found whole = SseStreams.read(limit, stream).firm();
        if (stream.length < MOST_SINGLE_BYTES) {
            assertThat(SseStreams.read(limit, Portions.bytes(stream)).firm()).isEqualTo(whole);
        }
        assertThat(SseStreams.read(limit, Portions.random(stream)).firm()).isEqualTo(whole);
    }
}
