package io.headgate.mcp;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One message of an exchange, free of ids and tokens that belong to one hop only. */
public sealed interface JsonRpc {
    /** What a client sends: a request or a notification. */
    sealed interface FromClient extends JsonRpc {
        String method();

        Envelope envelope();
    }

    /** Asks for exactly one response. */
    record Request(RequestId id, String method, Envelope envelope) implements FromClient {}

    /** Says something that has no answer, sent by the client. */
    record ClientNotification(String method, Envelope envelope) implements FromClient {}

    /** Says something that has no answer, sent by the upstream: progress, a log message, a change. */
    record Notification(String method, @Nullable RawJson params) implements JsonRpc {}

    /**
     * A request of the upstream to the client in the middle of an exchange: sampling, elicitation, roots.
     *
     * @param answer takes the client's response, once; a second one is ignored
     */
    record Question(String method, @Nullable RawJson params, Consumer<Response> answer) implements JsonRpc {}

    /** Ends a request. */
    sealed interface Response extends JsonRpc {}

    /** The request was done; the members of the result are known by place. */
    record Success(Envelope envelope) implements Response {
        /** A result that the gateway made itself. */
        public static Success of(RawJson result) {
            return new Success(Envelope.ofResult(result));
        }

        public static Success of(String result) {
            return of(RawJson.of(result));
        }

        public RawJson result() {
            RawJson result = envelope.get(Member.RESULT);
            if (result == null) {
                throw new IllegalStateException("a success without a result");
            }
            return result;
        }
    }

    /** The request failed, and the upstream or the protocol says so. */
    record Failure(int code, String message, @Nullable RawJson data) implements Response {}
}
