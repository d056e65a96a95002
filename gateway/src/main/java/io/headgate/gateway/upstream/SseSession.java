package io.headgate.gateway.upstream;

import io.headgate.filter.Exchange;
import io.headgate.gateway.upstream.OutgoingRequest.Method;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One session at a server of 2024-11-05: one event stream, and the calls whose answers come on it.
 *
 * <p>The session lives as long as its stream. A message that does not name its call belongs to the only call that is on
 * its way; while there are several, it belongs to none, and goes to whoever listens for the client.
 */
final class SseSession {
    private static final RawJson NOTHING_TO_SAY = RawJson.of("{}");

    private final SseBack back;
    private final UpstreamMeters meters;
    private final String key;
    private final RawJson declared;
    private final RawJson info;
    private final Inbox inbox;
    private final Mono<SseSession> opened;
    private final Map<Long, SseCall> calls = new ConcurrentHashMap<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean open;
    private volatile boolean retired;
    private volatile long lastUsed = System.nanoTime();
    private volatile @Nullable SseStream stream;
    private volatile @Nullable String endpoint;
    private volatile @Nullable Handshake handshake;

    SseSession(SseBack back, String key, RawJson declared, RawJson info) {
        this(back, key, declared, info, new Inbox(back.client.meters));
    }

    private SseSession(SseBack back, String key, RawJson declared, RawJson info, Inbox inbox) {
        this.back = back;
        this.meters = back.client.meters;
        this.key = key;
        this.declared = declared;
        this.info = info;
        this.inbox = inbox;
        this.opened = Mono.defer(this::open)
                .onErrorMap(EraProbe::unsent)
                .doOnError(failed -> over(Fault.SSE_NO_RESPONSE))
                .cache();
    }

    /** The session that takes this one's place, for the same client and whoever listens for it. */
    SseSession successor() {
        return new SseSession(back, key, declared, info, inbox);
    }

    String key() {
        return key;
    }

    boolean isOpen() {
        return open;
    }

    /** This session, open; all who wait for it wait for one stream and one {@code initialize}. */
    Mono<SseSession> opened() {
        return opened;
    }

    Handshake handshake() {
        Handshake known = handshake;
        if (known == null) {
            throw new IllegalStateException("the session is not open");
        }
        return known;
    }

    @Nullable
    String version() {
        Handshake known = handshake;
        return known == null ? null : known.version();
    }

    Inbox inbox() {
        return inbox;
    }

    boolean isIdle(long now, long limit) {
        return calls.isEmpty() && now - lastUsed > limit && !inbox.isHeard();
    }

    Flux<JsonRpc> call(Exchange exchange) {
        Flux<JsonRpc> call = SseCall.of(this, back.client, exchange);
        return open ? call : opened.thenMany(call);
    }

    /** Adds a call that waits for messages; false if there will be none. */
    boolean join(long id, SseCall call) {
        lastUsed = System.nanoTime();
        calls.put(id, call);
        if (ended.get()) {
            calls.remove(id);
            return false;
        }
        return true;
    }

    void leave(long id) {
        calls.remove(id);
        lastUsed = System.nanoTime();
        if (retired && calls.isEmpty()) {
            over(Fault.SSE_NO_RESPONSE);
        }
    }

    /** Adds where and as what this session is posted to. */
    OutgoingRequest address(OutgoingRequest request) {
        Handshake known = handshake;
        // Later revisions are spoken over this transport, too, and want to be named.
        if (known != null && !known.version().equals(ProtocolVersions.V2024_11_05)) {
            request.with("mcp-protocol-version", known.version());
        }
        String path = endpoint;
        return path == null ? request : request.to(path);
    }

    /** Posts something that has no answer. */
    Mono<Integer> post(OutgoingRequest request) {
        return ShortTrip.status(back.client, address(request));
    }

    /** Posts, and leaves it at that. */
    void tell(OutgoingRequest request) {
        post(request).subscribe(new Unheeded());
    }

    /** The server may speak another transport now. */
    void doubt(Fault fault) {
        if (fault == Fault.CLIENT_ERROR || fault == Fault.CONTENT_TYPE) {
            back.doubt();
        }
    }

    /** The server does not know where to post any more: what is on its way may still end, new calls begin elsewhere. */
    void retire() {
        meters.count(Fault.SESSION_LOST);
        retired = true;
        back.replace(this);
        if (calls.isEmpty()) {
            over(Fault.SSE_NO_RESPONSE);
        }
    }

    /** The stream has ended, and with it all hope for answers. */
    void lost(Fault fault) {
        meters.count(Fault.SESSION_LOST);
        // An event that is too large is one call's fault; whose, is unknown.
        over(fault == Fault.SSE_LINE && calls.size() > 1 ? Fault.SSE_TRUNCATED : fault);
    }

    /** Ends the session here, which is all that ends it at the server. */
    void end() {
        back.remove(this);
        over(Fault.SSE_NO_RESPONSE);
    }

