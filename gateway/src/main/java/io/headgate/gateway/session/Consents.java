package io.headgate.gateway.session;

import io.headgate.filter.Exchange;
import io.headgate.gateway.route.RequestStates;
import io.headgate.gateway.seal.Seal;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RpcCodes;
import io.headgate.mcp.Splice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns the error by which a server sends a user to some pages (2025-11-25, URL elicitation required) into a result that
 * asks for that, and sends the call again once the user has been there. Nothing is kept: the pages are in the state.
 */
final class Consents {
    private static final int MOST_PAGES = 16;
    private static final int MOST_BYTES = 32 * 1024;
    private static final RawJson PAGES_ARE_MISSING =
            RawJson.of("{\"requiredCapabilities\":{\"elicitation\":{\"url\":{}}}}");
    private static final JsonRpc.Success UNWILLING = JsonRpc.Success.of(
            "{\"content\":[{\"type\":\"text\",\"text\":\"The user did not agree to what the server needs first.\"}],"
                    + "\"isError\":true}");

    private final RequestStates states;
    private final Supplier<Duration> time;

    Consents(RequestStates states, Supplier<Duration> time) {
        this.states = states;
        this.time = time;
    }

    /** What the client gets instead of the error. */
    JsonRpc.Response ask(Exchange exchange, JsonRpc.Failure failure) {
        RawJson data = failure.data();
        RawJson pages = data == null ? null : data.get("elicitations");
        List<RawJson> all = pages == null ? List.of() : pages.elements();
        if (pages == null
                || all.isEmpty()
                || all.size() > MOST_PAGES
                || pages.length() > MOST_BYTES
                || !all.stream().allMatch(page -> "url".equals(page.getString("mode")))) {
            return failure;
        }
        for (RawJson page : all) {
            if (InputRequests.missing(exchange.client().capabilities(), Methods.ELICITATION, page) != null) {
                return new JsonRpc.Failure(RpcCodes.MISSING_CAPABILITY, failure.message(), PAGES_ARE_MISSING);
            }
        }
        return result(exchange, all);
    }

    /** Why the call is not sent again: a page is still to be seen, or the user does not want to; null if it may go. */
    JsonRpc.@Nullable Response judge(Exchange exchange, RawJson pages, Map<String, RawJson> answers) {
        List<RawJson> all = pages.elements();
        List<RawJson> left = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            RawJson answer = answers.get(key(i));
            if (answer == null) {
                left.add(all.get(i));
            } else if (!"accept".equals(answer.getString("action"))) {
                return exchange.method().equals(Methods.TOOLS_CALL)
                        ? UNWILLING
                        : new JsonRpc.Failure(
                                RpcCodes.INTERNAL_ERROR, "the user did not agree to what the server needs first", null);
            }
        }
        return left.isEmpty() ? null : result(exchange, left);
    }

    /** The call as it was before the round. */
    static Exchange withoutRound(Exchange exchange) {
        JsonRpc.FromClient message = exchange.message();
        Envelope envelope = message.envelope();
        RawJson params = envelope.params();
        if (params == null || !(message instanceof JsonRpc.Request request)) {
            return exchange;
        }
        Splice splice = new Splice(params);
        envelope.remove(splice, Member.REQUEST_STATE);
        envelope.remove(splice, Member.INPUT_RESPONSES);
        Envelope first = Envelope.ofRequest(request.method(), splice.toJson());
        return exchange.withMessage(new JsonRpc.Request(request.id(), request.method(), first));
    }

    private JsonRpc.Success result(Exchange exchange, List<RawJson> pages) {
        Map<String, RawJson> requests = new LinkedHashMap<>();
        Pieces kept = new Pieces(2 * pages.size() + 2).add("[");
        for (int i = 0; i < pages.size(); i++) {
            requests.put(key(i), InputRequests.page(pages.get(i)));
            kept.add(i == 0 ? "" : ",").add(pages.get(i));
        }
        byte[] payload = kept.add("]").toByteArray();
        return InputRequests.result(requests, states.seal(Seal.Kind.CONSENT, exchange, payload, time.get()));
    }

    private static String key(int page) {
        return "page" + (page + 1);
    }
}
