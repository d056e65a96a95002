package io.headgate.gateway.demo;

/** Which revisions of the protocol a demo server speaks: the stateless one, the ones with sessions, or all. */
public enum Era {
    MODERN,
    LEGACY,
    BOTH
}
