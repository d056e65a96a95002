package io.headgate.gateway.route;

import io.headgate.filter.Refusal;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a client wants to hear of, as far as the gateway can tell it.
 *
 * @param changes the methods of the notifications about lists
 * @param uris the resources that have an owner, as the client wrote them
 * @param bareUris the same by their owner's name, in the owner's words
 */
record ListenRequest(Set<String> changes, Set<String> uris, Map<String, List<String>> bareUris) {
    private static final int MOST_URIS = 10_000;

    private static final Map<String, String> FLAGS = flags();

    /** The servers that can watch resources are told by their names. */
    static ListenRequest of(Envelope message, View view, Predicate<String> canWatch) {
        RawJson wanted = message.get(Member.NOTIFICATIONS);
        if (wanted == null || !wanted.isObject()) {
            throw new Refusal(Refusal.Reason.INVALID_PARAMS, "notifications: missing (expected: an object)");
        }
        Set<String> changes = new LinkedHashSet<>();
        FLAGS.forEach((flag, method) -> {
            RawJson value = wanted.get(flag);
            if (value != null && value.isTrue()) {
                changes.add(method);
            }
        });
        Set<String> uris = new LinkedHashSet<>();
        Map<String, List<String>> bareUris = new LinkedHashMap<>();
        for (String uri : uris(wanted.get("resourceSubscriptions"))) {
            Owner owner = view.resource(uri);
            if (owner != null && canWatch.test(owner.namespace().server()) && uris.add(uri)) {
                bareUris.computeIfAbsent(owner.namespace().server(), key -> new ArrayList<>())
                        .add(owner.target().name());
            }
        }
        return new ListenRequest(changes, uris, bareUris);
    }

    /** Says what of the request is honoured. */
    JsonRpc.Notification acknowledgement() {
        StringJoiner members = new StringJoiner(",", "{\"notifications\":{", "}}");
        FLAGS.forEach((flag, method) -> {
            if (changes.contains(method)) {
                members.add(JsonStrings.quote(flag) + ":true");
            }
        });
        if (!uris.isEmpty()) {
            StringJoiner list = new StringJoiner(",", "\"resourceSubscriptions\":[", "]");
            uris.forEach(uri -> list.add(JsonStrings.quote(uri)));
            members.add(list.toString());
        }
        return new JsonRpc.Notification(Methods.ACKNOWLEDGED, RawJson.of(members.toString()));
    }

    private static List<String> uris(@Nullable RawJson list) {
        List<String> uris = new ArrayList<>();
        if (list == null) {
            return uris;
        }
        List<RawJson> elements = list.elements();
        if (!list.isArray() || elements.size() > MOST_URIS) {
            throw new Refusal(
                    Refusal.Reason.INVALID_PARAMS,
                    "resourceSubscriptions: expected an array of at most " + MOST_URIS + " URIs");
        }
        for (RawJson element : elements) {
            String uri = element.string();
            if (uri == null) {
                throw new Refusal(Refusal.Reason.INVALID_PARAMS, "resourceSubscriptions: not a string");
            }
            uris.add(uri);
        }
        return uris;
    }

    private static Map<String, String> flags() {
        Map<String, String> flags = new LinkedHashMap<>();
        flags.put("toolsListChanged", Methods.TOOLS_CHANGED);
        flags.put("promptsListChanged", Methods.PROMPTS_CHANGED);
        flags.put("resourcesListChanged", Methods.RESOURCES_CHANGED);
        return flags;
    }
}
