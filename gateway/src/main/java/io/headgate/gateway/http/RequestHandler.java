package io.headgate.gateway.http;

import io.headgate.filter.Refusal;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.mcp.Pieces;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects requests, hands them to the dialect one after another, and watches their time; the same for a connection of
 * HTTP/1.1 and for one stream of HTTP/2.
 *
 * <p>A refusal takes its turn like a request, so that pipelined answers stay in order. After one that closes, nothing
 * more is read: what follows on the connection is thrown away for a moment, so that the client can read the answer
 * before the socket is reset.
 */
// What cannot be written or closed any more closes its channel, and that is noticed there.
@SuppressWarnings("FutureReturnValueIgnored")
final class RequestHandler extends ChannelInboundHandlerAdapter implements Watched {
    /** The first probe draws a reset from a closed socket and a later one notices it: soon, or late on a busy machine. */
    private static final int PROBES = 12;

    private static final long FIRST_PROBE_MILLIS = 1;

    /** About what a connection of HTTP/1.1 or a stream of HTTP/2 takes beside what it carries. */
    private static final int OWN_BYTES = 4096;

    private static final Duration MEMORY_AGAIN = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(RequestHandler.class);
    private static final Pieces FAILED = Pieces.of("{\"error\":\"internal error\"}");

    private final Connection connection;
    private final Door door;
    private final RequestChecks checks;
    private final StallWatch stall;
    private final BodyWatch bodyWatch;
    private final @Nullable Http1Decoder decoder;
    private @Nullable Wire wire;
    private @Nullable ChannelHandlerContext context;

    /** Its head has come and its body has not. */
    private @Nullable DoorCall reading;

    /** Its answer is being made. */
    private @Nullable DoorCall active;

    private final WaitingCalls waiting = new WaitingCalls();
    private String lastCaller = "";
    private boolean inputEnded;
    private boolean deaf;
    private boolean pumping;
    private long idleSince;
    private int slot = -1;

