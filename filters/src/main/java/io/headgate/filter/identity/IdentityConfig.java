package io.headgate.filter.identity;

/**
 * By what callers are known.
 *
 * @param apiKeys whose they are, in a file of its own
 */
public record IdentityConfig(ApiKeys apiKeys) {}
