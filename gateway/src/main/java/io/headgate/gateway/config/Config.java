package io.headgate.gateway.config;

import io.headgate.gateway.http.DoorLimits;
import io.headgate.gateway.http.TlsConfig;
import io.headgate.gateway.http.Transport;
import io.headgate.gateway.memory.MemoryConfig;
import io.headgate.gateway.policy.BuiltInFilters;
import io.headgate.gateway.policy.ConfiguredFilter;
import io.headgate.gateway.session.ParkingConfig;
import io.headgate.gateway.session.SessionConfig;
import io.headgate.gateway.upstream.UpstreamConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The whole file, checked.
 *
 * @param admin where people look at the gateway
 * @param data where the gateway keeps what must outlive it
 * @param filters the chain, in this order
 * @param warnings what may be meant but seldom is, a line for each as in {@link ConfigRejected#problems}
 * @param files the file, what it includes, and all that it names: absolute, each once, in the order of reading; of an
 *     included directory also the directory, because a file may be added to it
 * @param filled the paths of the values that were filled in, as {@code admin.token}: none of them is to be shown
 * @param digest the SHA-256 of the file as it is written; with more texts (what it includes, mcpJson, keys of callers) that
 *     of their SHA-256s, each on a line; the empty string without a file
 * @param written where it stands in the file; differs between files that mean the same
 */
public record Config(
        Address listen,
        AdminConfig admin,
        Path data,
        @Nullable TlsConfig tls,
        HttpConfig http,
        List<UpstreamConfig> servers,
        List<ConfiguredFilter<?>> filters,
        SessionConfig sessions,
        ParkingConfig parking,
        SealConfig seal,
        CatalogConfig catalog,
        MemoryConfig memory,
        ShutdownConfig shutdown,
        List<String> warnings,
        List<Path> files,
        Set<String> filled,
        String digest,
        Written written) {
    public static final Address DEFAULT_LISTEN = new Address("127.0.0.1", 8080);
    static final Path DEFAULT_DATA = Path.of("headgate-data");

    /** Servers behind two addresses, and all defaults. */
    public static Config of(Address listen, Address admin, List<UpstreamConfig> servers) {
        return new Config(
                listen,
                AdminConfig.of(admin),
                DEFAULT_DATA,
                null,
                HttpConfig.DEFAULT,
                servers,
                BuiltInFilters.DEFAULT_CHAIN,
                SessionConfig.DEFAULT,
                ParkingConfig.DEFAULT,
                SealConfig.DEFAULT,
                CatalogConfig.DEFAULT,
                MemoryConfig.DEFAULT,
                ShutdownConfig.DEFAULT,
                List.of(),
                List.of(),
                Set.of(),
                "",
                new Written());
    }

    Config withWarnings(List<String> found) {
        return new Config(
                listen, admin, data, tls, http, servers, filters, sessions, parking, seal, catalog, memory, shutdown,
                found, files, filled, digest, written);
    }

    /** For people: no headers and no keys. */
    @Override
    public String toString() {
        return "Config[listen=" + listen + ", admin=" + admin.listen() + ", servers="
                + servers.stream().map(UpstreamConfig::name).toList() + ", filters="
                + filters.stream().map(ConfiguredFilter::name).toList() + "]";
    }

    /** What the door lets in. */
    public record HttpConfig(
            List<String> allowedHosts, List<String> allowedOrigins, Transport transport, DoorLimits limits) {
        public static final HttpConfig DEFAULT =
                new HttpConfig(List.of(), List.of(), Transport.AUTO, DoorLimits.DEFAULT);
    }

    /** Keys for what clients keep for the gateway: the first one seals, all of them open; none means a random one. */
    public record SealConfig(List<SealKeyConfig> keys) {
        public static final SealConfig DEFAULT = new SealConfig(List.of());

        public SealConfig {
            if (keys.stream().map(SealKeyConfig::id).distinct().count() != keys.size()) {
                throw new IllegalArgumentException("keys: an id twice (expected: each id once)");
            }
        }
    }

    /** How lists are cut into pages. */
    public record CatalogConfig(int pageSize) {
        public static final CatalogConfig DEFAULT = new CatalogConfig(250);

        public CatalogConfig {
            Checks.positive("pageSize", pageSize);
        }
    }

    /** How long calls may still take after the gateway was told to stop. */
    public record ShutdownConfig(Duration grace) {
        public static final ShutdownConfig DEFAULT = new ShutdownConfig(Duration.ofSeconds(25));
    }
}
