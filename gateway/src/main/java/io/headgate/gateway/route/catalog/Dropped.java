package io.headgate.gateway.route.catalog;

import io.headgate.mcp.VisibleText;

/**
 * An item that a server offers and clients do not see.
 *
 * @param kind {@code tool}, {@code prompt}, {@code resource} or {@code template}
 * @param name as the server wrote it, made safe to print
 */
public record Dropped(String kind, String name, String reason) {
    private static final int LONGEST_NAME = 128;

    static Dropped of(ItemKind kind, String name, String reason) {
        return new Dropped(kind.label(), VisibleText.shown(name, LONGEST_NAME), reason);
    }
}
