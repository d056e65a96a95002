package io.headgate.gateway.config.schema;

/** Which change of a key lets more through than before. */
public enum Looser {
    HIGHER,
    LOWER,
    TRUE,
    MORE,
    FEWER,
    SCOPE,
    ADDED,
    REMOVED,
    LATER,
    REACH,
    NONE
}
