package io.headgate.gateway.upstream;

import io.headgate.gateway.upstream.OutgoingRequest.Method;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** One session at an upstream: opened once, by whoever comes first, and ended once. */
final class LegacySession {
    private static final RawJson NOTHING_TO_SAY = RawJson.of("{}");
    private static final Duration STREAM_WITHIN = Duration.ofMillis(500);
    private static final Duration END_WITHIN = Duration.ofSeconds(5);

    private final LegacyBack back;
    private final String key;
    private final RawJson declared;
    private final RawJson info;
    private final boolean isStanding;
    private final Inbox inbox;
    private final Mono<LegacySession> opened;
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean open;
    private volatile long lastUsed = System.nanoTime();
    private volatile @Nullable String id;
    private volatile String version = ProtocolVersions.V2025_11_25;
    private volatile RawJson capabilities = RawJson.EMPTY_OBJECT;
    private volatile @Nullable RawJson serverInfo;
    private volatile @Nullable String instructions;
    private volatile @Nullable LegacyStream stream;
    private volatile @Nullable String level;

    /** A standing session has a stream of its own for what the server sends outside of calls. */
    LegacySession(LegacyBack back, String key, RawJson declared, RawJson info, boolean isStanding) {
        this(back, key, declared, info, isStanding, new Inbox(back.client.meters));
    }

    private LegacySession(
            LegacyBack back, String key, RawJson declared, RawJson info, boolean isStanding, Inbox inbox) {
        this.back = back;
        this.key = key;
        this.declared = declared;
        this.info = info;
        this.isStanding = isStanding;
        this.inbox = inbox;
        this.opened = Mono.defer(this::initialize)
                .doOnError(failed -> back.remove(this))
                .cache();
    }

    /** The session that takes this one's place, for the same client and whoever listens for it. */
    LegacySession successor() {
        return new LegacySession(back, key, declared, info, isStanding, inbox);
    }

    String key() {
        return key;
    }

    boolean isOpen() {
        return open;
    }

    /** This session, open; all who wait for it wait for one {@code initialize}. */
    Mono<LegacySession> opened() {
        return opened;
    }

    @Nullable
    String id() {
        return id;
    }

    String version() {
        return version;
    }

    RawJson capabilities() {
        return capabilities;
    }

    @Nullable
    RawJson serverInfo() {
        return serverInfo;
    }

    @Nullable
    String instructions() {
        return instructions;
    }

    Inbox inbox() {
        return inbox;
    }

    /** True if the server said that it has no stream for this session. */
    boolean hasNoStream() {
        LegacyStream current = stream;
        return current != null && current.isRefused();
    }

    void callBegins() {
        calls.incrementAndGet();
        lastUsed = System.nanoTime();
    }

    void callEnds() {
        calls.decrementAndGet();
        lastUsed = System.nanoTime();
    }

    void used() {
        lastUsed = System.nanoTime();
    }

    /** True if the server need not be told what log messages a call wants. */
    boolean hasLevel(@Nullable String wanted) {
        return wanted == null || wanted.equals(level) || (open && capabilities.get("logging") == null);
    }

    void level(@Nullable String set) {
        level = set;
    }

    boolean isIdle(long now, long limit) {
        return calls.get() == 0 && now - lastUsed > limit && !inbox.isHeard();
    }

    /** Adds the fields that name this session. */
    OutgoingRequest address(OutgoingRequest request) {
        request.with("mcp-protocol-version", version);
        String own = id;
        if (own != null) {
            request.with("mcp-session-id", own);
        }
        return request;
    }

    /** Posts something that has no answer. */
    Mono<Integer> post(OutgoingRequest request) {
        return ShortTrip.status(back.client, address(request));
    }

    /** Posts, and leaves it at that. */
    void tell(OutgoingRequest request) {
        post(request).subscribe(new Unheeded());
    }