    private void over(Fault fault) {
        // First, so that whoever learns of the end and calls again finds the next session.
        back.replace(this);
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        boolean wasOpen = open;
        open = false;
        if (wasOpen) {
            meters.sessions.decrementAndGet();
        }
        SseStream current = stream;
        if (current != null) {
            current.stop();
        }
        calls.values().forEach(call -> call.lose(fault));
        if (wasOpen && key.equals(SseBack.OWN)) {
            back.comeBack();
        }
    }

    private Mono<SseSession> open() {
        SseStream standing = new SseStream(back.client, this);
        stream = standing;
        if (ended.get()) {
            return Mono.error(meters.refuse(Fault.SESSION_GONE, null));
        }
        standing.run();
        Exchange initialize = GatewayExchange.of(
                back.config.name(),
                Methods.INITIALIZE,
                Handshake.params(declared, info).toString());
        return standing.endpoint()
                .timeout(
                        back.config.limits().connectTimeout(), Mono.error(() -> meters.refuse(Fault.NO_ENDPOINT, null)))
                .doOnNext(path -> endpoint = path)
                .thenMany(SseCall.of(this, back.client, initialize))
                .last()
                .flatMap(this::initialized);
    }

    private Mono<SseSession> initialized(JsonRpc response) {
        handshake = Handshake.read(response, meters);
        return post(RequestWriter.notification(Methods.INITIALIZED, null)).flatMap(status -> {
            meters.sessions.incrementAndGet();
            open = true;
            if (ended.get()) {
                // Its client went away meanwhile, or its stream.
                open = false;
                meters.sessions.decrementAndGet();
                return Mono.error(meters.refuse(Fault.SESSION_GONE, null));
            }
            return Mono.just(this);
        });
    }

    /** Takes an event. */
    void receive(byte[] data, int length) {
        Envelope message;
        try {
            message = Envelope.read(data, 0, length, JsonLimits.UPSTREAM);
        } catch (BadMessage bad) {
            meters.count(Fault.BAD_EVENT);
            return;
        }
        switch (message.kind()) {
            case RESPONSE -> response(message, length);
            case NOTIFICATION -> notification(message, length);
            case REQUEST -> request(message, length);
        }
    }

    private void response(Envelope message, int length) {
        RawJson id = message.get(Member.ID);
        SseCall call = id == null ? null : calls.remove(id.longOr(-1));
        if (call == null) {
            meters.count(Fault.UNKNOWN_RESPONSE);
        } else {
            call.respond(message, length);
        }
    }

    private void notification(Envelope message, int length) {
        String method = message.method();
        if (method.equals(Methods.PROGRESS)) {
            RawJson token = message.get(Member.PROGRESS_TOKEN);
            SseCall call = token == null ? null : calls.get(token.longOr(-1));
            if (call == null || !call.progress(message, length)) {
                meters.count(Fault.FOREIGN_PROGRESS);
            }
            return;
        }
        if (method.equals(Methods.CANCELLED)) {
            // It names a question by the server's id, which no client knows.
            meters.count(Fault.UNRELATED);
            return;
        }
        boolean isChange = LegacySession.isChange(method);
        SseCall only = isChange || method.equals(Methods.RESOURCE_UPDATED) ? null : only();
        if (isChange) {
            back.changed(method);
        }
        if (only != null) {
            only.say(new JsonRpc.Notification(method, message.params()), length);
        } else if (!key.equals(SseBack.OWN)) {
            inbox.deliver(new JsonRpc.Notification(method, message.params()));
        }
    }

    private void request(Envelope message, int length) {
        SseCall only = only();
        JsonRpc.Question question = question(message, only == null ? () -> {} : only::answered);
        if (question == null) {
            return;
        }
        if (only == null) {
            inbox.deliver(question);
        } else {
            only.ask(question, length);
        }
    }

    /** The call that a message without a name must belong to, or null. */
    private @Nullable SseCall only() {
        // Callers that share a session must not see what was meant for another one.
        if (!open || key.equals(SseBack.SHARED)) {
            return null;
        }
        Iterator<SseCall> all = calls.values().iterator();
        SseCall first = all.hasNext() ? all.next() : null;
        return all.hasNext() ? null : first;
    }

    /** A request of the server as a message of the core, or null if it was answered here. */
    private JsonRpc.@Nullable Question question(Envelope message, Runnable whenAnswered) {
        RawJson upstreamId = message.get(Member.ID);
        if (upstreamId == null) {
            return null;
        }
        RawJson echoed = RawJson.of(upstreamId.toByteArray());
        if (message.method().equals(Methods.PING)) {
            answer(echoed, JsonRpc.Success.of(NOTHING_TO_SAY));
            return null;
        }
        if (!key.startsWith(SseBack.OF_CLIENT)) {
            answer(echoed, Inbox.NOBODY);
            return null;
        }
        AtomicBoolean answered = new AtomicBoolean();
        Consumer<JsonRpc.Response> once = response -> {
            if (answered.compareAndSet(false, true)) {
                answer(echoed, response);
                whenAnswered.run();
            }
        };
        return new JsonRpc.Question(message.method(), message.params(), once);
    }

    private void answer(RawJson upstreamId, JsonRpc.Response response) {
        tell(new OutgoingRequest(Method.POST, Answers.response(upstreamId, response)));
    }
}
