package io.headgate.gateway.upstream.legacy;

import io.headgate.gateway.upstream.ListChanges;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.wire.AnswerReader;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The calls that a session's stream may speak of.
 *
 * <p>Progress names its call. Another message belongs to the only call that is on its way, where the session knows that
 * there can be no other; else to none, and it goes to whoever listens for the client.
 */
final class SessionCalls<C extends SessionCall> {
    private final UpstreamSession session;
    private final Map<Long, C> calls = new ConcurrentHashMap<>();

    SessionCalls(UpstreamSession session) {
        this.session = session;
    }

    void add(long id, C call) {
        calls.put(id, call);
    }

    @Nullable
    C remove(long id) {
        return calls.remove(id);
    }

    int size() {
        return calls.size();
    }

    Iterable<C> all() {
        return calls.values();
    }

    /** Takes a notification or a request of the server; true if it is about a call. */
    boolean take(Envelope message, int length) {
        return switch (message.kind()) {
            case REQUEST -> request(message, length);
            case NOTIFICATION -> notification(message, length);
            case RESPONSE -> false;
        };
    }

    private boolean notification(Envelope message, int length) {
        String method = message.method();
        if (method.equals(Methods.PROGRESS)) {
            return progress(message, length);
        }
        if (method.equals(Methods.CANCELLED)) {
            // It names a question by the server's id, which no client knows.
            session.meters.count(UpstreamFault.UNRELATED);
            return false;
        }
        boolean isOfServer = ListChanges.isOne(method) || method.equals(Methods.RESOURCE_UPDATED);
        SessionCall only = isOfServer ? null : only();
        if (only == null) {
            session.deliver(message);
            return false;
        }
        if (method.equals(Methods.MESSAGE) && !UpstreamSession.wantsLogs(only.exchange())) {
            session.meters.count(UpstreamFault.UNREQUESTED_LOG);
            return false;
        }
        only.take(new JsonRpc.Notification(method, message.params()), length);
        return true;
    }

    /** Passes progress to the call that it names, if that asked for it. */
    private boolean progress(Envelope message, int length) {
        RawJson token = message.get(Member.PROGRESS_TOKEN);
        long id = token == null ? -1 : token.longOr(-1);
        SessionCall call = calls.get(id);
        JsonRpc.Notification progress = call == null
                ? null
                : AnswerReader.progress(
                        message, id, call.exchange().message().envelope().get(Member.META_PROGRESS_TOKEN));
        if (call == null || progress == null) {
            session.meters.count(UpstreamFault.FOREIGN_PROGRESS);
            return false;
        }
        call.take(progress, length);
        return true;
    }

    private boolean request(Envelope message, int length) {
        SessionCall only = only();
        if (only == null) {
            session.deliver(message);
            return false;
        }
        JsonRpc.Question question = session.question(message, only.canAsk(), only::answered);
        if (question != null) {
            only.move(only::asked);
            only.take(question, length);
        }
        return question != null;
    }

    private @Nullable SessionCall only() {
        if (!session.isOpen() || !session.meansItsOnlyCall()) {
            return null;
        }
        Iterator<C> all = calls.values().iterator();
        C first = all.hasNext() ? all.next() : null;
        return all.hasNext() ? null : first;
    }
}
