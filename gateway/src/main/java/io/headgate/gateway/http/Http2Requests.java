package io.headgate.gateway.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import java.util.Map;

/** Turns the frames of one HTTP/2 stream into the parts of a request, without fields of its own. */
final class Http2Requests extends ChannelInboundHandlerAdapter {
    private static final DecoderResult NO_METHOD =
            DecoderResult.failure(new IllegalArgumentException("the method is no token"));

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof Http2HeadersFrame frame) {
            Http2Headers head = frame.headers();
            if (head.method() != null) {
                ctx.fireChannelRead(request(head));
                if (frame.isEndStream()) {
                    ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
                }
            } else if (frame.isEndStream()) {
                DefaultLastHttpContent last = new DefaultLastHttpContent();
                copy(head, last.trailingHeaders());
                ctx.fireChannelRead(last);
            }
        } else if (message instanceof Http2DataFrame frame) {
            ctx.fireChannelRead(
                    frame.isEndStream()
                            ? new DefaultLastHttpContent(frame.content())
                            : new DefaultHttpContent(frame.content()));
        } else {
            ctx.fireChannelRead(message);
        }
    }

    private static DefaultHttpRequest request(Http2Headers head) {
        // Checked by the codec already.
        HttpHeaders fields =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        CharSequence authority = head.authority();
        if (authority != null) {
            fields.add(HttpHeaderNames.HOST, authority.toString());
        }
        copy(head, fields);
        CharSequence path = head.path();
        String method = String.valueOf(head.method());
        boolean isMethod = HttpHeaderValidationUtil.validateToken(method) < 0;
        DefaultHttpRequest request = new DefaultHttpRequest(
                HttpVersion.HTTP_1_1,
                isMethod ? HttpMethod.valueOf(method) : HttpMethod.POST,
                path == null ? "" : path.toString(),
                fields,
                // A bad target is refused like one of HTTP/1.1, and not by an exception.
                /* validateRequestLine= */ false);
        if (!isMethod) {
            // The codec checks the characters of fields; of a method it takes what a field may hold.
            request.setDecoderResult(NO_METHOD);
        }
        return request;
    }

    private static void copy(Http2Headers from, HttpHeaders to) {
        for (Map.Entry<CharSequence, CharSequence> field : from) {
            CharSequence name = field.getKey();
            if (name.length() > 0 && name.charAt(0) != ':') {
                to.add(name, field.getValue().toString());
            }
        }
    }
}
