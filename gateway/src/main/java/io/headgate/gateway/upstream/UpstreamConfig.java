package io.headgate.gateway.upstream;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One server as the file names it.
 *
 * @param transport HTTP leaves it to be found out how the server wants to be spoken to, SSE says it
 * @param era in which eras it may be spoken to
 * @param prefix what its tool and prompt names begin with for clients; empty passes names unchanged
 * @param headers sent with every request to it; the values are secrets
 * @param isStateless true if its legacy sessions hold nothing that belongs to one caller
 * @param deadlineHeader the field that tells it how many milliseconds somebody still waits, or null for none
 * @param isLinkLocal true if it may be at a link-local address
 * @param trustFile PEM certificates to trust instead of the platform's, or null
 */
public record UpstreamConfig(
        String name,
        URI url,
        UpstreamTransport transport,
        EraChoice era,
        String prefix,
        Map<String, String> headers,
        boolean isStateless,
        boolean http2PriorKnowledge,
        @Nullable String deadlineHeader,
        boolean isLinkLocal,
        @Nullable String trustFile,
        UpstreamLimits limits) {
    /** A server that is spoken to in each client's era, is not told how long a client waits, and is not link-local. */
    public UpstreamConfig(
            String name,
            URI url,
            UpstreamTransport transport,
            String prefix,
            Map<String, String> headers,
            boolean isStateless,
            boolean http2PriorKnowledge,
            @Nullable String trustFile,
            UpstreamLimits limits) {
        this(
                name,
                url,
                transport,
                EraChoice.AUTO,
                prefix,
                headers,
                isStateless,
                http2PriorKnowledge,
                null,
                /* isLinkLocal= */ false,
                trustFile,
                limits);
    }

    /** The same server, spoken to as is chosen. */
    public UpstreamConfig withEra(EraChoice changed) {
        return new UpstreamConfig(
                name,
                url,
                transport,
                changed,
                prefix,
                headers,
                isStateless,
                http2PriorKnowledge,
                deadlineHeader,
                isLinkLocal,
                trustFile,
                limits);
    }

    /** Names the server and nothing secret: header values and the user part of the URL stay out of every output. */
    @Override
    public String toString() {
        return "UpstreamConfig[" + name + " at " + url.getScheme() + "://" + url.getHost() + "]";
    }

    /**
     * How long things may take and how large they may be, for all servers alike.
     *
     * @param idleTimeout how long nothing may come while a request waits for its answer, so that a server that is stuck is
     *     given up; tools without progress work in silence, so it is no shorter than what people accept
     * @param hardCap when a request is ended that still goes on: the last resort for a connection, above every limit of a
     *     filter, which ends a call sooner and says so
     */
    public record UpstreamLimits(
            Duration connectTimeout,
            Duration idleTimeout,
            Duration hardCap,
            int messageBytes,
            int tools,
            int toolBytes,
            int catalogBytes,
            int connectionsPerLoop) {
        public static final UpstreamLimits DEFAULT = new UpstreamLimits(
                Duration.ofSeconds(5),
                Duration.ofMinutes(5),
                Duration.ofHours(1),
                16 * 1024 * 1024,
                1_000,
                64 * 1024,
                8 * 1024 * 1024,
                8_192);
    }
}
