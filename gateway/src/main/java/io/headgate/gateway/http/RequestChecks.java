package io.headgate.gateway.http;

import io.headgate.gateway.dialect.HttpCall.Endpoint;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides from its head whether a request goes on.
 *
 * <p>All fields are visited once. The order of the checks is the order of trust: framing, limits, host, origin, target
 * and method, declared length, then, when its sender is known, what the body claims to be.
 */
final class RequestChecks {
    private final Door door;
    private final Connection connection;

    /** The Host field that was found good last: a connection rarely has two. */
    private @Nullable String goodHost;

    // The fields of the request that is looked at now.
    private @Nullable String host;
    private int hosts;
    private @Nullable String origin;
    private @Nullable String contentType;
    private @Nullable String contentEncoding;
    private @Nullable String upgrade;
    private @Nullable String expect;
    private @Nullable String preflight;
    private int accepted;
    private long length;
    private boolean asksToClose;
    private boolean nominates;

    RequestChecks(Door door, Connection connection) {
        this.door = door;
        this.connection = connection;
    }

    /** Fills the call; null if it may go on, as far as that depends on neither its sender nor what its body claims to be. */
    @Nullable
    Rejection check(HttpRequest request, DoorCall call) {
        forget();
        if (request.headers().size() > door.limits.headerCount()) {
            return Rejection.TOO_MANY_HEADERS;
        }
        HttpVersion version = request.protocolVersion();
        boolean http10 = version.equals(HttpVersion.HTTP_1_0);
        if (!http10 && !version.equals(HttpVersion.HTTP_1_1)) {
            return Rejection.HTTP_VERSION;
        }
        Rejection ofFields = visit(request);
        call.head(request, http10 || asksToClose, http10, expect != null);
        if (ofFields != null) {
            return ofFields;
        }
        String name = host;
        if (name == null || hosts > 1) {
            return Rejection.FRAMING;
        }
        if (nominates) {
            return Rejection.CONNECTION_NOMINATED;
        }
        Rejection ofOrigin = checkHostAndOrigin(name, call);
        if (ofOrigin != null) {
            return ofOrigin;
        }
        Rejection ofTarget = checkTarget(request, call);
        return ofTarget != null ? ofTarget : checkLength();
    }

    private void forget() {
        host = null;
        hosts = 0;
        origin = null;
        contentType = null;
        contentEncoding = null;
        upgrade = null;
        expect = null;
        preflight = null;
        accepted = 0;
        length = 0;
        asksToClose = false;
        nominates = false;
    }

    private @Nullable Rejection visit(HttpRequest request) {
        Rejection found = null;
        Iterator<Map.Entry<CharSequence, CharSequence>> fields =
                request.headers().iteratorCharSequence();
        while (fields.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            CharSequence name = field.getKey();
            String value = field.getValue().toString();
            if (!isAscii(value)) {
                return Rejection.NON_ASCII_HEADER;
            }
            if (AsciiString.indexOf(name, '_', 0) >= 0) {
                found = Rejection.UNDERSCORE_HEADER;
            }
            Rejection ofField = note(name, value);
            if (ofField != null) {
                return ofField;
            }
        }
        return found;
    }

    /** The length of a name is enough to tell the few that matter from most others. */
    private @Nullable Rejection note(CharSequence name, String value) {
        switch (name.length()) {
            case 4 -> {
                if (is(name, "host")) {
                    host = value;
                    hosts++;
                }
            }
            case 6 -> {
                if (is(name, "accept")) {
                    accepted |= MediaTypes.accepted(value);
                } else if (is(name, "origin")) {
                    // Two origins are none that is allowed.
                    origin = origin == null ? value : "";
                } else if (is(name, "expect")) {
                    expect = value;
                }
            }
            case 7 -> {
                if (is(name, "upgrade")) {
                    upgrade = value;
                }
            }
            case 10 -> {
                if (is(name, "connection")) {
                    noteConnection(value);
                }
            }
            case 12 -> {
                if (is(name, "content-type")) {
                    contentType = contentType == null ? value : "";
                }
            }
            case 13 -> {
                if (is(name, "authorization") && value.length() > door.limits.authorizationBytes()) {
                    return Rejection.HEADERS_TOO_LARGE;
                }
            }
            case 14 -> {
                if (is(name, "content-length")) {
                    length = lengthOf(value);
                }
            }
            case 16 -> {
                if (is(name, "content-encoding")) {
                    contentEncoding = value;
                }
            }
            case 17 -> {
                // Netty takes any list that ends with chunked, and would leave what is inside for others to unpack.
                if (is(name, "transfer-encoding") && !value.equalsIgnoreCase("chunked")) {
                    return Rejection.TRANSFER_ENCODING;
                }
            }
            case 29 -> {
                if (is(name, "access-control-request-method")) {
                    preflight = value;
                }
            }
            default -> {}
        }
        return null;
    }

