package io.headgate.gateway.config;

/** What {@code filters.extends} may begin from. */
public enum ChainBase {
    DEFAULT,
    NONE
}
