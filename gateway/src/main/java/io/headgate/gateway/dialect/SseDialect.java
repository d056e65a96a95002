package io.headgate.gateway.dialect;

import io.headgate.filter.Client;
import io.headgate.filter.Refusal;
import io.headgate.gateway.session.EventStream;
import io.headgate.gateway.session.Session;
import io.headgate.gateway.session.Sessions;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.headgate.mcp.RpcCodes;

/** HTTP+SSE of 2024-11-05: one stream that carries everything back, and an endpoint to post to. */
final class SseDialect {
    private static final String QUERY = "sessionId=";

    /** A client that has not said yet what it is. */
    private static final Client UNDECLARED = new Client(ProtocolVersions.V2024_11_05, RawJson.EMPTY_OBJECT, null, null);

    /**
     * Where to post, seen from where the stream was opened: a proxy may have taken a part of the path away, of which only the
     * client knows. SDKs resolve it as a browser would; those that resolve it against the host alone come to the same place
     * where nothing was taken away.
     */
    private static final String ENDPOINT = "messages?" + QUERY;

    /** Holds a body between the answer to its post and the reply that takes it. */
    private static final HttpCall.BodyHolder MEANWHILE = () -> {};

    private final LegacyCalls calls;
    private final Sessions sessions;
    private final DialectMeters meters;

    SseDialect(LegacyCalls calls, Sessions sessions, DialectMeters meters) {
        this.calls = calls;
        this.sessions = sessions;
        this.meters = meters;
    }

    /** Opens the stream, which is the session. */
    void open(HttpCall call) {
        if (!call.method().equals("GET")) {
            call.answer(405, Dialects.NOTHING, "Allow", "GET");
            return;
        }
        Session session = sessions.draft(call.server(), UNDECLARED, /* resumable= */ false);
        calls.check(
                call,
                session,
                () -> {
                    if (!sessions.open(session)) {
                        sessions.end(session);
                        call.answer(503, Dialects.NOTHING, "Retry-After", "5");
                        return;
                    }
                    EventStream stream = call.stream();
                    call.onDisconnect(() -> sessions.end(session));
                    // Attached first: a client posts as soon as it knows where, and on whichever event loop.
                    session.standing().attach(stream, /* prime= */ false, LegacyDialect.RETRY_MILLIS);
                    stream.event("endpoint", Pieces.of(ENDPOINT + session.id()));
                },
                refusal -> {
                    sessions.end(session);
                    call.answer(
                            Wording.Answer.of(refusal.reason()).status(),
                            Wording.failure(null, refusal),
                            Wording.fields(refusal));
                });
    }

    /** Takes a message; its answer goes on the stream. */
    void post(HttpCall call) {
        if (!call.method().equals("POST")) {
            call.answer(405, Dialects.NOTHING, "Allow", "POST");
            return;
        }
        Session session =
                call.query().startsWith(QUERY) ? sessions.find(call.query().substring(QUERY.length())) : null;
        if (session == null || session.isResumable()) {
            meters.mcpRejected("session_unknown");
            call.answer(404, Wording.failure(null, new Refusal(Refusal.Reason.SESSION_NOT_FOUND, "Session not found")));
            return;
        }
        Envelope envelope;
        try {
            envelope = Envelope.read(call.body(), JsonLimits.CLIENT);
        } catch (BadMessage bad) {
            meters.badMessage(bad.reason());
            call.answer(400, Wording.failure(bad.id(), bad.reason().code(), Dialects.text(bad), null));
            return;
        }
        calls.check(
                call,
                session,
                () -> accept(call, session, envelope),
                refusal -> call.answer(
                        Wording.Answer.of(refusal.reason()).status(),
                        Wording.failure(envelope.id(), refusal),
                        Wording.fields(refusal)));
    }

    private void accept(HttpCall call, Session session, Envelope envelope) {
        call.holdBody(MEANWHILE);
        call.answer(202, Dialects.NOTHING);
        take(call, session, envelope);
        call.releaseBody(MEANWHILE);
    }

    private void take(HttpCall call, Session session, Envelope envelope) {
        RequestId id = envelope.id();
        switch (envelope.kind()) {
            case REQUEST -> {
                if (id != null && envelope.method().equals(Methods.INITIALIZE)) {
                    initialize(call, session, envelope, id);
                } else if (id != null) {
                    calls.request(call, session, envelope, id, session.standing(), () -> {});
                }
            }
            case NOTIFICATION -> {
                calls.notification(call, session, envelope);
                if (envelope.method().equals(Methods.INITIALIZED)) {
                    calls.listen(call, session);
                }
            }
            case RESPONSE -> {
                boolean unused = calls.answer(session, envelope);
            }
        }
    }

    // A client that declares nothing equals one that has not said anything yet, and is another one.
    @SuppressWarnings("ReferenceEquality")
    private void initialize(HttpCall call, Session session, Envelope envelope, RequestId id) {
        if (session.client() != UNDECLARED) {
            meters.mcpRejected("initialized_already");
            session.standing()
                    .send(Wording.failure(id, RpcCodes.INVALID_REQUEST, "the session is initialized already", null));
            return;
        }
        String wrong = LegacyDialect.wrongClaim(envelope);
        Client client = LegacyDialect.client(envelope);
        if (wrong != null || client == null) {
            session.standing().send(Wording.failure(id, RpcCodes.INVALID_PARAMS, String.valueOf(wrong), null));
            return;
        }
        session.client(client);
        InitializeReply reply = new InitializeReply(call, id, session, meters, new InitializeReply.Outcome() {
            @Override
            public void succeeded(Pieces response) {
                session.standing().send(response);
            }

            @Override
            public void failed(int status, Pieces response, String... fields) {
                session.standing().send(response);
            }
        });
        calls.chain()
                .handle(calls.exchange(
                        call,
                        session,
                        new JsonRpc.Request(id, Methods.DISCOVER, LegacyDialect.DISCOVER),
                        LegacyCalls.noTarget(session)))
                .subscribe(reply);
    }
}
