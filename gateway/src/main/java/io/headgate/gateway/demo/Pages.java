package io.headgate.gateway.demo;

import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Cuts lists into pages; a cursor says which list it belongs to and where it goes on. */
final class Pages {
    private final int size;

    /** A size of 0 puts everything on one page. */
    Pages(int size) {
        this.size = size;
    }

    ObjectNode page(String list, List<ObjectNode> items, ObjectNode params) {
        int from = from(list, items.size(), params.get("cursor"));
        int to = size == 0 ? items.size() : Math.min(items.size(), from + size);
        ObjectNode page = Json.object();
        ArrayNode array = page.putArray(list);
        items.subList(from, to).forEach(array::add);
        if (to < items.size()) {
            page.put("nextCursor", cursor(list, to));
        }
        return page;
    }

    private static int from(String list, int length, @Nullable JsonNode cursor) {
        if (cursor == null) {
            return 0;
        }
        for (int from = 0; from <= length; from++) {
            if (cursor.isString() && cursor.stringValue().equals(cursor(list, from))) {
                return from;
            }
        }
        throw RpcFailure.invalidParams("Invalid cursor");
    }

    private static String cursor(String list, int from) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.utf8(list + ":" + from));
    }
}
