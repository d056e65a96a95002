package io.headgate.gateway.upstream.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.gateway.fuzz.Portions;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The same bytes of a server are the same answers, however the network cuts them. */
class ChunkedResponseFuzzTest {
    @FuzzTest
    void readsTheSameHoweverItIsCut(byte[] input) {
        List<String> whole = read(input);
        assertThat(read(Portions.bytes(input))).isEqualTo(whole);
        assertThat(read(Portions.random(input))).isEqualTo(whole);
    }

    /** The answers up to the first that is broken, each with its fields and its body. */
    private static List<String> read(byte[]... portions) {
        EmbeddedChannel channel = new EmbeddedChannel(new StrictResponses(HttpClient.DECODER));
        for (byte[] portion : portions) {
            channel.writeInbound(Unpooled.wrappedBuffer(portion));
        }
        channel.finish();
        List<String> answers = new ArrayList<>();
        StringBuilder answer = new StringBuilder();
        boolean isBroken = false;
        for (Object next = channel.readInbound(); next != null; next = channel.readInbound()) {
            if (!(next instanceof HttpObject object)) {
                // Another protocol was agreed on, which nobody asked for.
                ReferenceCountUtil.release(next);
                isBroken = true;
                continue;
            }
            isBroken |= object.decoderResult().isFailure();
            if (!isBroken && object instanceof HttpResponse head) {
                answer.append(head.protocolVersion()).append(head.status()).append(head.headers());
            }
            if (!isBroken && object instanceof HttpContent content) {
                answer.append(content.content().toString(StandardCharsets.ISO_8859_1));
            }
            if (!isBroken && object instanceof LastHttpContent last) {
                answers.add(answer + "" + last.trailingHeaders());
                answer.setLength(0);
            }
            ReferenceCountUtil.release(object);
        }
        answers.add(isBroken ? "broken" : answer.toString());
        return answers;
    }
}
