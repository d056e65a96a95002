package io.headgate.gateway.dialect;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Handler;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.Resolved;
import io.headgate.gateway.route.catalog.Resolver;
import io.headgate.gateway.session.Session;
import io.headgate.gateway.session.SessionStream;
import io.headgate.gateway.session.Sessions;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.LogLevels;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.headgate.mcp.RpcCodes;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** What the messages of a session mean, whatever transport carries them. */
final class LegacyCalls {
    private static final Logger LOG = LoggerFactory.getLogger(LegacyCalls.class);

    private static final Set<String> REQUESTS = Set.of(
            Methods.TOOLS_LIST,
            Methods.TOOLS_CALL,
            Methods.PROMPTS_LIST,
            Methods.PROMPTS_GET,
            Methods.RESOURCES_LIST,
            Methods.RESOURCE_TEMPLATES_LIST,
            Methods.RESOURCES_READ,
            Methods.RESOURCES_SUBSCRIBE,
            Methods.RESOURCES_UNSUBSCRIBE,
            Methods.COMPLETE,
            Methods.SET_LEVEL);

    private static final Envelope LISTEN = Envelope.ofRequest(
            Methods.LISTEN,
            RawJson.of("{\"notifications\":{\"toolsListChanged\":true,\"promptsListChanged\":true,"
                    + "\"resourcesListChanged\":true}}"));

    private static final Envelope NOTHING = Envelope.ofRequest(Sessions.CHECK, RawJson.EMPTY_OBJECT);

    private final Handler chain;
    private final Resolver resolver;
    private final Sessions sessions;
    private final DialectMeters meters;

    LegacyCalls(Handler chain, Resolver resolver, Sessions sessions, DialectMeters meters) {
        this.chain = chain;
        this.resolver = resolver;
        this.sessions = sessions;
        this.meters = meters;
    }

    Handler chain() {
        return chain;
    }

    DialectMeters meters() {
        return meters;
    }

    /** Runs an action if the chain lets this caller use the session; otherwise gives the refusal. */
    void check(HttpCall call, Session session, Runnable allowed, Consumer<Refusal> refused) {
        Exchange exchange =
                exchange(call, session, new JsonRpc.ClientNotification(Sessions.CHECK, NOTHING), noTarget(session));
        Disposable unused = chain.handle(exchange)
                .subscribe(
                        ignored -> {},
                        error -> call.execute(() -> refused.accept(asRefusal(error))),
                        () -> call.execute(allowed));
    }

    /** Takes a request; its answer goes on the shared stream if there is one. */
    void request(
            HttpCall call,
            Session session,
            Envelope envelope,
            RequestId id,
            @Nullable SessionStream shared,
            Runnable whenEnded) {
        String method = envelope.method();
        LegacyReply reply = new LegacyReply(call, session, id, method, meters, shared, whenEnded);
        Shortcut shortcut = new Shortcut(reply);
        if (method.equals(Methods.PING)) {
            check(call, session, () -> shortcut.with(JsonRpc.Success.of(RawJson.EMPTY_OBJECT)), shortcut::with);
            return;
        }
        if (!REQUESTS.contains(method)) {
            meters.jsonRpcRejected("unknown_method");
            JsonRpc.Failure unknown = new JsonRpc.Failure(RpcCodes.METHOD_NOT_FOUND, "Method not found", null);
            check(call, session, () -> shortcut.with(unknown), shortcut::with);
            return;
        }
        Targets targets = Targets.of(session.server(), method, envelope);
        MetaCheck.Fault fault = MetaCheck.faultOf(envelope);
        if (targets.missing() != null || fault != null) {
            String text = fault != null ? fault.message() : "params." + targets.missing() + " must be a string";
            if (fault != null) {
                meters.mcpRejected(fault.reason());
            }
            JsonRpc.Failure wrong = new JsonRpc.Failure(RpcCodes.INVALID_PARAMS, text, null);
            check(call, session, () -> shortcut.with(wrong), shortcut::with);
            return;
        }
        if (method.equals(Methods.SET_LEVEL)) {
            // Before its owner is known a session must not change.
            check(
                    call,
                    session,
                    () -> {
                        if (setLevel(session, envelope)) {
                            send(call, session, envelope, id, targets.target(), reply);
                        } else {
                            shortcut.with(
                                    new JsonRpc.Failure(RpcCodes.INVALID_PARAMS, "params.level is no log level", null));
                        }
                    },
                    shortcut::with);
            return;
        }
        send(call, session, envelope, id, targets.target(), reply);
    }

