package io.headgate.gateway.upstream.net;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The secrets that the gateway shows to one server, which no client may see if the server repeats them.
 *
 * <p>They are searched for in the bytes of each message of up to a megabyte, before it is read, and overwritten where
 * they stand, so what follows sees a message of the same length without them. Only what stands there as it was sent is
 * found, not what was encoded in another way. A server without secrets costs one look.
 */
final class HeldSecrets {
    static final HeldSecrets NONE = new HeldSecrets(List.of());

    /** Longer messages are not searched: the search runs on the event loop. */
    static final int MOST_BYTES = 1024 * 1024;

    private static final int SHORTEST_CREDENTIAL = 8;

    /** Shorter values of fields with other names may be words that results have for good reasons. */
    private static final int SHORTEST_OTHER = 16;

    private static final List<String> CREDENTIALS =
            List.of("auth", "key", "token", "secret", "password", "cookie", "credential");

    private final Needle[] needles;

    private HeldSecrets(List<Needle> needles) {
        this.needles = needles.toArray(new Needle[0]);
    }

    /** Those among the header fields that are sent with every request. */
    static HeldSecrets of(Map<String, String> headers) {
        List<Needle> needles = new ArrayList<>();
        headers.forEach((name, value) -> {
            String secret = withoutScheme(value.strip());
            String lower = name.toLowerCase(Locale.ROOT);
            boolean isCredential = CREDENTIALS.stream().anyMatch(lower::contains);
            if (secret.length() >= (isCredential ? SHORTEST_CREDENTIAL : SHORTEST_OTHER)) {
                needles.add(new Needle(secret));
            }
        });
        return needles.isEmpty() ? NONE : new HeldSecrets(needles);
    }

    /** A server is likely to repeat the token and not what stands before it. */
    private static String withoutScheme(String value) {
        int space = value.indexOf(' ');
        String rest = space < 0 ? value : value.substring(space + 1).strip();
        return rest.length() >= SHORTEST_CREDENTIAL ? rest : value;
    }

    /** Overwrites them in a message; true if there were any. */
    boolean mask(byte[] message, int length) {
        if (needles.length == 0 || length > MOST_BYTES) {
            return false;
        }
        boolean found = false;
        for (Needle needle : needles) {
            found |= needle.mask(message, length);
        }
        return found;
    }

    /** One secret as it stands in a string of JSON, with how far to go on after each byte that does not end it. */
    private static final class Needle {
        private final byte[] bytes;
        private final int[] steps = new int[256];
        private final byte mask;

        Needle(String secret) {
            bytes = secret.replace("\\", "\\\\").replace("\"", "\\\"").getBytes(StandardCharsets.US_ASCII);
            // It may stand as a number, which must stay one.
            mask = (byte) (secret.chars().allMatch(c -> c >= '0' && c <= '9') ? '9' : '*');
            Arrays.fill(steps, bytes.length);
            for (int i = 0; i < bytes.length - 1; i++) {
                steps[bytes[i] & 0xff] = bytes.length - 1 - i;
            }
        }

        boolean mask(byte[] message, int length) {
            int last = bytes.length - 1;
            boolean found = false;
            int at = 0;
            while (at + last < length) {
                if (isAt(message, at)) {
                    Arrays.fill(message, at, at + bytes.length, mask);
                    found = true;
                    at += bytes.length;
                } else {
                    at += steps[message[at + last] & 0xff];
                }
            }
            return found;
        }

        private boolean isAt(byte[] message, int at) {
            for (int i = bytes.length - 1; i >= 0; i--) {
                if (message[at + i] != bytes[i]) {
                    return false;
                }
            }
            return true;
        }
    }
}