    private void noteConnection(String value) {
        int from = 0;
        while (from <= value.length()) {
            int end = value.indexOf(',', from);
            end = end < 0 ? value.length() : end;
            String token = value.substring(from, end).trim();
            if (token.equalsIgnoreCase("close")) {
                asksToClose = true;
            } else if (!token.isEmpty()
                    && !token.equalsIgnoreCase("keep-alive")
                    && !token.equalsIgnoreCase("upgrade")
                    && !token.equalsIgnoreCase("http2-settings")
                    && !token.equalsIgnoreCase("te")) {
                nominates = true;
            }
            from = end + 1;
        }
    }

    private @Nullable Rejection checkHostAndOrigin(String name, DoorCall call) {
        if (!name.equals(goodHost)) {
            if (!DoorNames.matchesHandshake(connection.sni(), name)) {
                return Rejection.SNI_HOST_MISMATCH;
            }
            if (!door.names().allowsHost(name)) {
                return Rejection.HOST;
            }
            goodHost = name;
        }
        String from = origin;
        if (from != null) {
            if (!door.names().allowsOrigin(from)) {
                return Rejection.ORIGIN;
            }
            call.origin(door.names().cors ? from : null);
        }
        return null;
    }

    private @Nullable Rejection checkTarget(HttpRequest request, DoorCall call) {
        String method = request.method().name();
        switch (method) {
            case "POST", "GET", "DELETE", "OPTIONS" -> {}
            case "HEAD", "PUT", "PATCH", "TRACE", "CONNECT" -> {
                return Rejection.METHOD;
            }
            default -> {
                return Rejection.METHOD_UNKNOWN;
            }
        }
        String uri = request.uri();
        if (!uri.startsWith("/")) {
            return uri.indexOf("://") > 0 ? Rejection.ABSOLUTE_FORM : Rejection.TARGET;
        }
        if (!RequestTarget.isWellFormed(uri)) {
            return Rejection.TARGET;
        }
        if (upgrade != null && !isUpgradeIgnored(upgrade, call)) {
            return Rejection.UPGRADE;
        }
        RequestTarget target = RequestTarget.of(uri);
        if (target == null) {
            return Rejection.PATH;
        }
        call.target(target);
        return checkMethodHere(method, target.endpoint(), call);
    }

    private @Nullable Rejection checkMethodHere(String method, Endpoint endpoint, DoorCall call) {
        if (method.equals("OPTIONS")) {
            if (call.origin() == null || preflight == null) {
                return Rejection.METHOD;
            }
            call.preflight();
            return null;
        }
        boolean here = switch (endpoint) {
            case MCP -> true;
            case SSE -> method.equals("GET");
            case MESSAGES -> method.equals("POST");
        };
        return here ? null : Rejection.METHOD_HERE;
    }

    /** HTTP/2 by upgrade is not spoken, but asking for it is no error; it costs the connection. */
    private boolean isUpgradeIgnored(String protocol, DoorCall call) {
        if (!protocol.equalsIgnoreCase("h2c")) {
            return false;
        }
        door.meters.rejected(Rejection.UPGRADE);
        call.closeAfterwards();
        return true;
    }

    private @Nullable Rejection checkLength() {
        if (length > door.limits.bodyBytes()) {
            return Rejection.BODY_TOO_LARGE;
        }
        return expect != null && !expect.equalsIgnoreCase("100-continue") ? Rejection.EXPECT : null;
    }

    /** What the body of the request that was checked last claims to be, and what is accepted for it. */
    @Nullable
    Rejection checkContent(DoorCall call) {
        if (contentEncoding != null && !contentEncoding.equalsIgnoreCase("identity")) {
            return Rejection.CONTENT_ENCODING;
        }
        String method = call.method();
        if (method.equals("POST")) {
            Rejection ofType = MediaTypes.refuseContentType(contentType);
            if (ofType != null) {
                return ofType;
            }
            boolean both = accepted == (MediaTypes.JSON | MediaTypes.EVENTS);
            return both || call.endpoint() == Endpoint.MESSAGES ? null : Rejection.ACCEPT;
        }
        boolean streams = (accepted & MediaTypes.EVENTS) != 0;
        return streams || method.equals("DELETE") ? null : Rejection.ACCEPT;
    }

    /** What cannot be read as a length is longer than all that may come. */
    private static long lengthOf(String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    private static boolean is(CharSequence name, String lowerCase) {
        return AsciiString.contentEqualsIgnoreCase(name, lowerCase);
    }

    private static boolean isAscii(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) >= 0x7f) {
                return false;
            }
        }
        return true;
    }
}
