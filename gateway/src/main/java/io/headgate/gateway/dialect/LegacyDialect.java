package io.headgate.gateway.dialect;

import io.headgate.filter.Client;
import io.headgate.filter.Refusal;
import io.headgate.gateway.session.EventStream;
import io.headgate.gateway.session.Session;
import io.headgate.gateway.session.SessionStream;
import io.headgate.gateway.session.Sessions;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.Extensions;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.headgate.mcp.RpcCodes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Streamable HTTP of 2025-03-26 to 2025-11-25: sessions, GET streams, resumption. */
final class LegacyDialect {
    static final String SESSION = "mcp-session-id";
    static final long RETRY_MILLIS = 1_000;
    private static final String NO_VERSION = "params.protocolVersion must be a string";
    private static final String LAST_EVENT_ID = "last-event-id";
    private static final int MAX_BATCH = 100;
    private static final int MAX_SESSION_ID = 128;

    static final Envelope DISCOVER = Envelope.ofRequest(Methods.DISCOVER, RawJson.EMPTY_OBJECT);

    private final LegacyCalls calls;
    private final Sessions sessions;
    private final DialectMeters meters;

    LegacyDialect(LegacyCalls calls, Sessions sessions, DialectMeters meters) {
        this.calls = calls;
        this.sessions = sessions;
        this.meters = meters;
    }

    /** Only clients of 2025-11-25 expect an event without data (transports, resumability). */
    static boolean primes(Session session) {
        return session.client().protocolVersion().equals(ProtocolVersions.V2025_11_25);
    }

    void post(HttpCall call, Envelope envelope) {
        RequestId id = envelope.id();
        if (envelope.kind() == Envelope.Kind.REQUEST && envelope.method().equals(Methods.INITIALIZE) && id != null) {
            Session opened = opened(call);
            if (opened == null) {
                initialize(call, envelope, id);
            } else {
                checked(call, opened, () -> refuseSecond(call, id));
            }
            return;
        }
        Session session = session(call, id);
        if (session == null) {
            return;
        }
        switch (envelope.kind()) {
            case REQUEST -> {
                if (id != null) {
                    calls.request(call, session, envelope, id, null, () -> {});
                }
            }
            case NOTIFICATION -> {
                if (!envelope.method().startsWith("notifications/")) {
                    meters.jsonRpcRejected("notification_not_allowed");
                    refuse(call, null, 400, RpcCodes.INVALID_REQUEST, "a request must have an id");
                    return;
                }
                checked(call, session, () -> {
                    calls.notification(call, session, envelope);
                    call.answer(202, Dialects.NOTHING);
                });
            }
            case RESPONSE ->
                checked(call, session, () -> {
                    if (calls.answer(session, envelope)) {
                        call.answer(202, Dialects.NOTHING);
                    } else {
                        refuse(call, null, 400, RpcCodes.INVALID_REQUEST, "no question with this id is open");
                    }
                });
        }
    }

    /** The session that a request names, if there is one; a client whose session is gone may open another one. */
    private @Nullable Session opened(HttpCall call) {
        List<String> values = call.headers(SESSION);
        return values.isEmpty() ? null : sessions.find(values.get(0));
    }

    private void refuseSecond(HttpCall call, RequestId id) {
        meters.mcpRejected("initialized_already");
        refuse(call, id, 400, RpcCodes.INVALID_REQUEST, "the session is initialized already");
    }

    private void initialize(HttpCall call, Envelope envelope, RequestId id) {
        String wrong = wrongClaim(envelope);
        Client client = wrong == null ? client(envelope) : null;
        if (client == null) {
            refuse(call, id, 200, RpcCodes.INVALID_PARAMS, String.valueOf(wrong));
            return;
        }
        Session session = sessions.draft(call.server(), client, /* resumable= */ true);
        InitializeReply reply = new InitializeReply(call, id, session, meters, new InitializeReply.Outcome() {
            @Override
            public void succeeded(Pieces response) {
                if (sessions.open(session)) {
                    call.answer(200, response, "Mcp-Session-Id", session.id());
                } else {
                    Refusal full = new Refusal(Refusal.Reason.OVERLOADED, "too many sessions");
                    failed(503, Wording.failure(id, full));
                }
            }

            @Override
            public void failed(int status, Pieces response, String... fields) {
                sessions.end(session);
                call.answer(status, response, fields);
            }
        });
        calls.chain()
                .handle(calls.exchange(
                        call,
                        session,
                        new JsonRpc.Request(id, Methods.DISCOVER, DISCOVER),
                        LegacyCalls.noTarget(session)))
                .subscribe(reply);
    }

