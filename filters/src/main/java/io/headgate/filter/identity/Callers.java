package io.headgate.filter.identity;

import io.headgate.filter.Caller;
import io.headgate.filter.RequestHeaders;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The callers by the hashes of their keys. */
final class Callers {
    private static final Logger LOG = LoggerFactory.getLogger(Callers.class);
    private static final String SCHEME = "Bearer ";
    private static final int MOST_CHARACTERS = 512;

    private final Map<KeyHash, Finding> known;

    /** Who calls, or why nobody knows, and then the caller is nobody. */
    record Finding(Caller caller, @Nullable CredentialFault fault) {
        private static final Finding MISSING = new Finding(Caller.ANONYMOUS, CredentialFault.MISSING);
        private static final Finding MALFORMED = new Finding(Caller.ANONYMOUS, CredentialFault.MALFORMED);
        private static final Finding UNKNOWN = new Finding(Caller.ANONYMOUS, CredentialFault.UNKNOWN);
    }

    Callers(ApiKeys keys) {
        Map<KeyHash, Finding> findings = new HashMap<>();
        keys.keys()
                .forEach(key -> findings.put(
                        key.hash(), new Finding(new Caller(key.caller(), key.tenant()), /* fault= */ null)));
        known = Map.copyOf(findings);
    }

    /** Who shows a key in these fields. What goes wrong while looking is no key. */
    Finding find(RequestHeaders headers) {
        try {
            List<String> bearer = headers.all("authorization");
            List<String> plain = headers.all("x-api-key");
            int shown = bearer.size() + plain.size();
            if (shown == 0) {
                return Finding.MISSING;
            }
            // Of two keys, one would be looked at here and the other one by somebody else.
            String key = shown > 1 ? "" : bearer.isEmpty() ? plain.get(0) : withoutScheme(bearer.get(0));
            if (!isKey(key)) {
                return Finding.MALFORMED;
            }
            Finding found = known.get(KeyHash.ofKey(key));
            return found == null ? Finding.UNKNOWN : found;
        } catch (RuntimeException defect) {
            // What it says may repeat what was shown.
            LOG.error("A key could not be looked at: {}", defect.getClass().getName());
            return Finding.UNKNOWN;
        }
    }

    private static String withoutScheme(String field) {
        boolean hasScheme = field.regionMatches(/* ignoreCase= */ true, 0, SCHEME, 0, SCHEME.length());
        return hasScheme ? field.substring(SCHEME.length()) : "";
    }

    private static boolean isKey(String text) {
        if (text.isEmpty() || text.length() > MOST_CHARACTERS) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) >= 0x7F) {
                return false;
            }
        }
        return true;
    }

    /** Those with several keys count once. */
    int count() {
        return (int) known.values().stream().distinct().count();
    }

    int keys() {
        return known.size();
    }
}
