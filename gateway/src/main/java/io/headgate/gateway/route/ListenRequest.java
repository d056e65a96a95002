package io.headgate.gateway.route;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.Owner;
import io.headgate.gateway.route.catalog.View;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import io.headgate.mcp.RawJson;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a client wants to hear of, as far as the gateway can tell it.
 *
 * @param changes the methods of the notifications about lists
 * @param uris the resources that have an owner, as the client wrote them
 * @param bareUris the same by their owner's name: from the owner's words to the client's
 * @param tasks the ids of tasks by their owner's name: from the owner's own to those that the client has
 */
record ListenRequest(
        Set<String> changes,
        Set<String> uris,
        Map<String, Map<String, String>> bareUris,
        Map<String, Map<String, String>> tasks) {
    private static final String URIS = "resourceSubscriptions";
    private static final int MOST_URIS = 10_000;

    /** Each is opened here, on the event loop. */
    private static final int MOST_TASKS = 1_000;

    private static final String LIST_CHANGED = "ListChanged";
    /** Each begins with the capability of the servers whose lists it is about. */
    private static final Map<String, String> FLAGS = flags();

    /** The servers that can watch resources are told by their names. */
    static ListenRequest of(Exchange exchange, View view, Tasks tasks, Predicate<String> canWatch) {
        RawJson wanted = exchange.message().envelope().get(Member.NOTIFICATIONS);
        if (wanted == null || !wanted.isObject()) {
            throw new Refusal(Refusal.Reason.INVALID_PARAMS, "notifications: missing (expected: an object)");
        }
        Set<String> changes = new LinkedHashSet<>();
        FLAGS.forEach((flag, method) -> {
            RawJson value = wanted.get(flag);
            // The gateway finds changes by itself, but only where there is a list to read.
            if (value != null
                    && value.isTrue()
                    && view.mayOffer(flag.substring(0, flag.length() - LIST_CHANGED.length()))) {
                changes.add(method);
            }
        });
        Set<String> uris = new LinkedHashSet<>();
        Map<String, Map<String, String>> bareUris = new LinkedHashMap<>();
        for (String uri : strings(wanted, URIS, MOST_URIS, "URIs")) {
            Owner owner = view.resource(uri);
            if (owner != null && canWatch.test(owner.namespace().server()) && uris.add(uri)) {
                bareUris.computeIfAbsent(owner.namespace().server(), key -> new LinkedHashMap<>())
                        .put(owner.target().name(), uri);
            }
        }
        return new ListenRequest(changes, uris, bareUris, tasks(exchange, wanted, view, tasks));
    }

    /** Ids that this caller was not given are left out, like URIs that nobody serves. */
    private static Map<String, Map<String, String>> tasks(Exchange exchange, RawJson wanted, View view, Tasks tasks) {
        Map<String, Map<String, String>> byOwner = new LinkedHashMap<>();
        if (wanted.get("taskIds") == null) {
            return byOwner;
        }
        tasks.requireDeclared(exchange.client());
        for (String sealed : strings(wanted, "taskIds", MOST_TASKS, "ids")) {
            Target task = tasks.find(exchange, sealed, view);
            if (task != null) {
                byOwner.computeIfAbsent(task.server(), key -> new LinkedHashMap<>())
                        .put(task.name(), sealed);
            }
        }
        return byOwner;
    }

    /** The resources that a server acknowledged, or null if it did not say which. */
    static @Nullable Set<String> urisIn(@Nullable RawJson acknowledgement) {
        RawJson notifications = acknowledgement == null ? null : acknowledgement.get("notifications");
        if (notifications == null) {
            return null;
        }
        RawJson list = notifications.get(URIS);
        Set<String> uris = new HashSet<>();
        if (list != null) {
            for (RawJson element : list.elements()) {
                String uri = element.string();
                if (uri != null) {
                    uris.add(uri);
                }
            }
        }
        return uris;
    }

    /** Says what of the request is honoured, where some resources are not. */
    JsonRpc.Notification acknowledgement(Set<String> without) {
        StringJoiner members = new StringJoiner(",", "{\"notifications\":{", "}}");
        FLAGS.forEach((flag, method) -> {
            if (changes.contains(method)) {
                members.add(JsonStrings.quote(flag) + ":true");
            }
        });
        List<String> honoured =
                uris.stream().filter(uri -> !without.contains(uri)).toList();
        if (!honoured.isEmpty()) {
            members.add("\"" + URIS + "\":" + array(honoured));
        }
        if (!tasks.isEmpty()) {
            List<String> ids = new ArrayList<>();
            tasks.values().forEach(byBareId -> ids.addAll(byBareId.values()));
            members.add("\"taskIds\":" + array(ids));
        }
        return new JsonRpc.Notification(Methods.ACKNOWLEDGED, RawJson.of(members.toString()));
    }

    private static String array(Collection<String> texts) {
        return texts.stream().map(JsonStrings::quote).collect(Collectors.joining(",", "[", "]"));
    }

    private static List<String> strings(RawJson wanted, String name, int most, String what) {
        RawJson list = wanted.get(name);
        List<String> strings = new ArrayList<>();
        if (list == null) {
            return strings;
        }
        List<RawJson> elements = list.elements();
        if (!list.isArray() || elements.size() > most) {
            throw new Refusal(
                    Refusal.Reason.INVALID_PARAMS, name + ": expected an array of at most " + most + " " + what);
        }
        for (RawJson element : elements) {
            String text = element.string();
            if (text == null) {
                throw new Refusal(Refusal.Reason.INVALID_PARAMS, name + ": not a string");
            }
            strings.add(text);
        }
        return strings;
    }

    private static Map<String, String> flags() {
        Map<String, String> flags = new LinkedHashMap<>();
        flags.put("tools" + LIST_CHANGED, Methods.TOOLS_CHANGED);
        flags.put("prompts" + LIST_CHANGED, Methods.PROMPTS_CHANGED);
        flags.put("resources" + LIST_CHANGED, Methods.RESOURCES_CHANGED);
        return flags;
    }
}
