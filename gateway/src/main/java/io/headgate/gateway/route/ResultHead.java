package io.headgate.gateway.route;

import io.headgate.gateway.route.catalog.View;
import io.headgate.mcp.JsonStrings;

/** The members that every result of the gateway's own begins with: that it is complete, how long it holds, who says so. */
final class ResultHead {
    private final String complete;

    ResultHead(String version) {
        complete = "{\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
                + "{\"name\":\"headgate\",\"version\":" + JsonStrings.quote(version) + "}}";
    }

    /** A whole result that says nothing else. */
    String empty() {
        return complete + "}";
    }

    /** The start of a result that may be kept for a while; the members that follow begin with a comma. */
    String cacheable(View view, long nowMillis) {
        return complete + ",\"ttlMs\":" + view.ttlMillis(nowMillis) + ",\"cacheScope\":\""
                + (view.isPublic() ? "public" : "private") + "\"";
    }
}
