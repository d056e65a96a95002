package io.headgate.filter;

/**
 * Who sent a message.
 *
 * @param key identifies the caller: sessions, sealed states and limits are bound to it
 */
public record Caller(String key) {
    /** A caller that no filter has identified; all of them are one. */
    public static final Caller ANONYMOUS = new Caller("");

    public boolean isAnonymous() {
        return key.isEmpty();
    }
}
