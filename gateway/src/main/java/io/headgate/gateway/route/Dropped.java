package io.headgate.gateway.route;

/**
 * An item that a server offers and clients do not see.
 *
 * @param kind {@code tool}, {@code prompt}, {@code resource} or {@code template}
 * @param name as the server wrote it, made safe to print
 */
public record Dropped(String kind, String name, String reason) {
    private static final int LONGEST_NAME = 128;

    static Dropped of(ItemKind kind, String name, String reason) {
        StringBuilder safe = new StringBuilder();
        for (int i = 0; i < Math.min(name.length(), LONGEST_NAME); i++) {
            char c = name.charAt(i);
            boolean printable =
                    !Character.isISOControl(c) && !Character.isSurrogate(c) && c != '\u2028' && c != '\u2029';
            safe.append(printable ? c : '?');
        }
        return new Dropped(kind.label(), safe.toString(), reason);
    }
}
