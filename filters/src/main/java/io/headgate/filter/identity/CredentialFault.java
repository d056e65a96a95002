package io.headgate.filter.identity;

import io.headgate.filter.Refusal;
import java.time.Duration;
import java.util.Locale;

/** Why nobody knows who calls; the client is told no more of it than whether it showed anything. */
enum CredentialFault {
    MISSING(Refusal.Reason.CREDENTIAL_MISSING, "a key is needed: Authorization: Bearer KEY, or X-API-Key: KEY"),
    MALFORMED(Refusal.Reason.CREDENTIAL_INVALID, CredentialFault.NOT_VALID),
    UNKNOWN(Refusal.Reason.CREDENTIAL_INVALID, CredentialFault.NOT_VALID),
    THROTTLED(Refusal.Reason.RATE_LIMITED, "too many wrong keys from this address");

    private static final String NOT_VALID = "the key is not valid";

    /** How meters name it. */
    final String label = name().toLowerCase(Locale.ROOT);

    /** How records name it. */
    final String event = "authn_token_rejected:" + label;

    private final Refusal.Reason reason;
    private final String text;

    CredentialFault(Refusal.Reason reason, String text) {
        this.reason = reason;
        this.text = text;
    }

    /** True if it is about what was shown, and not about whether anything was. */
    boolean isWrongKey() {
        return this == MALFORMED || this == UNKNOWN;
    }

    Refusal refusal() {
        return new Refusal(reason, text);
    }

    Refusal refusal(Duration retryAfter) {
        return new Refusal(reason, text, retryAfter);
    }
}
