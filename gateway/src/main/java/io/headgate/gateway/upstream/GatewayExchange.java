package io.headgate.gateway.upstream;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Exchange;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.Extensions;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;

/** Requests that the gateway makes for itself: it can answer no questions, and says who it is. */
public final class GatewayExchange {
    public static final RawJson INFO = RawJson.of("{\"name\":\"headgate\",\"version\":\"" + version() + "\"}");
    /** Some servers leave their tools' user interfaces out of lists for those who do not declare this. */
    public static final String SHOWS_INTERFACES =
            "\"" + Extensions.UI + "\":{\"mimeTypes\":[\"text/html;profile=mcp-app\"]}";

    private static final Client CLIENT = new Client(
            ProtocolVersions.V2026_07_28,
            RawJson.of("{\"extensions\":{" + SHOWS_INTERFACES + "}}"),
            INFO,
            /* logLevel= */ null);

    private GatewayExchange() {}

    public static Exchange of(String upstream, String method, String params) {
        return new Exchange(
                request(method, params),
                new Target(upstream),
                Route.Known.to(upstream),
                Caller.ANONYMOUS,
                CLIENT,
                null,
                RequestHeaders.NONE);
    }

    public static JsonRpc.Request request(String method, String params) {
        return new JsonRpc.Request(RequestId.of(0), method, Envelope.ofRequest(method, RawJson.of(params)));
    }

    private static String version() {
        String version = GatewayExchange.class.getPackage().getImplementationVersion();
        return version == null ? "0" : version;
    }
}