    private void send(
            HttpCall call, Session session, Envelope envelope, RequestId id, Target target, LegacyReply reply) {
        String method = envelope.method();
        Resolved route = resolver.resolve(target, /* hasSession= */ true);
        RequestHeaders headers = method.equals(Methods.TOOLS_CALL)
                ? new MirroredArguments(call.headers(), route.headerParams(), envelope)
                : call.headers();
        chain.handle(new Exchange(
                        new JsonRpc.Request(id, method, envelope),
                        target,
                        route,
                        Caller.ANONYMOUS,
                        session.client(),
                        session,
                        headers))
                .subscribe(reply);
    }

    /** Takes a notification of the client. */
    void notification(HttpCall call, Session session, Envelope envelope) {
        String method = envelope.method();
        switch (method) {
            case Methods.INITIALIZED -> {}
            case Methods.CANCELLED -> {
                RawJson requestId = envelope.get(Member.REQUEST_ID);
                if (requestId == null || !session.cancel(requestId.toString())) {
                    meters.mcpRejected("cancel_unknown");
                }
            }
            default -> {
                Exchange exchange =
                        exchange(call, session, new JsonRpc.ClientNotification(method, envelope), noTarget(session));
                Disposable unused = chain.handle(exchange)
                        .subscribe(ignored -> {}, error -> LOG.debug("A client notification went nowhere", error));
            }
        }
    }

    /** Takes the client's response to a question; false if nothing like it was asked. */
    boolean answer(Session session, Envelope envelope) {
        RawJson id = envelope.get(Member.ID);
        long number = id == null ? -1 : id.longOr(-1);
        boolean known = number >= 0 && session.answer(number, response(envelope));
        if (!known) {
            meters.mcpRejected("response_unknown");
        }
        return known;
    }

    private static JsonRpc.Response response(Envelope envelope) {
        if (envelope.has(Member.RESULT)) {
            return new JsonRpc.Success(envelope);
        }
        RawJson code = envelope.get(Member.CODE);
        String message = envelope.string(Member.MESSAGE);
        return new JsonRpc.Failure(
                code == null ? RpcCodes.INTERNAL_ERROR : (int) code.longOr(RpcCodes.INTERNAL_ERROR),
                message == null ? "" : message,
                envelope.get(Member.DATA));
    }

    /** Begins to bring what belongs to no call, once, until nobody fetches it any more. */
    void listen(HttpCall call, Session session) {
        session.listenOnce(() -> {
            StandingStream standing = new StandingStream(session);
            chain.handle(exchange(
                            call,
                            session,
                            new JsonRpc.Request(RequestId.of(0), Methods.LISTEN, LISTEN),
                            noTarget(session)))
                    .subscribe(standing);
            return standing::cancel;
        });
    }

    private static boolean setLevel(Session session, Envelope envelope) {
        String level = envelope.string(Member.LEVEL);
        if (level == null || !LogLevels.contains(level)) {
            return false;
        }
        session.client(session.client().withLogLevel(level));
        return true;
    }

    Exchange exchange(HttpCall call, Session session, JsonRpc.FromClient message, Target target) {
        return new Exchange(
                message,
                target,
                resolver.resolve(target, /* hasSession= */ true),
                Caller.ANONYMOUS,
                session.client(),
                session,
                call.headers());
    }

    static Target noTarget(Session session) {
        return new Target(session.server());
    }

    static Refusal asRefusal(Throwable error) {
        if (error instanceof Refusal refusal) {
            return refusal;
        }
        LOG.warn("A session's request failed by a defect", error);
        return new Refusal(Refusal.Reason.INTERNAL, "internal error");
    }

    Sessions sessions() {
        return sessions;
    }

    /** Answers a request that never reaches the chain as if it had come back from there. */
    private record Shortcut(LegacyReply reply) {
        void with(JsonRpc.Response response) {
            Flux.<JsonRpc>just(response).subscribe(reply);
        }

        void with(Refusal refusal) {
            Flux.<JsonRpc>error(refusal).subscribe(reply);
        }
    }
}
