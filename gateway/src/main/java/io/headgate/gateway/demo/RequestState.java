package io.headgate.gateway.demo;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a server without sessions has its client carry from one round of questions to the next. */
final class RequestState {
    private static final Duration LIFE = Duration.ofMinutes(10);

    private final Signer seal;
    private final InstantSource clock;

    RequestState(Signer seal, InstantSource clock) {
        this.seal = seal;
        this.clock = clock;
    }

    /** A state that is good for this very request only, and not for ever. */
    String of(Call call, ObjectNode answers) {
        ObjectNode state = Json.object()
                .put("request", digest(call))
                .put("expires", clock.instant().plus(LIFE).toEpochMilli());
        state.set("answers", answers);
        return seal.seal(Json.bytes(state));
    }

    ObjectNode answers(Call call, JsonNode echoed) {
        byte[] payload = echoed.isString() ? seal.open(echoed.stringValue()) : null;
        if (payload == null) {
            throw RpcFailure.invalidParams("Invalid requestState");
        }
        JsonNode state = Json.parse(payload);
        if (!state.path("request").asString("").equals(digest(call))) {
            throw RpcFailure.invalidParams("Invalid requestState: it belongs to another request");
        }
        if (state.path("expires").longValue() < clock.millis()) {
            throw RpcFailure.invalidParams("Invalid requestState: it has expired");
        }
        return (ObjectNode) state.path("answers");
    }

    private static String digest(Call call) {
        ObjectNode request = Json.object().put("method", call.method());
        for (String name : new String[] {"name", "uri", "arguments"}) {
            JsonNode value = call.params().get(name);
            if (value != null) {
                request.set(name, value);
            }
        }
        return HexFormat.of().formatHex(Signer.sha256(Json.bytes(request)));
    }
}
