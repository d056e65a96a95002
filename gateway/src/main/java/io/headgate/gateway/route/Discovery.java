package io.headgate.gateway.route;

import io.headgate.filter.Client;
import io.headgate.gateway.route.catalog.Offer;
import io.headgate.gateway.route.catalog.ServerSnapshot;
import io.headgate.gateway.route.catalog.View;
import io.headgate.gateway.upstream.Listing;
import io.headgate.mcp.Extensions;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Says what the gateway is and can do: what its servers can, as far as it honours it.
 *
 * <p>A server that was never heard yet counts as one with tools, prompts and resources: the gateway answers their lists
 * either way, and a client that was told otherwise would never ask again.
 */
final class Discovery {
    private static final int LONGEST_INSTRUCTIONS = 16 * 1024;

    private final ResultHead head;

    Discovery(ResultHead head) {
        this.head = head;
    }

    JsonRpc.Success result(View view, Client client, long nowMillis) {
        StringBuilder out = new StringBuilder(head.cacheable(view, nowMillis)).append(",\"supportedVersions\":[");
        StringJoiner versions = new StringJoiner(",");
        ProtocolVersions.SERVED.forEach(version -> versions.add(JsonStrings.quote(version)));
        out.append(versions)
                .append("],\"capabilities\":{")
                .append(capabilities(view, client))
                .append('}');
        String instructions = instructions(view);
        if (!instructions.isEmpty()) {
            out.append(",\"instructions\":").append(JsonStrings.quote(instructions));
        }
        return JsonRpc.Success.of(out.append('}').toString());
    }

    private static String capabilities(View view, Client client) {
        StringJoiner members = new StringJoiner(",");
        if (view.mayOffer("tools")) {
            members.add("\"tools\":{\"listChanged\":true}");
        }
        if (view.mayOffer("prompts")) {
            members.add("\"prompts\":{\"listChanged\":true}");
        }
        if (view.mayOffer("resources")) {
            boolean subscribe = view.offers("resources", "subscribe");
            members.add("\"resources\":{" + (subscribe ? "\"subscribe\":true," : "") + "\"listChanged\":true}");
        }
        if (view.offers("completions", null)) {
            members.add("\"completions\":{}");
        }
        if (view.offers("logging", null)) {
            members.add("\"logging\":{}");
        }
        String extensions = extensions(view, client);
        if (!extensions.isEmpty()) {
            members.add("\"extensions\":{" + extensions + "}");
        }
        return members.toString();
    }

    /** Those that some server has, as far as the client's revision can use them; others need more than a way through. */
    private static String extensions(View view, Client client) {
        StringJoiner members = new StringJoiner(",");
        RawJson ui = settings(view, Extensions.UI);
        if (ui != null) {
            members.add(JsonStrings.quote(Extensions.UI) + ":" + ui);
        }
        RawJson tasks = client.isModern() ? settings(view, Extensions.TASKS) : null;
        if (tasks != null) {
            members.add(JsonStrings.quote(Extensions.TASKS) + ":" + tasks);
        }
        return members.toString();
    }

    private static @Nullable RawJson settings(View view, String extension) {
        for (Listing listing : listings(view)) {
            RawJson settings = Extensions.settings(listing.capabilities(), extension);
            if (settings != null) {
                return settings;
            }
        }
        return null;
    }

    /** A server's own words if only one has any; else each under the server's name. */
    private static String instructions(View view) {
        StringBuilder all = new StringBuilder();
        boolean single = view.servers().size() == 1;
        for (ServerSnapshot server : view.servers()) {
            Offer offer = server.offer();
            String text = offer == null ? null : offer.listing().instructions();
            if (text == null || text.isBlank()) {
                continue;
            }
            if (!single) {
                all.append(all.isEmpty() ? "" : "\n\n")
                        .append("# ")
                        .append(server.namespace().server())
                        .append("\n\n");
            }
            all.append(text);
        }
        return all.length() <= LONGEST_INSTRUCTIONS ? all.toString() : all.substring(0, LONGEST_INSTRUCTIONS);
    }

    private static List<Listing> listings(View view) {
        List<Listing> listings = new ArrayList<>();
        for (ServerSnapshot server : view.servers()) {
            Offer offer = server.offer();
            if (offer != null) {
                listings.add(offer.listing());
            }
        }
        return listings;
    }
}
