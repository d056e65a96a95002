package io.headgate.gateway.upstream.legacy;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.memory.Held;
import io.headgate.gateway.memory.Hold;
import io.headgate.gateway.upstream.ListChanges;
import io.headgate.gateway.upstream.Unheeded;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.UpstreamMeters;
import io.headgate.gateway.upstream.UpstreamMeters.Renewed;
import io.headgate.gateway.upstream.call.Backlog;
import io.headgate.gateway.upstream.net.ShortTrip;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.headgate.gateway.upstream.wire.RequestWriter;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One session at an upstream: opened once, by whoever comes first, and ended once. How that is done, and how calls are
 * made in it, is its transport's.
 */
abstract class UpstreamSession {
    /** About what a session takes beside what both sides said of themselves. */
    private static final int OWN_BYTES = 2048;

    private static final RawJson NOTHING_TO_SAY = RawJson.of("{}");
    private static final JsonRpc.Success NO_ROOTS = JsonRpc.Success.of("{\"roots\":[]}");
    private static final Duration RESTORE_WITHIN = Duration.ofSeconds(5);

    private enum State {
        NEW,
        OPEN,
        ENDED
    }

    final LegacyBack back;
    final UpstreamMeters meters;
    private final SessionKey key;
    private final RawJson declared;
    private final RawJson info;
    private final Inbox inbox;
    private final SessionSettings settings;
    /** True if the client, or those who listen, had another session before, which the server lost. */
    private final boolean isSuccessor;

    private final Mono<UpstreamSession> opened;
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
    private final AtomicInteger calls = new AtomicInteger();
    private volatile boolean wasOpen;
    private volatile long lastUsed = System.nanoTime();
    private volatile Handshake handshake;
    private volatile @Nullable UpstreamStream stream;
    private volatile @Nullable Hold hold;

    /** A new session for whoever the key names, or one in the place of a former one. */
    UpstreamSession(LegacyBack back, SessionKey key, RawJson declared, RawJson info, @Nullable UpstreamSession former) {
        this.back = back;
        this.meters = back.client.meters();
        this.key = key;
        this.declared = declared;
        this.info = info;
        this.inbox = former == null ? new Inbox(meters) : former.inbox;
        this.settings = former == null ? new SessionSettings() : former.settings;
        this.isSuccessor = former != null && (former.isSuccessor || former.wasOpen);
        this.handshake = Handshake.none(back.assumedVersion());
        this.opened = Mono.defer(() -> initialize(Handshake.params(declared, info)))
                .flatMap(this::agreed)
                .onErrorMap(UpstreamSession::unsent)
                .doOnError(failed -> {
                    close(UpstreamFault.SESSION_GONE);
                    back.refused(failed);
                })
                .cache();
    }

    /** The failure of something before a call, in words for the call: nothing of it was sent. */
    static Throwable unsent(Throwable failed) {
        if (!(failed instanceof Refusal refusal)) {
            return failed;
        }
        return switch (refusal.reason()) {
            case UPSTREAM_AMBIGUOUS, UPSTREAM_TIMEOUT ->
                new Refusal(Refusal.Reason.UPSTREAM_UNAVAILABLE, refusal.text(), refusal.retryAfter()).unsent();
            default -> refusal.unsent();
        };
    }

    /** Opens what the transport needs, and gives the server's answer to {@code initialize}. */
    abstract Mono<JsonRpc> initialize(RawJson params);

    /** The session is open; ends when calls can be made in it. */
    abstract Mono<Void> begin();

    /** Says at the server that the session is over, where there is a way to say it. */
    abstract Mono<Void> leave();

    /** A call in this session, which is open: in it alone if the session is lent to it. */
    abstract Flux<JsonRpc> call(Exchange exchange, SessionPool.@Nullable Loan loan);

    /** Adds where this session is posted to, and the fields that name it. */
    abstract OutgoingRequest address(OutgoingRequest request);

    /** Takes a message from the session's stream; true if a call waits for it. */
    abstract boolean take(Envelope message, int length);

    /** True if a message of the session's stream that names no call belongs to the only one that is on its way. */
    abstract boolean meansItsOnlyCall();

    /** True if all that the server may say of a call, or ask its client, is heard. */
    boolean hears(Exchange exchange) {
        return true;
    }

    /** Hears what the server says beside the answers of calls, as far as it has a stream for that. */
    Mono<Void> hear() {
        return Mono.empty();
    }