    /** For HTTP/1.1 with its decoder; for a stream of HTTP/2 without. */
    RequestHandler(Connection connection, @Nullable Http1Decoder decoder) {
        this.connection = connection;
        this.decoder = decoder;
        door = connection.door;
        checks = new RequestChecks(door, connection);
        stall = new StallWatch(this);
        bodyWatch = new BodyWatch(door);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        wire = decoder == null ? new Http2Wire(ctx) : new Http1Wire(ctx, connection);
        idleSince = now();
        connection.clock.add(this);
        tally(OWN_BYTES);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        tally(-OWN_BYTES);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (!deaf && message instanceof HttpObject object) {
                if (object instanceof HttpRequest request) {
                    onHead(request);
                }
                if (object instanceof HttpContent content && !deaf) {
                    onContent(content);
                }
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void onHead(HttpRequest request) {
        DoorCall call = new DoorCall(this);
        DecoderResult result = request.decoderResult();
        Rejection rejection = result.isFailure() ? rejectionOf(result.cause()) : checks.check(request, call);
        call.rejection = rejection;
        if (rejection == null && !call.isPreflight()) {
            if (request.method().equals(HttpMethod.DELETE) || door.memory.takesNewWork()) {
                judge(call);
            } else {
                refuseForMemory(call);
            }
        }
        // Who waits to be told to go on with the body would wait for ever.
        if ((rejection != null && rejection.closes) || (call.isRefused() && call.expectsProceed())) {
            refuse(call);
            return;
        }
        if (call.expectsProceed() && active == null) {
            wire().proceed();
        }
        reading = call;
        bodyWatch.begin(now());
    }

    /** What ends a session makes room; everything else would take some. */
    private void refuseForMemory(DoorCall call) {
        door.meters.rejected(Rejection.MEMORY);
        call.refusal = new Refusal(Refusal.Reason.OVERLOADED, "the gateway has no memory for more", MEMORY_AGAIN);
    }

    /** Ends a request that is among the largest and that no reply has taken yet. */
    void noMemoryFor(RequestBody body) {
        if (body == reading) {
            DoorCall call = reading;
            refuseForMemory(call);
            refuse(call);
        } else if (waiting.contains(body) && body instanceof DoorCall call) {
            refuseForMemory(call);
            call.dropBody();
        }
    }

    /** Who sends it comes before what its body claims to be, and everything else after that. */
    private void judge(DoorCall call) {
        Refusal refusal = door.dialect.refuses(call);
        Rejection ofContent = checks.checkContent(call);
        if (ofContent == null || (refusal != null && refusal.reason().isOfCredentials())) {
            call.refusal = refusal;
        } else {
            call.rejection = ofContent;
        }
    }

    private void onContent(HttpContent content) {
        DoorCall call = reading;
        if (call == null) {
            return;
        }
        boolean last = content instanceof LastHttpContent;
        if (content.decoderResult().isFailure()) {
            boolean trailers = content.decoderResult().cause() instanceof TooLongHttpHeaderException;
            call.rejection = trailers ? Rejection.TRAILERS : Rejection.FRAMING;
        } else if (!call.append(content.content(), last, door.limits.bodyBytes())) {
            call.rejection = Rejection.BODY_TOO_LARGE;
        } else if (last && ((LastHttpContent) content).trailingHeaders().size() > door.limits.headerCount()) {
            call.rejection = Rejection.TRAILERS;
        } else if (last) {
            reading = null;
            enqueue(call);
            return;
        } else {
            return;
        }
        refuse(call);
    }

    /** Refuses what came before a request could be read. */
    void refuse(Rejection rejection) {
        DoorCall call = new DoorCall(this);
        call.rejection = rejection;
        refuse(call);
    }

    /** The last request that is read here. */
    private void refuse(DoorCall call) {
        deaf = true;
        reading = null;
        if (decoder != null) {
            decoder.stop();
        }
        call.closeAfterwards();
        enqueue(call);
    }

    private void enqueue(DoorCall call) {
        if (!call.isRefused() && !call.received()) {
            refuseForMemory(call);
        }
        if (call.isRefused()) {
            call.dropBody();
        }
        if (active == null && waiting.isEmpty() && isWritable()) {
            begin(call);
            return;
        }
        if (waiting.size() >= door.limits.pipelineDepth()) {
            deaf = true;
            door.meters.rejected(Rejection.PIPELINE_DEPTH);
            call.dropBody();
            cut();
            return;
        }
        waiting.add(call);
        if (waiting.bytes() > door.limits.streamBufferBytes()) {
            // What has not been read yet stays with the client.
            context().channel().config().setAutoRead(false);
        }
    }

    private void begin(DoorCall call) {
        active = call;
        call.begin(now());
        Rejection rejection = call.rejection;
        Refusal refusal = call.refusal;
        if (rejection != null) {
            door.meters.rejected(rejection);
            String event = eventOf(rejection);
            if (event != null) {
                door.events.refused(event, call.peer());
            }
            call.answer(rejection.status, rejection.body(), rejection.fields());
        } else if (refusal != null) {
            door.dialect.refuse(call, refusal);
        } else if (call.isPreflight()) {
            call.answer(204, new Pieces(1), Preflight.fields(call));
        } else {
            try {
                door.dialect.handle(call);
                call.handedOver();
            } catch (RuntimeException e) {
                LOG.error("the dialect threw", e);
                call.forsakeBody();
                call.answer(500, FAILED);
            }
        }
    }

    /** What is told to those who keep records: a page, or a name, that leads clients here and should not. */
    private static @Nullable String eventOf(Rejection rejection) {
        return switch (rejection) {
            case ORIGIN -> "malicious_cors:origin";
            case HOST -> "input_validation_fail:host";
            default -> null;
        };
    }

    /** The answer will be the last of its connection if the door is closing. */
    void prepareAnswer(DoorCall call) {
        if (door.draining) {
            call.closeAfterwards();
        }
    }

    /** The whole answer of the active call was written. */
    void answered(DoorCall call) {
        call.finished();
        active = null;
        lastCaller = call.caller();
        idleSince = now();
        if (call.closes() || (door.draining && decoder != null)) {
            deaf = true;
            waiting.clear();
            wire().closeAfterwards();
        } else if (!pumping) {
            pump();
        }
    }

    /** The next ones, while the client reads what it gets. */
    private void pump() {
        pumping = true;
        while (active == null && !waiting.isEmpty() && isWritable()) {
            begin(waiting.next());
        }
        pumping = false;
        if (decoder != null && active == null && waiting.isEmpty()) {
            if (inputEnded) {
                wire().closeAfterwards();
            } else if (!deaf) {
                context().channel().config().setAutoRead(true);
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        connection.clock.remove(this);
        stall.close();
        leave(/* counted= */ true);
        ctx.fireChannelInactive();
    }

    /** Whatever was going on here is over. */
    private void leave(boolean counted) {
        deaf = true;
        waiting.clear();
        DoorCall unread = reading;
        if (unread != null) {
            unread.dropBody();
        }
        DoorCall call = active;
        if (call != null && call.isOpen()) {
            if (counted) {
                door.meters.goneBeforeTheAnswer.increment();
            }
            active = null;
            call.disconnect();
        } else if (counted && (reading != null || (decoder != null && decoder.isInHead()))) {
            door.meters.goneBeforeTheRequest.increment();
        }
        reading = null;
        if (decoder != null) {
            decoder.stop();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            onEndOfInput();
        }
        ctx.fireUserEventTriggered(event);
    }

    /**
     * A client that closed its socket and one that only finished sending look the same until something is written. So
     * something is written at once and again a few times: the first makes a closed socket say so, a later one finds out.
     * Who still reads is served.
     */
    private void onEndOfInput() {
        DoorCall call = active;
        deaf = true;
        inputEnded = true;
        if (call == null || !call.isOpen() || !wire().probe(call)) {
            leave(/* counted= */ true);
            context().close();
        } else {
            probeLater(call, FIRST_PROBE_MILLIS, PROBES);
        }
    }

    private void probeLater(DoorCall call, long millis, int times) {
        if (times > 0) {
            context()
                    .executor()
                    .schedule(
                            () -> {
                                if (call == active && call.isOpen()) {
                                    wire().probe(call);
                                    probeLater(call, 2 * millis, times - 1);
                                }
                            },
                            millis,
                            TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        DoorCall call = active;
        stall.report();
        if (ctx.channel().isWritable()) {
            DoorStream stream = call == null ? null : call.openStream();
            if (call == null) {
                pump();
            } else if (stream != null) {
                stream.becameWritable();
            }
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // Resets of clients are everyday; a bug of ours shows as one, but must not hide.
        if (cause instanceof Error || (cause instanceof RuntimeException && !(cause instanceof CodecException))) {
            LOG.error("a connection is closed because its handler failed", cause);
            ctx.close();
        } else if (decoder != null) {
            // A stream of HTTP/2 is reset with the right code by its connection.
            ctx.close();
        }
    }

    @Override
    public void tick(long now) {
        DoorCall call = active;
        if (stall.tick(now)) {
            return;
        }
        DoorCall incoming = reading;
        if (call != null) {
            call.tick(now, door.keepAliveNanos, wire().held() == 0);
        }
        if (incoming != null) {
            if (bodyWatch.isTooSlow(incoming.bodyLength(), now)) {
                incoming.rejection = Rejection.BODY_RATE;
                refuse(incoming);
            }
        } else if (call == null && decoder != null && waiting.isEmpty()) {
            checkHeadAndIdle(decoder, now);
        }
    }

    private void checkHeadAndIdle(Http1Decoder heads, long now) {
        if (deaf) {
            // The client has a moment to read the last answer.
            if (wire().held() > 0) {
                idleSince = now;
            } else if (now - idleSince >= Http1Wire.LINGER_NANOS) {
                context().close();
            }
        } else if (heads.isInHead()) {
            if (now - heads.headSince() >= door.headerNanos) {
                refuse(Rejection.HEADER_TIMEOUT);
            }
        } else if (now - idleSince >= door.idleNanos) {
            door.meters.connectionClosed("idle");
            context().close();
        }
    }

    /** Ends the stream, or connection, of a client that does not read. */
    void cutStream(String reason) {
        door.meters.streamClosed(reason);
        if (active != null) {
            active.cutOff(reason);
        }
        boolean stuck = decoder == null && connection.isStuckSince(now() - door.stallNanos);
        leave(/* counted= */ false);
        if (stuck) {
            connection.calm();
        } else {
            context().close();
        }
    }

    @Override
    public void drain() {
        if (decoder != null && active == null && reading == null) {
            context().close();
        }
    }

    @Override
    public void cut() {
        context().close();
    }

    private Rejection rejectionOf(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return Rejection.URI_TOO_LONG;
        }
        return cause instanceof TooLongHttpHeaderException ? Rejection.HEADERS_TOO_LARGE : Rejection.FRAMING;
    }

    boolean hasStream() {
        DoorCall call = active;
        return call != null && call.openStream() != null;
    }

    boolean isWritable() {
        return context().channel().isWritable();
    }

    /** Whether a writer went on and on although it was told to wait. */
    boolean isFlooded() {
        return !isWritable() && wire().held() > 4L * door.limits.streamBufferBytes();
    }

    /** What is large and was not taken at once is accounted for before the next look. */
    void wrote(int bytes) {
        if (bytes >= MemoryBudget.LEAST) {
            stall.report();
        }
    }

    /** The key of the caller who is answered, or was the last time. */
    String caller() {
        DoorCall call = active;
        return call == null ? lastCaller : call.caller();
    }

    /** Counts something small that is held for this client. */
    void tally(long more) {
        connection.clock.tally.add(more);
    }

    boolean inLoop() {
        return context().executor().inEventLoop();
    }

    void execute(Runnable task) {
        context().executor().execute(task);
    }

    long now() {
        return connection.clock.now();
    }

    @Nullable
    InetSocketAddress remote() {
        return (InetSocketAddress) connection.channel.remoteAddress();
    }

    Door door() {
        return door;
    }

    Connection connection() {
        return connection;
    }

    Wire wire() {
        return Objects.requireNonNull(wire);
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context);
    }

    @Override
    public int slot() {
        return slot;
    }

    @Override
    public void slot(int to) {
        slot = to;
    }
}
