package io.headgate.gateway.session;

import io.headgate.filter.Client;
import io.headgate.gateway.seal.Unguessable;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.Splice;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a server asks for by its result, in the words of a client that is asked in the middle of a call.
 *
 * @param key the server's name for it
 */
record InputRequest(String key, String method, @Nullable RawJson params) {
    private static final int ID_BYTES = 16;

    /** The requests of a round; those that the client cannot be asked have no place here. */
    static List<InputRequest> all(RawJson requests, Client client) throws NotAskedException {
        List<InputRequest> all = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        requests.forEachMember((key, request) -> {
            String method = request.getString("method");
            RawJson params = request.get("params");
            if (params != null && !params.isObject()) {
                params = null;
            }
            String missing = missing(method, params, client.answerable());
            if (method == null || missing != null) {
                faults.add(String.valueOf(missing));
            } else {
                all.add(new InputRequest(key, method, inWordsOf(client, method, params)));
            }
        });
        if (!faults.isEmpty()) {
            throw new NotAskedException(faults.get(0));
        }
        return all;
    }

    /** Nobody asks the client this: it did not say that it can answer, or the protocol does not know it. */
    static final class NotAskedException extends Exception {
        private static final long serialVersionUID = 1;

        NotAskedException(String message) {
            super(message, null, false, false);
        }

        String text() {
            return String.valueOf(getMessage());
        }
    }

    /** What is against asking, or null. */
    private static @Nullable String missing(@Nullable String method, @Nullable RawJson params, RawJson capabilities) {
        if (method == null) {
            return "The server asks for something without a name";
        }
        String missing = InputRequests.missing(capabilities, method, params);
        boolean isUrl = params != null && InputRequests.isForPage(params);
        return missing == null
                ? null
                : "The server asks for " + method + (isUrl ? " by URL" : "") + ", which the client does not offer";
    }

    private static @Nullable RawJson inWordsOf(Client client, String method, @Nullable RawJson params) {
        RawJson mode = params == null ? null : params.get("mode");
        if (params == null || mode == null || !method.equals(Methods.ELICITATION)) {
            return params;
        }
        if (client.protocolVersion().equals(ProtocolVersions.V2025_11_25)) {
            // That revision tells by this id when the user is done; here the next round tells it.
            return InputRequests.isForPage(params) && params.get("elicitationId") == null
                    ? new Splice(params)
                            .insert(params, "elicitationId", JsonStrings.quote(unguessableId()))
                            .toJson()
                    : params;
        }
        // Before it, forms were all there was, and had no mode.
        StringBuilder members = new StringBuilder();
        params.forEachMember((name, value) -> {
            if (!name.equals("mode")) {
                members.append(members.isEmpty() ? "" : ",")
                        .append(JsonStrings.quote(name))
                        .append(':')
                        .append(value);
            }
        });
        return RawJson.of("{" + members + "}");
    }

    private static String unguessableId() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Unguessable.bytes(ID_BYTES));
    }
}