    /** The session that takes this one's place, for the same client and whoever listens for it. */
    final UpstreamSession successor() {
        return back.sessions.session(key, declared, info, this);
    }

    final SessionKey key() {
        return key;
    }

    /** What the server was told that the client can do. */
    final RawJson declared() {
        return declared;
    }

    final boolean isOpen() {
        return state.get() == State.OPEN;
    }

    final boolean isOver() {
        return state.get() == State.ENDED;
    }

    /** This session, open; all who wait for it wait for one {@code initialize}. */
    final Mono<UpstreamSession> opened() {
        return opened;
    }

    /** What was agreed on; before that, the revision that the transport is of. */
    final Handshake handshake() {
        return handshake;
    }

    final Inbox inbox() {
        return inbox;
    }

    final SessionSettings settings() {
        return settings;
    }

    /** True if the server said that it has no stream for this session. */
    final boolean hasNoStream() {
        UpstreamStream current = stream;
        return current != null && current.isRefused();
    }

    /** Opens the stream of this session, unless the session is over. */
    final void run(UpstreamStream standing) {
        stream = standing;
        if (isOver()) {
            standing.stop();
        } else {
            standing.run();
        }
    }

    final void callBegins() {
        calls.incrementAndGet();
        used();
    }

    final void callEnds() {
        calls.decrementAndGet();
        used();
    }

    final void used() {
        lastUsed = System.nanoTime();
    }

    final boolean isIdle(long now, long limit) {
        return calls.get() == 0 && now - lastUsed > limit && !inbox.isHeard() && !settings.isSubscribed();
    }

    /** True if what the server says in this session is waited for, and not only the answers of calls. */
    final boolean isAwaited() {
        return servesMany() || (hasOwner() && (inbox.isHeard() || settings.isSubscribed()));
    }

    /** True if it takes the place of one that the server lost, and nothing was said in it yet. */
    final boolean isLost() {
        return isSuccessor && state.get() == State.NEW;
    }

    /** True if it is the gateway's own. */
    final boolean servesMany() {
        return key.is(SessionKey.Kind.OWN);
    }

    /** True if the server need not be told what log messages a call wants. */
    final boolean hasLevel(@Nullable String wanted) {
        return wanted == null || wanted.equals(settings.level()) || (isOpen() && !offersLogging());
    }

    final boolean offersLogging() {
        return capability("logging") != null;
    }

    /** True if the server tells of a resource's updates whoever has subscribed to it. */
    final boolean offersSubscriptions() {
        RawJson resources = capability("resources");
        RawJson subscribe = resources == null ? null : resources.get("subscribe");
        return subscribe != null && subscribe.isTrue();
    }

    private @Nullable RawJson capability(String name) {
        return handshake.capabilities().get(name);
    }

    /** True if whoever made a call can be asked in the middle of it. */
    static boolean canAsk(Exchange exchange, SessionPool.@Nullable Loan loan) {
        return exchange.session() != null
                || (loan != null && exchange.client().isModern() && Methods.mayAskForInput(exchange.method()));
    }

    /** A client without a session asks for log messages with each request; the others with a request of its own. */
    static boolean wantsLogs(Exchange exchange) {
        return exchange.session() != null || exchange.client().logLevel() != null;
    }

    /** Tells the server that nobody waits for a request any more; the end of a session that was lent for it. */
    final void cancelled(long id, SessionPool.@Nullable Loan loan) {
        RawJson params = RawJson.of("{\"requestId\":" + id + ",\"reason\":\"the client has stopped waiting\"}");
        OutgoingRequest cancelled = RequestWriter.notification(Methods.CANCELLED, params);
        if (loan == null) {
            tell(cancelled);
        } else {
            loan.drop(this, cancelled);
        }
    }

    /** Posts something that has no answer. */
    final Mono<Integer> post(OutgoingRequest request) {
        return ShortTrip.status(back.client, address(request));
    }

    /** Posts, and leaves it at that. */
    final void tell(OutgoingRequest request) {
        post(request).subscribe(new Unheeded());
    }

    /** The server may speak another era or transport now. */
    final void doubt(UpstreamFault fault) {
        if (fault == UpstreamFault.CLIENT_ERROR || fault == UpstreamFault.CONTENT_TYPE) {
            back.doubt();
        }
    }

