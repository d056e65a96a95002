package io.headgate.gateway.dialect;

import io.headgate.mcp.Envelope;
import io.headgate.mcp.Member;
import io.headgate.mcp.Methods;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rule that a modern request's header fields say what its body says (basic/transports, request headers).
 *
 * <p>Whoever judges by the headers and whoever judges by the body must judge the same request.
 */
final class ModernHeaders {
    static final String VERSION = "mcp-protocol-version";
    static final String METHOD = "mcp-method";
    static final String NAME = "mcp-name";
    private static final String SENTINEL_START = "=?base64?";
    private static final String SENTINEL_END = "?=";

    private ModernHeaders() {}

    /** Why header and body disagree, as a closed set for the meter, and in which field. */
    record Mismatch(String reason, String field, String message) {}

    /** Compares version, method and name; null if they agree. */
    static @Nullable Mismatch check(HttpCall call, Envelope envelope, String method) {
        Mismatch mismatch = compare(call, METHOD, "Mcp-Method", "method_mismatch", envelope, Member.METHOD);
        if (mismatch != null) {
            return mismatch;
        }
        Member name = nameMember(method);
        return name == null || !envelope.has(name)
                ? null
                : compare(call, NAME, "Mcp-Name", "name_mismatch", envelope, name);
    }

    /** Compares the version, which decides which rules hold at all. */
    static @Nullable Mismatch checkVersion(HttpCall call, Envelope envelope) {
        return compare(
                call, VERSION, "MCP-Protocol-Version", "version_mismatch", envelope, Member.META_PROTOCOL_VERSION);
    }

    private static @Nullable Member nameMember(String method) {
        return switch (method) {
            case Methods.TOOLS_CALL, Methods.PROMPTS_GET -> Member.NAME;
            case Methods.RESOURCES_READ -> Member.URI;
            case Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL -> Member.TASK_ID;
            default -> null;
        };
    }

    private static @Nullable Mismatch compare(
            HttpCall call, String header, String shown, String reason, Envelope envelope, Member member) {
        List<String> values = call.headers(header);
        if (values.isEmpty()) {
            return new Mismatch("missing_header", shown, "Header mismatch: " + shown + " is missing");
        }
        if (values.size() > 1) {
            return new Mismatch("duplicate_header", shown, "Header mismatch: " + shown + " is there twice");
        }
        String value = values.get(0);
        // What looks encoded is encoded: others would read it so, even if the body says the very same.
        String said = isSentinel(value) ? decode(value) : value;
        if (said == null) {
            return new Mismatch("bad_base64", shown, "Header mismatch: " + shown + " is not valid base64");
        }
        return envelope.is(member, said)
                ? null
                : new Mismatch(reason, shown, "Header mismatch: " + shown + " does not match the body");
    }

    static boolean isSentinel(String value) {
        return value.length() >= SENTINEL_START.length() + SENTINEL_END.length()
                && value.startsWith(SENTINEL_START)
                && value.endsWith(SENTINEL_END);
    }

    /** The text inside a base64 sentinel, or null if it is none. */
    static @Nullable String decode(String value) {
        String inner = value.substring(SENTINEL_START.length(), value.length() - SENTINEL_END.length());
        // The decoder takes missing padding; the specification does not.
        if (inner.length() % 4 != 0) {
            return null;
        }
        try {
            String text = new String(Base64.getDecoder().decode(inner), StandardCharsets.UTF_8);
            // One text has one encoding: bits behind the last byte and bytes that are no UTF-8 would be lost here and
            // not elsewhere.
            return Base64.getEncoder()
                            .encodeToString(text.getBytes(StandardCharsets.UTF_8))
                            .equals(inner)
                    ? text
                    : null;
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }
}
