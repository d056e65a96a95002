package io.headgate.filter;

/**
 * Who sent a message.
 *
 * @param key identifies the caller: sessions, sealed states and limits are bound to it
 * @param tenant on whose behalf it calls: what many callers may have in common; empty if it is unknown
 */
public record Caller(String key, String tenant) {
    /** A caller that no filter has identified; all of them are one. */
    public static final Caller ANONYMOUS = new Caller("");

    /** A caller without a tenant. */
    public Caller(String key) {
        this(key, "");
    }

    public boolean isAnonymous() {
        return key.isEmpty();
    }
}
