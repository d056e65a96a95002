package io.headgate.gateway.dialect;

import io.headgate.mcp.Envelope;
import io.headgate.mcp.LogLevels;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import org.jspecify.annotations.Nullable;

/** What {@code _meta} of a request may say where the specification says what may stand there. */
final class MetaCheck {
    private MetaCheck() {}

    /** What is counted and said of a request whose progress token or log level is none; null if both are good. */
    static @Nullable Fault faultOf(Envelope request) {
        RawJson token = request.get(Member.META_PROGRESS_TOKEN);
        if (token != null && !isToken(token)) {
            return new Fault("progress_token", "params._meta.progressToken must be a string or an integer");
        }
        boolean wrongLevel =
                request.has(Member.META_LOG_LEVEL) && !LogLevels.contains(request.string(Member.META_LOG_LEVEL));
        return wrongLevel
                ? new Fault("log_level", "params._meta has an io.modelcontextprotocol/logLevel that is no log level")
                : null;
    }

    /** A token that is null is none: some clients write down all that they do not use. */
    private static boolean isToken(RawJson token) {
        if (!token.isNumber()) {
            return token.isString() || token.isNull();
        }
        for (int i = token.start(); i < token.end(); i++) {
            byte b = token.array()[i];
            if (b == '.' || b == 'e' || b == 'E') {
                return false;
            }
        }
        return true;
    }

    /**
     * A request that says what it must not.
     *
     * @param reason one of a closed set that a meter can have as a tag
     */
    record Fault(String reason, String message) {}
}
