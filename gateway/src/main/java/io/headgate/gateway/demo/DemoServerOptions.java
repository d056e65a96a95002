package io.headgate.gateway.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How a demo server listens and behaves; port 0 takes a free one, page size 0 puts a whole list on one page. */
public record DemoServerOptions(
        String name,
        String host,
        int port,
        Era era,
        @Nullable Path ledger,
        int workers,
        int pageSize,
        int eventLoops,
        Set<String> allowedHosts,
        @Nullable String stateSecret,
        Duration keepAlive,
        Duration sessionIdle,
        int maxSessions) {

    public DemoServerOptions {
        expect(!name.isBlank(), "name: " + name + " (expected: not blank)");
        expect(!host.isBlank(), "host: " + host + " (expected: not blank)");
        expect(port >= 0 && port <= 65_535, "port: " + port + " (expected: 0..65535)");
        expect(workers >= 1, "workers: " + workers + " (expected: >= 1)");
        expect(pageSize >= 0, "pageSize: " + pageSize + " (expected: >= 0)");
        expect(eventLoops >= 1, "eventLoops: " + eventLoops + " (expected: >= 1)");
        expect(keepAlive.toMillis() >= 1, "keepAlive: " + keepAlive + " (expected: >= 1ms)");
        expect(sessionIdle.toMillis() >= 1, "sessionIdle: " + sessionIdle + " (expected: >= 1ms)");
        expect(maxSessions >= 1, "maxSessions: " + maxSessions + " (expected: >= 1)");
        allowedHosts = Set.copyOf(allowedHosts);
    }

    /** Starts from both eras on a free loopback port. */
    public static Builder builder() {
        return new Builder();
    }

    private static void expect(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Options in the making. */
    public static final class Builder {
        private String name = "demo";
        private String host = "127.0.0.1";
        private int port;
        private Era era = Era.BOTH;
        private @Nullable Path ledger;
        private int workers = 4;
        private int pageSize;
        private int eventLoops = Runtime.getRuntime().availableProcessors();
        private Set<String> allowedHosts = Set.of();
        private @Nullable String stateSecret;
        private Duration keepAlive = Duration.ofSeconds(15);
        private Duration sessionIdle = Duration.ofMinutes(30);
        private int maxSessions = 10_000;

        private Builder() {}

        /** The name that the server gives for itself, to tell several apart. */
        public Builder name(String name) {
            this.name = name;
            return this;
        }

        public Builder host(String host) {
            this.host = host;
            return this;
        }

        public Builder port(int port) {
            this.port = port;
            return this;
        }

        public Builder era(Era era) {
            this.era = era;
            return this;
        }

        /** Where each executed tool call leaves a line before it is answered. */
        public Builder ledger(@Nullable Path ledger) {
            this.ledger = ledger;
            return this;
        }

        /** How many {@code work} calls run at a time; the others wait. */
        public Builder workers(int workers) {
            this.workers = workers;
            return this;
        }

        public Builder pageSize(int pageSize) {
            this.pageSize = pageSize;
            return this;
        }

        public Builder eventLoops(int eventLoops) {
            this.eventLoops = eventLoops;
            return this;
        }

        /** Host names, without port, that are accepted beside the loopback names. */
        public Builder allowedHosts(Set<String> allowedHosts) {
            this.allowedHosts = allowedHosts;
            return this;
        }

        /** Replicas with the same secret accept each other's request states; without one each server draws its own. */
        public Builder stateSecret(@Nullable String stateSecret) {
            this.stateSecret = stateSecret;
            return this;
        }

        public Builder keepAlive(Duration keepAlive) {
            this.keepAlive = keepAlive;
            return this;
        }

        public Builder sessionIdle(Duration sessionIdle) {
            this.sessionIdle = sessionIdle;
            return this;
        }

        public Builder maxSessions(int maxSessions) {
            this.maxSessions = maxSessions;
            return this;
        }

        public DemoServerOptions build() {
            return new DemoServerOptions(
                    name,
                    host,
                    port,
                    era,
                    ledger,
                    workers,
                    pageSize,
                    eventLoops,
                    allowedHosts,
                    stateSecret,
                    keepAlive,
                    sessionIdle,
                    maxSessions);
        }
    }
}