    /** What is wrong with what a client says of itself, or null. */
    static @Nullable String wrongClaim(Envelope envelope) {
        RawJson capabilities = envelope.get(Member.CAPABILITIES);
        if (capabilities != null && capabilities.length() > Client.MOST_CAPABILITIES) {
            return "params.capabilities must not be larger than " + Client.MOST_CAPABILITIES + " bytes";
        }
        return envelope.string(Member.PROTOCOL_VERSION) == null ? NO_VERSION : null;
    }

    /** What the client said in {@code initialize}, with the version that both will speak; null if it named none. */
    static @Nullable Client client(Envelope envelope) {
        String asked = envelope.string(Member.PROTOCOL_VERSION);
        if (asked == null) {
            return null;
        }
        String version = ProtocolVersions.LEGACY.contains(asked) ? asked : ProtocolVersions.V2025_11_25;
        RawJson capabilities = envelope.get(Member.CAPABILITIES);
        boolean declared = capabilities != null && capabilities.isObject();
        // Tasks of sessions are carried for nobody, and servers must not be led to make some.
        return new Client(
                        version,
                        declared && capabilities != null ? Extensions.withoutTasks(capabilities) : RawJson.EMPTY_OBJECT,
                        envelope.get(Member.CLIENT_INFO),
                        null)
                .kept();
    }

    /** Batches exist in 2025-03-26 only; each request in one is a call of its own. */
    void batch(HttpCall call, byte[] body) {
        if (call.headers(SESSION).isEmpty()) {
            meters.jsonRpcRejected("batch");
            refuse(call, null, 400, RpcCodes.INVALID_REQUEST, "batches need a session of 2025-03-26");
            return;
        }
        Session session = session(call, null);
        if (session == null) {
            return;
        }
        if (!session.client().protocolVersion().equals(ProtocolVersions.V2025_03_26)) {
            meters.jsonRpcRejected("batch");
            refuse(call, null, 400, RpcCodes.INVALID_REQUEST, "batches are not accepted in this protocol version");
            return;
        }
        List<Envelope> messages = messages(call, body);
        if (messages != null) {
            checked(call, session, () -> run(call, session, messages));
        }
    }

    private @Nullable List<Envelope> messages(HttpCall call, byte[] body) {
        try {
            List<RawJson> elements = RawJson.read(body, JsonLimits.CLIENT).elements();
            if (elements.isEmpty() || elements.size() > MAX_BATCH) {
                refuse(call, null, 400, RpcCodes.INVALID_REQUEST, "a batch must have 1 to " + MAX_BATCH + " messages");
                return null;
            }
            List<Envelope> messages = new ArrayList<>();
            for (RawJson element : elements) {
                Envelope message = Envelope.read(element.array(), element.start(), element.end(), JsonLimits.CLIENT);
                if (message.method().equals(Methods.INITIALIZE)) {
                    refuse(call, null, 400, RpcCodes.INVALID_REQUEST, "initialize must not be in a batch");
                    return null;
                }
                messages.add(message);
            }
            return messages;
        } catch (BadMessage bad) {
            meters.badMessage(bad.reason());
            refuse(call, bad.id(), 400, bad.reason().code(), Dialects.text(bad));
            return null;
        }
    }

    private void run(HttpCall call, Session session, List<Envelope> messages) {
        int requests = 0;
        for (Envelope message : messages) {
            if (message.kind() == Envelope.Kind.REQUEST) {
                requests++;
            }
        }
        if (requests == 0) {
            messages.forEach(message -> quietly(call, session, message));
            call.answer(202, Dialects.NOTHING);
            return;
        }
        SessionStream stream = session.openStream();
        EventStream connection = call.stream();
        call.onDisconnect(() -> stream.detach(connection));
        stream.attach(connection, /* prime= */ false, RETRY_MILLIS);
        AtomicInteger open = new AtomicInteger(requests);
        Runnable whenEnded = () -> {
            if (open.decrementAndGet() == 0) {
                stream.finish();
            }
        };
        for (Envelope message : messages) {
            RequestId id = message.id();
            if (message.kind() == Envelope.Kind.REQUEST && id != null) {
                calls.request(call, session, message, id, stream, whenEnded);
            } else {
                quietly(call, session, message);
            }
        }
    }

