package io.headgate.gateway.upstream.wire;

import io.headgate.gateway.upstream.UpstreamFault;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * What the head of an answer adds to the words for a fault: what people need to find its cause.
 *
 * <p>It comes from a server that does not do what it should, so it is shortened, and nothing in it is taken for more than a
 * name. A redirect's query may hold secrets and is never told.
 */
public final class FaultDetail {
    private static final int LONGEST_TYPE = 60;
    private static final int LONGEST_PLACE = 300;

    private FaultDetail() {}

    /** To be added to the fault's own text; empty if there is nothing to say. */
    public static String of(UpstreamFault fault, int status, HttpHeaders headers, URI asked) {
        return switch (fault) {
            case REDIRECT ->
                " to " + target(headers.get(HttpHeaderNames.LOCATION), asked) + " (status " + status
                        + "); write the URL of the target into the file";
            case CONTENT_TYPE ->
                ", " + type(headers.get(HttpHeaderNames.CONTENT_TYPE))
                        + " (expected: application/json or text/event-stream); is its URL that of an MCP endpoint?";
            case CLIENT_ERROR, SERVER_ERROR, UNAVAILABLE, FORBIDDEN -> " (status " + status + ")";
            case UNAUTHORIZED -> " (status " + status + "); write them into the file, as headers of the server";
            default -> "";
        };
    }

    /** The host, and the path if it is the same host: then a slash at the end may be all that is wrong. */
    private static String target(@Nullable String location, URI asked) {
        if (location == null) {
            return "nowhere";
        }
        try {
            URI target = asked.resolve(location);
            if (target.getScheme() == null || target.getHost() == null) {
                return "an unreadable place";
            }
            String origin = target.getScheme() + "://" + target.getHost()
                    + (target.getPort() < 0 ? "" : ":" + target.getPort());
            boolean isSameHost = target.getHost().equalsIgnoreCase(asked.getHost());
            String place = isSameHost ? origin + target.getRawPath() : origin;
            return place.length() <= LONGEST_PLACE ? place : place.substring(0, LONGEST_PLACE);
        } catch (IllegalArgumentException noUri) {
            return "an unreadable place";
        }
    }

    private static String type(@Nullable String value) {
        if (value == null) {
            return "which it does not name";
        }
        int parameters = value.indexOf(';');
        String type = (parameters < 0 ? value : value.substring(0, parameters)).strip();
        boolean isReadable = type.length() <= LONGEST_TYPE && type.chars().allMatch(c -> c > ' ' && c < 0x7F);
        return isReadable && !type.isEmpty() ? type : "which is none";
    }
}