    /** A request of the server as a message of the core, or null if it was answered here. */
    JsonRpc.@Nullable Question question(Envelope message, boolean canAsk, Runnable whenAnswered) {
        RawJson upstreamId = message.get(Member.ID);
        if (upstreamId == null) {
            return null;
        }
        RawJson echoed = RawJson.of(upstreamId.toByteArray());
        if (message.method().equals(Methods.PING)) {
            answer(echoed, JsonRpc.Success.of(NOTHING_TO_SAY));
            return null;
        }
        if (!canAsk) {
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

    /** Takes what came outside of any call. */
    void deliver(Envelope message) {
        if (message.kind() == Envelope.Kind.REQUEST) {
            JsonRpc.Question question = question(message, hasOwner(), () -> {});
            if (question != null) {
                inbox.deliver(question);
            }
        } else if (message.kind() == Envelope.Kind.NOTIFICATION) {
            lastUsed = System.nanoTime();
            String method = message.method();
            if (isChange(method)) {
                back.changed(method);
            }
            if (hasOwner()) {
                inbox.deliver(new JsonRpc.Notification(method, message.params()));
            } else if (method.equals(Methods.RESOURCE_UPDATED)) {
                back.subscriptions.updated(message.params());
            }
        }
    }

    /** True if it stands for one client's session, who hears what the server says outside of calls. */
    private boolean hasOwner() {
        return key.startsWith("s:");
    }

    /** The stream was away and cannot say what was missed. */
    void gap() {
        ModernBack.kinds(capabilities).forEach(back::changed);
        if (key.equals(LegacyBack.OWN)) {
            back.subscriptions.gap();
        }
    }

    /** True if the server tells of a resource's updates whoever has subscribed to it. */
    boolean offersSubscriptions() {
        RawJson resources = capabilities.get("resources");
        RawJson subscribe = resources == null ? null : resources.get("subscribe");
        return subscribe != null && subscribe.isTrue();
    }

    static boolean isChange(String method) {
        return method.equals(Methods.TOOLS_CHANGED)
                || method.equals(Methods.PROMPTS_CHANGED)
                || method.equals(Methods.RESOURCES_CHANGED);
    }

    /** The server has forgotten this session; its stream ends, and there is nothing to delete. */
    void forget() {
        close();
    }

    /** Ends the session here and at the server. */
    Mono<Void> end() {
        return Mono.defer(() -> {
            back.remove(this);
            boolean wasOpen = open;
            if (!close() || !wasOpen || id == null) {
                return Mono.empty();
            }
            return post(new OutgoingRequest(Method.DELETE, null))
                    .timeout(END_WITHIN)
                    .onErrorComplete()
                    .then();
        });
    }

    private boolean close() {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        LegacyStream current = stream;
        if (current != null) {
            current.stop();
        }
        if (open) {
            open = false;
            back.client.meters.sessions.decrementAndGet();
        }
        return true;
    }

    private Mono<LegacySession> initialize() {
        RawJson params = Handshake.params(declared, info);
        return new CallFlux(actual -> new InitializeCall(back.client, params, this::offered, actual))
                .last()
                .flatMap(this::initialized);
    }

    private void offered(@Nullable String sessionId) {
        id = sessionId;
    }

    private Mono<LegacySession> initialized(JsonRpc response) {
        Handshake handshake = Handshake.read(response, back.client.meters);
        version = handshake.version();
        capabilities = handshake.capabilities();
        serverInfo = handshake.serverInfo();
        instructions = handshake.instructions();
        return post(RequestWriter.notification(Methods.INITIALIZED, null))
                .thenReturn(this)
                .doOnNext(opened -> ready())
                .flatMap(LegacySession::withStream);
    }

    /**
     * The session once its stream is there: what the server says in the middle of the first call would be lost without.
     * A server that holds back its answer until it has something to say costs the first call this little wait.
     */
    private Mono<LegacySession> withStream() {
        LegacyStream standing = stream;
        return standing == null
                ? Mono.just(this)
                : standing.settled().timeout(STREAM_WITHIN, Mono.empty()).thenReturn(this);
    }

    private void ready() {
        open = true;
        back.client.meters.sessions.incrementAndGet();
        if (id == null) {
            back.sessionless();
        }
        if (ended.get()) {
            // Its client went away meanwhile.
            open = false;
            back.client.meters.sessions.decrementAndGet();
            if (id != null) {
                tell(new OutgoingRequest(Method.DELETE, null));
            }
        } else if (isStanding) {
            LegacyStream standing = new LegacyStream(back.client, this);
            stream = standing;
            standing.run();
            if (key.equals(LegacyBack.OWN)) {
                back.subscriptions.startAgain();
            }
        }
    }
}
