package io.headgate.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/**
 * Looks at the heads of the TLS records that come in, and ends a connection whose client begins a second handshake: TLS
 * 1.2 lets it, each costs a signature of ours, and the engine of the platform takes them for all of the process or not
 * at all. In TLS 1.3 no record after the handshake looks like one.
 */
// What cannot be closed any more is closed.
@SuppressWarnings("FutureReturnValueIgnored")
final class TlsRecords extends ChannelInboundHandlerAdapter {
    private static final int CHANGE_CIPHER_SPEC = 20;
    private static final int HANDSHAKE = 22;
    private static final int APPLICATION_DATA = 23;
    private static final int HEAD = 5;

    private final DoorMeters meters;

    /** How many bytes of the head of the record have come, and how many of its payload still will. */
    private int headBytes;

    private int payload;
    private int type;
    private boolean isSwitched;
    private boolean hasData;
    private boolean isEnded;

    TlsRecords(DoorMeters meters) {
        this.meters = meters;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (isEnded) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof ByteBuf bytes && beginsAgain(bytes)) {
            isEnded = true;
            bytes.release();
            meters.tlsFailure("renegotiation");
            ctx.close();
            return;
        }
        ctx.fireChannelRead(message);
    }

    private boolean beginsAgain(ByteBuf bytes) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end) {
            if (headBytes == HEAD) {
                int step = Math.min(payload, end - at);
                at += step;
                payload -= step;
                headBytes = payload == 0 ? 0 : HEAD;
                continue;
            }
            int b = bytes.getUnsignedByte(at++);
            switch (headBytes++) {
                case 0 -> {
                    type = b;
                    if (isSecondBeginning()) {
                        return true;
                    }
                }
                case 3 -> payload = b << 8;
                case 4 -> {
                    payload |= b;
                    headBytes = payload == 0 ? 0 : HEAD;
                }
                default -> {}
            }
        }
        return false;
    }

    /** A handshake ends with a change of ciphers; what follows it, before any data, is its last message. */
    private boolean isSecondBeginning() {
        switch (type) {
            case CHANGE_CIPHER_SPEC -> {
                boolean again = isSwitched;
                isSwitched = true;
                return again;
            }
            case HANDSHAKE -> {
                return hasData;
            }
            case APPLICATION_DATA -> hasData = true;
            default -> {}
        }
        return false;
    }
}