    private void quietly(HttpCall call, Session session, Envelope message) {
        if (message.kind() == Envelope.Kind.NOTIFICATION) {
            calls.notification(call, session, message);
        } else if (!calls.answer(session, message)) {
            meters.mcpRejected("response_unknown");
        }
    }

    void get(HttpCall call) {
        Session session = session(call, null);
        if (session != null) {
            checked(call, session, () -> stream(call, session));
        }
    }

    private void stream(HttpCall call, Session session) {
        String lastEventId = call.headers().get(LAST_EVENT_ID);
        Session.Position position = lastEventId == null ? null : session.find(lastEventId);
        if (lastEventId != null && position == null) {
            meters.mcpRejected("event_id");
            meters.told("malicious_direct_reference", "event", call);
            refuse(call, null, 400, RpcCodes.INVALID_PARAMS, "Last-Event-ID names no event of this session");
            return;
        }
        if (position != null && position.stream() != session.standing()) {
            EventStream connection = call.stream();
            call.onDisconnect(() -> position.stream().detach(connection));
            position.stream().resume(connection, position.sequence(), primes(session), RETRY_MILLIS);
            return;
        }
        if (!session.reserveStream()) {
            meters.mcpRejected("streams_per_session");
            Refusal refusal = new Refusal(Refusal.Reason.RATE_LIMITED, "too many streams of one session");
            call.answer(429, Wording.failure(null, refusal), "Retry-After", "1");
            return;
        }
        EventStream connection = call.stream();
        if (position == null) {
            session.connect(connection, primes(session), RETRY_MILLIS);
        } else {
            session.resume(connection, position.sequence(), primes(session), RETRY_MILLIS);
        }
        call.onDisconnect(() -> session.disconnect(connection, primes(session), RETRY_MILLIS));
        calls.listen(call, session);
    }

    void delete(HttpCall call) {
        Session session = session(call, null);
        if (session != null) {
            checked(call, session, () -> {
                sessions.end(session);
                call.answer(200, Dialects.NOTHING);
            });
        }
    }

    /** The session that a request names, or null after an answer that says why there is none. */
    private @Nullable Session session(HttpCall call, @Nullable RequestId id) {
        List<String> values = call.headers(SESSION);
        if (values.isEmpty()) {
            meters.mcpRejected(sessions.isEmpty() ? "not_initialized" : "session_missing");
            refuse(call, id, 400, RpcCodes.INVALID_REQUEST, "Mcp-Session-Id is missing: initialize first");
            return null;
        }
        String value = values.get(0);
        if (values.size() > 1 || !isWellFormed(value)) {
            meters.mcpRejected("session_malformed");
            refuse(call, id, 400, RpcCodes.INVALID_REQUEST, "Mcp-Session-Id is malformed");
            return null;
        }
        String version = call.headers().get(ModernHeaders.VERSION);
        if (version != null && !ProtocolVersions.LEGACY.contains(version)) {
            meters.mcpRejected("version");
            refuse(call, id, 400, RpcCodes.INVALID_REQUEST, "MCP-Protocol-Version is not supported");
            return null;
        }
        Session session = sessions.find(value);
        if (session == null || !session.server().equals(call.server())) {
            boolean wasEnded = sessions.wasEnded(value);
            meters.mcpRejected(wasEnded ? "session_gone" : "session_unknown");
            if (wasEnded) {
                meters.told("session_use_after_expire", "session", call);
            }
            Refusal refusal = new Refusal(Refusal.Reason.SESSION_NOT_FOUND, "Session not found");
            call.answer(404, Wording.failure(id, refusal));
            return null;
        }
        return session;
    }

    private static boolean isWellFormed(String id) {
        if (id.isEmpty() || id.length() > MAX_SESSION_ID) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            if (id.charAt(i) < 0x21 || id.charAt(i) > 0x7E) {
                return false;
            }
        }
        return true;
    }

    private void checked(HttpCall call, Session session, Runnable allowed) {
        calls.check(call, session, allowed, refusal -> {
            if (refusal.reason() == Refusal.Reason.SESSION_NOT_FOUND) {
                meters.mcpRejected("session_not_owner");
                meters.told("malicious_direct_reference", "session", call);
            }
            call.answer(
                    Wording.Answer.of(refusal.reason()).status(),
                    Wording.failure(null, refusal),
                    Wording.fields(refusal));
        });
    }

    private static void refuse(HttpCall call, @Nullable RequestId id, int status, int code, String message) {
        call.answer(status, Wording.failure(id, code, message, null));
    }
}