    /** A request of the server as a message of the core, or null if it was answered here. */
    final JsonRpc.@Nullable Question question(Envelope message, boolean canAsk, Runnable whenAnswered) {
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
            // Servers ask for roots as soon as they may; those of the gateway's own session have their answer.
            boolean asksOwn = servesMany() && message.method().equals(Methods.ROOTS_LIST);
            answer(echoed, asksOwn ? NO_ROOTS : Backlog.CANNOT_ANSWER);
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
        tell(RequestWriter.answer(upstreamId, response));
    }

    /** Takes what came outside of any call. */
    final void deliver(Envelope message) {
        if (message.kind() == Envelope.Kind.REQUEST) {
            JsonRpc.Question question = question(message, hasOwner(), () -> {});
            if (question != null) {
                inbox.deliver(question);
            }
        } else if (message.kind() == Envelope.Kind.NOTIFICATION) {
            used();
            String method = message.method();
            // Where the lists are read anew each time, a server that greets each session with changes would have no end
            // of it.
            if (ListChanges.isOne(method) && !key.is(SessionKey.Kind.BRIEF)) {
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
        return key.is(SessionKey.Kind.CLIENT);
    }

    /** Messages were missed, nobody knows which. */
    final void gap() {
        if (servesMany()) {
            // The other sessions' clients hear of lists by this one.
            ListChanges.missed(handshake.capabilities()).forEach(back::changed);
            back.subscriptions.gap();
        } else if (hasOwner()) {
            inbox.updated(settings.subscriptions());
        }
    }

    /** Sets up what the server forgot with the former session; calls need not wait for the subscriptions. */
    private Mono<Void> restore() {
        if (!isSuccessor) {
            return Mono.empty();
        }
        meters.renewed(Renewed.SESSION);
        if (servesMany()) {
            back.client.returns().works();
            ListChanges.missed(handshake.capabilities()).forEach(back::changed);
            back.subscriptions.startAgain();
            return Mono.empty();
        }
        String level = settings.level();
        Mono<Void> told = level == null || !offersLogging() ? Mono.empty() : restore(back.setLevel(level));
        return told.doOnTerminate(this::subscribeAgain);
    }

    private void subscribeAgain() {
        Flux.fromIterable(settings.subscriptions())
                .concatMap(uri -> restore(back.subscribe(uri)).doOnTerminate(() -> {
                    meters.renewed(Renewed.SUBSCRIPTION);
                    // Told afterwards, so that no update falls between.
                    inbox.updated(List.of(uri));
                }))
                .subscribe(new Unheeded());
    }

    /** Makes a request of the gateway's own in this session, whatever comes of it. */
    private Mono<Void> restore(Exchange exchange) {
        return call(exchange, null).timeout(RESTORE_WITHIN).onErrorComplete().then();
    }

    private Mono<UpstreamSession> agreed(JsonRpc response) {
        Handshake agreed = Handshake.read(response, () -> meters.refuse(UpstreamFault.VERSION, null));
        // What a server says of itself is wanted once.
        handshake = servesMany() ? agreed : agreed.brief();
        return post(RequestWriter.notification(Methods.INITIALIZED, null)).flatMap(status -> {
            meters.sessionBegins();
            if (state.compareAndSet(State.NEW, State.OPEN)) {
                wasOpen = true;
                Hold counted = meters.hold(Held.SESSION, null, null);
                counted.set(OWN_BYTES + handshake.length() + declared.length() + info.length());
                hold = counted;
                if (isOver()) {
                    counted.close();
                }
                return begin().then(Mono.defer(this::restore)).thenReturn(this);
            }
            // Its client went away meanwhile, or its stream.
            meters.sessionEnds();
            return leave().then(Mono.error(() -> meters.refuse(UpstreamFault.SESSION_GONE, null)));
        });
    }

    /** Ends the session here and at the server. */
    final Mono<Void> end() {
        return Mono.defer(() -> {
            back.sessions.remove(this);
            inbox.discard();
            return close(UpstreamFault.SSE_NO_RESPONSE) ? leave() : Mono.empty();
        });
    }

    /** Ends the session here, so that the next call is made in another one; true if it was open. */
    boolean close(UpstreamFault why) {
        // First, so that whoever learns of the end and calls again finds the next session.
        back.sessions.replace(this);
        boolean wasOpen = state.getAndSet(State.ENDED) == State.OPEN;
        if (wasOpen) {
            meters.sessionEnds();
        }
        Hold counted = hold;
        if (counted != null) {
            counted.close();
        }
        UpstreamStream current = stream;
        if (current != null) {
            current.stop();
        }
        return wasOpen;
    }
}
