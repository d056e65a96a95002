package io.headgate.filter;

import io.headgate.mcp.Envelope;
import io.headgate.mcp.Member;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The place of one call in a trace (W3C Trace Context).
 *
 * @param traceId 32 hex digits, the client's if it sent any
 * @param spanId 16 hex digits, always ours
 * @param parentId the client's span, or null if the trace begins here
 * @param flags two hex digits
 * @param state what other tracers keep in {@code tracestate}, or null
 */
public record TraceContext(
        String traceId,
        String spanId,
        @Nullable String parentId,
        String flags,
        @Nullable String state) {
    private static final int LENGTH = 55;
    private static final int TRACE = 3;
    private static final int PARENT = 36;
    private static final int FLAGS = 53;
    private static final int MAX_STATE = 512;
    private static final String SAMPLED = "01";
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    /** Continues the trace that the client named in {@code _meta}, or else in its header; begins one if it named none. */
    public static TraceContext of(Exchange exchange) {
        Envelope message = exchange.message().envelope();
        String parent = message.string(Member.META_TRACEPARENT);
        if (parent != null && isTraceparent(parent)) {
            return under(parent, message.string(Member.META_TRACESTATE));
        }
        parent = exchange.headers().get("traceparent");
        return parent != null && isTraceparent(parent)
                ? under(parent, exchange.headers().get("tracestate"))
                : new TraceContext(id(32), id(16), null, SAMPLED, null);
    }

    private static TraceContext under(String parent, @Nullable String state) {
        return new TraceContext(
                parent.substring(TRACE, PARENT - 1),
                id(16),
                parent.substring(PARENT, FLAGS - 1),
                parent.substring(FLAGS),
                state != null && isState(state) ? state : null);
    }

    /** The parent that an upstream is told. */
    public String traceparent() {
        return "00-" + traceId + "-" + spanId + "-" + flags;
    }

    /** True for a trace context of version 00: lower-case hex, neither id all zeros. */
    public static boolean isTraceparent(String text) {
        return text.length() == LENGTH
                && text.startsWith("00-")
                && text.charAt(PARENT - 1) == '-'
                && text.charAt(FLAGS - 1) == '-'
                && isId(text, TRACE, PARENT - 1)
                && isId(text, PARENT, FLAGS - 1)
                && isHex(text.charAt(FLAGS))
                && isHex(text.charAt(FLAGS + 1));
    }

    /** What a header can carry, and looks like a list of keys with values. */
    private static boolean isState(String text) {
        int length = text.length();
        if (length > MAX_STATE || text.indexOf('=') <= 0) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    private static boolean isId(String text, int from, int to) {
        boolean zero = true;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!isHex(c)) {
                return false;
            }
            zero &= c == '0';
        }
        return !zero;
    }

    private static boolean isHex(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }

    /** So many random hex digits, a multiple of 16: unique, and no secret, because one who sees one may guess others. */
    public static String id(int digits) {
        char[] text = new char[digits];
        ThreadLocalRandom random = ThreadLocalRandom.current();
        for (int at = 0; at < digits; at += 16) {
            // An id of zeros is none.
            long bits = random.nextLong() | 1;
            for (int i = 0; i < 16; i++) {
                text[at + i] = HEX[(int) (bits >>> (4 * i)) & 0xF];
            }
        }
        return new String(text);
    }
}
