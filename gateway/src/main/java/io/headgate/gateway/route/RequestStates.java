package io.headgate.gateway.route;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.route.catalog.Owner;
import io.headgate.gateway.seal.Seal;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Seals the state that a server, or the gateway itself, leaves with a client between the rounds of one request, and opens
 * it again for the same caller, target and arguments only.
 */
public final class RequestStates {
    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final int LONGEST = 64 * 1024;

    /** How many calls one request may take, as many as clients make by themselves. */
    private static final int MOST_CALLS = 10;

    /** The number of a call stands before the length of the server's name, which never needs the whole of its place. */
    private static final int NUMBER_SHIFT = 24;

    private static final int LENGTH_MASK = (1 << NUMBER_SHIFT) - 1;

    private final Seal seal;
    private final MeterRegistry meters;

    public RequestStates(Seal seal, MeterRegistry meters) {
        this.seal = seal;
        this.meters = meters;
    }

    /** The exchange with the server's own state in the place of the sealed one. */
    Exchange open(Exchange exchange, Owner owner) {
        JsonRpc.FromClient message = exchange.message();
        RawJson params = message.envelope().params();
        RawJson sealed = message.envelope().get(Member.REQUEST_STATE);
        if (params == null || sealed == null || !(message instanceof JsonRpc.Request request)) {
            return exchange;
        }
        String inner = inner(exchange, owner, sealed);
        RawJson opened =
                new Splice(params).replace(sealed, JsonStrings.quote(inner)).toJson();
        Envelope envelope = Envelope.ofRequest(message.method(), opened);
        return exchange.withMessage(new JsonRpc.Request(request.id(), request.method(), envelope));
    }

    /** Seals what the gateway itself has to know when the client comes back with the same request. */
    public String seal(Seal.Kind kind, Exchange exchange, byte[] payload, Duration life) {
        return seal.seal(kind, binding(exchange), payload, life);
    }

    /** What was sealed as this kind for the same request; null if the state is of another kind, or altered. */
    public byte @Nullable [] open(Seal.Kind kind, Exchange exchange, RawJson sealed) {
        String text = sealed.length() - 2 > LONGEST ? null : sealed.string();
        if (text == null) {
            return null;
        }
        try {
            return seal.open(kind, binding(exchange), text);
        } catch (Seal.Broken broken) {
            if (broken.reason() == Seal.Broken.Reason.FORGED) {
                return null;
            }
            throw refuse(broken);
        }
    }

    /** The state was good once: it was used before, or what it stood for is gone. */
    public Refusal used() {
        return refuse("request_state_used", "requestState: used before or given up; make the request again without it");
    }

    /** Puts a sealed state in the place of the server's own in a result. */
    void seal(Exchange exchange, Owner owner, Envelope result, Splice splice) {
        RawJson state = result.get(Member.RESULT_REQUEST_STATE);
        String inner = state == null ? null : state.string();
        if (state == null || inner == null) {
            return;
        }
        int calls = callsBefore(exchange) + 1;
        if (calls >= MOST_CALLS) {
            throw tooOften(owner.namespace().server());
        }
        byte[] server = owner.namespace().server().getBytes(StandardCharsets.UTF_8);
        byte[] text = inner.getBytes(StandardCharsets.UTF_8);
        byte[] payload = ByteBuffer.allocate(4 + server.length + text.length)
                .putInt(calls << NUMBER_SHIFT | server.length)
                .put(server)
                .put(text)
                .array();
        String sealed = seal.seal(Seal.Kind.REQUEST_STATE, binding(exchange), payload, LIFE);
        if (sealed.length() > LONGEST) {
            throw new Refusal(Refusal.Reason.UPSTREAM_TOO_LARGE, "The server's request state is too large");
        }
        splice.replace(state, JsonStrings.quote(sealed));
    }

    private String inner(Exchange exchange, Owner owner, RawJson sealed) {
        // The size counts before anything is decrypted.
        String text = sealed.length() - 2 > LONGEST ? null : sealed.string();
        if (text == null) {
            throw refuse("request_state", "requestState: not a string of at most " + LONGEST + " characters");
        }
        byte[] payload;
        try {
            payload = seal.open(Seal.Kind.REQUEST_STATE, binding(exchange), text);
        } catch (Seal.Broken broken) {
            throw refuse(broken);
        }
        ByteBuffer buffer = ByteBuffer.wrap(payload);
        byte[] server = new byte[buffer.getInt() & LENGTH_MASK];
        buffer.get(server);
        if (!owner.namespace().server().equals(new String(server, StandardCharsets.UTF_8))) {
            throw refuse("request_state", "requestState: not given for this request");
        }
        return StandardCharsets.UTF_8.decode(buffer).toString();
    }

    /** How many calls of the same request came before this one; its state was opened once already. */
    private int callsBefore(Exchange exchange) {
        RawJson sealed = exchange.message().envelope().get(Member.REQUEST_STATE);
        byte[] payload = sealed == null ? null : open(Seal.Kind.REQUEST_STATE, exchange, sealed);
        return payload == null ? 0 : ByteBuffer.wrap(payload).getInt() >>> NUMBER_SHIFT;
    }

    private Refusal tooOften(String server) {
        meters.counter(MeterNames.UPSTREAM_FAULTS, "upstream", server, "reason", "mrtr_rounds")
                .increment();
        return new Refusal(
                Refusal.Reason.UPSTREAM_PROTOCOL,
                "The server asked for input " + MOST_CALLS + " times (expected: a result by then)");
    }

    private Seal.Binding binding(Exchange exchange) {
        return new Seal.Binding()
                .add(exchange.method())
                .add(exchange.target().server())
                .add(exchange.target().name())
                .add(exchange.caller().key())
                .add(exchange.message().envelope().get(Member.ARGUMENTS));
    }

    private Refusal refuse(Seal.Broken broken) {
        boolean expired = broken.reason() == Seal.Broken.Reason.EXPIRED;
        return refuse(
                expired ? "request_state_expired" : "request_state",
                expired
                        ? "requestState: expired; make the request again without it"
                        : "requestState: not given for this request");
    }

    private Refusal refuse(String reason, String text) {
        meters.counter(MeterNames.MCP_REJECTED, "reason", reason).increment();
        return new Refusal(Refusal.Reason.INVALID_PARAMS, text);
    }
}
