package io.headgate.filter.audit;

import io.headgate.filter.Secret;
import io.headgate.filter.Secrets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Tells what is never written down: what looks like a credential, and what the gateway holds for others.
 *
 * <p>One look at each character for the words; no regular expressions, because strangers choose the text.
 */
final class Masks {
    /** Shorter ones would be found in everything. */
    private static final int SHORTEST_SECRET = 6;

    private static final int SHORTEST_CARD = 13;
    private static final int LONGEST_CARD = 19;
    private static final int SHORTEST_JWT_HEAD = 5;

    /** Without what may stand between their parts. */
    private static final String[] WORDS = {
        "password", "passwd", "secret", "token", "apikey", "authorization", "cookie", "credential", "privatekey"
    };

    private final Secrets secrets;

    /** Made of the list that was held at the last look. */
    private Held held;

    /** What must never appear; immutable. */
    private static final class Held {
        private final List<Secret> of;
        private final String[] values;

        /** Of a value like {@code Bearer x} the part behind the scheme too. */
        Held(List<Secret> all) {
            of = all;
            values = all.stream()
                    .map(Secret::value)
                    .flatMap(value -> Stream.concat(Stream.of(value), Stream.of(value.split(" ", -1))))
                    .filter(value -> value.length() >= SHORTEST_SECRET)
                    .distinct()
                    .toArray(String[]::new);
        }
    }

    Masks(Secrets secrets) {
        this.secrets = secrets;
        this.held = new Held(secrets.all());
    }

    private String[] held() {
        List<Secret> present = secrets.all();
        Held known = held;
        if (known.of != present) {
            known = new Held(present);
            held = known;
        }
        return known.values;
    }

    /** True if a member of this name has a value that is nobody's business. */
    boolean isSecretKey(String key) {
        StringBuilder plain = new StringBuilder(key.length());
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (c != '_' && c != '-' && c != ' ' && c != '.') {
                plain.append(c);
            }
        }
        String folded = plain.toString().toLowerCase(Locale.ROOT);
        for (String word : WORDS) {
            if (folded.contains(word)) {
                return true;
            }
        }
        return false;
    }

    /** True if there is something in the text that must not be written down. */
    boolean isSecret(String text) {
        for (String secret : held()) {
            if (text.contains(secret)) {
                return true;
            }
        }
        int digits = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isDigit(c)) {
                digits++;
            } else if ((c == '=' || c == ':') && isAssignment(text, i)) {
                return true;
            } else if (c == '-' && text.startsWith("-----BEGIN", i) && text.indexOf("PRIVATE KEY", i) > 0) {
                return true;
            } else if (c == 'e' && isToken(text, i)) {
                return true;
            } else if ((c == 'B' || c == 'b') && isScheme(text, i)) {
                return true;
            }
        }
        return digits >= SHORTEST_CARD && hasCard(text);
    }

    /** The colon or equals sign behind one of the words, as in {@code password=x} or {@code Authorization: x}. */
    private boolean isAssignment(String text, int sign) {
        int end = sign;
        while (end > 0
                && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == '"' || text.charAt(end - 1) == '\'')) {
            end--;
        }
        int start = end;
        while (start > 0 && end - start < 32 && isNamePart(text.charAt(start - 1))) {
            start--;
        }
        return sign + 1 < text.length() && start < end && isSecretKey(text.substring(start, end));
    }

    /** Three parts in Base64, of which the first begins like every JSON object does. */
    private static boolean isToken(String text, int at) {
        if (!text.startsWith("eyJ", at) || (at > 0 && isNamePart(text.charAt(at - 1)))) {
            return false;
        }
        int end = at;
        while (end < text.length() && isNamePart(text.charAt(end))) {
            end++;
        }
        return end - at >= SHORTEST_JWT_HEAD;
    }

    private static boolean isScheme(String text, int at) {
        boolean bearer = text.regionMatches(true, at, "bearer ", 0, 7);
        boolean basic = text.regionMatches(true, at, "basic ", 0, 6);
        int value = at + (bearer ? 7 : 6);
        return (bearer || basic) && text.length() - value >= SHORTEST_SECRET && isNamePart(text.charAt(value));
    }

    /** A run of 13 to 19 digits, alone or in groups, whose check digit is right. */
    private static boolean hasCard(String text) {
        int[] run = new int[LONGEST_CARD];
        int count = 0;
        boolean gap = false;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : 'x';
            if (isDigit(c)) {
                if (count < LONGEST_CARD) {
                    run[count] = c - '0';
                }
                count++;
                gap = false;
            } else if ((c == ' ' || c == '-') && count > 0 && !gap) {
                gap = true;
            } else {
                if (count >= SHORTEST_CARD && count <= LONGEST_CARD && isValid(run, count)) {
                    return true;
                }
                count = 0;
                gap = false;
            }
        }
        return false;
    }

    /** Luhn's check. */
    private static boolean isValid(int[] digits, int count) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            int digit = digits[count - 1 - i];
            int weighed = i % 2 == 0 ? digit : 2 * digit;
            sum += weighed > 9 ? weighed - 9 : weighed;
        }
        return sum % 10 == 0;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNamePart(char c) {
        return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    }
}
