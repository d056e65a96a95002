package io.headgate.gateway.dialect;

import io.headgate.filter.Refusal;
import io.headgate.gateway.session.EventStream;
import io.headgate.gateway.session.Session;
import io.headgate.gateway.session.SessionStream;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.headgate.mcp.RpcCodes;
import io.headgate.mcp.Splice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one request of a session: JSON if the response comes first, otherwise an event stream.
 *
 * <p>A client that goes away does not cancel (2025-11-25, transports): the stream keeps what it would have sent, for a
 * while, and the client may fetch it.
 */
final class LegacyReply extends Reply {
    static final int OK = 200;
    private final Session session;
    private final @Nullable SessionStream shared;
    private final Runnable whenEnded;
    private final Runnable cancelled = this::cancelledByClient;
    private @Nullable List<Long> questions;
    private @Nullable SessionStream stream;

    /** A reply on a stream that it shares with others, or null for a stream of its own, opened if it is needed. */
    LegacyReply(
            HttpCall call,
            Session session,
            RequestId id,
            String method,
            DialectMeters meters,
            @Nullable SessionStream shared,
            Runnable whenEnded) {
        super(call, id, method, meters);
        this.session = session;
        this.shared = shared;
        this.stream = shared;
        this.whenEnded = whenEnded;
        if (!session.begin(id.json(), cancelled)) {
            meters.duplicateId();
        }
        if (shared == null) {
            call.onQuiet(() -> {
                if (!isDone()) {
                    openStream();
                }
            });
        } else {
            shared.onWritable(this::more);
        }
    }

    @Override
    void send(JsonRpc message) {
        if (message instanceof JsonRpc.Notification notification) {
            openStream().send(Wording.notification(notification.method(), notification.params()));
        } else if (message instanceof JsonRpc.Question question) {
            ask(question);
        }
    }

    private void ask(JsonRpc.Question question) {
        long number = session.ask(question);
        if (number < 0) {
            question.answer()
                    .accept(new JsonRpc.Failure(
                            RpcCodes.INTERNAL_ERROR, "the client has too many open questions", null));
            return;
        }
        if (questions == null) {
            questions = new ArrayList<>(2);
        }
        questions.add(number);
        openStream().send(Wording.request(number, question.method(), question.params()));
    }

    @Override
    void respond(JsonRpc.Response response) {
        if (response instanceof JsonRpc.Success success) {
            finish(OK, success(success.envelope()));
        } else if (response instanceof JsonRpc.Failure failure) {
            finish(OK, failure(failure));
        }
    }

    @Override
    void refuse(Refusal refusal) {
        int status = status(refusal.reason());
        Pieces body = Wording.failure(id, refusal);
        if (status == OK) {
            // When to come back stands in the body: clients read no header field of a good answer.
            finish(OK, body);
        } else {
            finish(status, body, Wording.fields(refusal));
        }
    }

    /**
     * The status with which a request of a session is refused: only what concerns the session or its caller has one of its
     * own. Clients of this era take it for a broken connection, and some end the whole session with all its other calls.
     */
    static int status(Refusal.Reason reason) {
        return switch (reason) {
            case CREDENTIAL_MISSING, CREDENTIAL_INVALID, SESSION_NOT_FOUND, DENIED ->
                Wording.Answer.of(reason).status();
            default -> OK;
        };
    }

    @Override
    boolean isWritable() {
        SessionStream open = stream;
        return open == null || open.isWritable();
    }

    @Override
    void ended() {
        session.finish(id.json(), cancelled);
        if (questions != null) {
            questions.forEach(this::withdraw);
        }
    }

    /** Tells the client that nobody waits for its answer any more. */
    private void withdraw(long number) {
        if (session.forget(number)) {
            openStream().send(Wording.notification(Methods.CANCELLED, RawJson.of("{\"requestId\":" + number + "}")));
        }
    }

    private void cancelledByClient() {
        call.execute(() -> {
            if (isDone()) {
                return;
            }
            cancel();
            // The specification forbids a response now; the exchange still has to end.
            if (shared == null) {
                openStream().finish();
            }
            whenEnded.run();
        });
    }

    private SessionStream openStream() {
        SessionStream open = stream;
        if (open == null) {
            SessionStream own = session.openStream();
            EventStream connection = call.stream();
            own.onWritable(() -> call.execute(this::more));
            call.onDisconnect(() -> own.detach(connection));
            own.attach(connection, LegacyDialect.primes(session), LegacyDialect.RETRY_MILLIS);
            stream = own;
            open = own;
        }
        return open;
    }

    private void finish(int status, Pieces body, String... fields) {
        SessionStream open = stream;
        if (open == null) {
            call.answer(status, body, fields);
        } else {
            open.send(body, this::lost);
            if (shared == null) {
                open.finish();
            }
        }
        whenEnded.run();
    }

    /** What a client gets that comes back for an answer which was too large to be kept. */
    private Pieces lost() {
        return Wording.failure(
                id,
                new Refusal(Refusal.Reason.EXHAUSTED, "the answer was too large to be kept", null, DELIVERY_UNKNOWN));
    }

    /** Codes of the newer revision say what a client could do there; here they only say what went wrong. */
    private Pieces failure(JsonRpc.Failure failure) {
        return switch (failure.code()) {
            case RpcCodes.HEADER_MISMATCH, RpcCodes.UNSUPPORTED_VERSION ->
                Wording.failure(id, RpcCodes.INTERNAL_ERROR, failure.message(), failure.data());
            case RpcCodes.MISSING_CAPABILITY -> {
                meters.mcpRejected("capability");
                yield method.equals(Methods.TOOLS_CALL)
                        ? Wording.success(id, toolError(failure))
                        : Wording.failure(id, RpcCodes.INTERNAL_ERROR, failure.message(), failure.data());
            }
            default -> Wording.failure(id, failure.code(), failure.message(), failure.data());
        };
    }

    /** What a model may read, since it is the one who chose a tool that this client cannot serve. */
    private static RawJson toolError(JsonRpc.Failure failure) {
        RawJson data = failure.data();
        RawJson required = data == null ? null : data.get("requiredCapabilities");
        String text = failure.message() + (required == null ? "" : " (required of the client: " + required + ")");
        return RawJson.of(
                "{\"content\":[{\"type\":\"text\",\"text\":" + JsonStrings.quote(text) + "}],\"isError\":true}");
    }

    /** Members that only newer revisions have are taken out; everything else passes as it came. */
    private Pieces success(Envelope envelope) {
        RawJson result = envelope.get(Member.RESULT);
        if (result == null) {
            result = RawJson.EMPTY_OBJECT;
        }
        if (!envelope.has(Member.RESULT_TYPE) && !envelope.has(Member.TTL_MS) && !envelope.has(Member.CACHE_SCOPE)) {
            return Wording.success(id, result);
        }
        Splice splice = new Splice(result);
        envelope.remove(splice, Member.RESULT_TYPE);
        envelope.remove(splice, Member.TTL_MS);
        envelope.remove(splice, Member.CACHE_SCOPE);
        envelope.remove(splice, Member.META_SERVER_INFO);
        return Wording.end(splice.into(Wording.successHead(id)));
    }
}
