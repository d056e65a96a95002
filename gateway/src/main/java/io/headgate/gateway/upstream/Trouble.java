package io.headgate.gateway.upstream;

import java.time.Instant;

/**
 * Something that went wrong with a server, for people.
 *
 * @param text what it was, without secrets
 */
public record Trouble(String text, Instant at) {}
