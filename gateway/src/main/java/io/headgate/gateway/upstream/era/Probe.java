package io.headgate.gateway.upstream.era;

import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.ListChanges;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.legacy.LegacyBack;
import io.headgate.gateway.upstream.modern.ModernBack;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/** Looks at a server once, for a person who wants to know what it is. */
public final class Probe {
    private Probe() {}

    /**
     * What a server is.
     *
     * @param versions the revisions that it named, the one in use first
     * @param peculiarities what an operator may stumble over, in words
     */
    public record Description(
            Era era,
            List<String> versions,
            RawJson capabilities,
            @Nullable RawJson serverInfo,
            @Nullable String instructions,
            List<String> tools,
            List<String> prompts,
            List<String> resources,
            List<String> peculiarities) {}

    /** Finds the era, reads all lists, and closes what it opened; fails with a Refusal. */
    public static Mono<Description> describe(UpstreamConfig config, LoopResources loops) {
        return Mono.usingWhen(
                Mono.fromSupplier(
                        () -> HttpUpstream.create(config, loops, new SimpleMeterRegistry(), InstantSource.system())),
                upstream -> upstream.era()
                        .find()
                        .flatMap(dialect -> dialect.list()
                                .flatMap(listing ->
                                        versions(dialect).map(versions -> description(dialect, listing, versions)))),
                HttpUpstream::close);
    }

    private static Mono<List<String>> versions(BackDialect dialect) {
        if (!(dialect instanceof ModernBack modern)) {
            return Mono.just(List.of(dialect.version()));
        }
        return modern.discover().map(discovered -> {
            List<String> versions = new ArrayList<>(List.of(dialect.version()));
            RawJson named = discovered.envelope().get(Member.SUPPORTED_VERSIONS);
            if (named != null) {
                named.elements().stream()
                        .map(RawJson::string)
                        .filter(version -> version != null && !versions.contains(version))
                        .forEach(versions::add);
            }
            return versions;
        });
    }

    private static Description description(BackDialect dialect, Listing listing, List<String> versions) {
        return new Description(
                dialect.era(),
                versions,
                listing.capabilities(),
                listing.serverInfo(),
                listing.instructions(),
                texts(listing.tools(), "name"),
                texts(listing.prompts(), "name"),
                texts(listing.resources(), "uri"),
                peculiarities(dialect, listing));
    }

    private static List<String> peculiarities(BackDialect dialect, Listing listing) {
        List<String> found = new ArrayList<>();
        if (dialect.transport() == UpstreamTransport.SSE) {
            found.add("speaks HTTP+SSE of 2024-11-05: one lost stream loses all calls of its session");
        } else if (dialect instanceof LegacyBack legacy) {
            if (legacy.isSessionless()) {
                found.add("gives no session id: all callers share one session");
            }
            if (legacy.announcesNothing()) {
                found.add("answers GET with an error: changes are not announced");
            }
        } else {
            if (listing.ttlMillis() == 0) {
                found.add("gives its lists no time to live");
            } else {
                found.add("its lists may be kept for " + Duration.ofMillis(listing.ttlMillis()));
            }
            if (!listing.isPublic()) {
                found.add("its lists may differ between callers");
            }
        }
        if (ListChanges.announced(listing.capabilities()).isEmpty()) {
            found.add("does not announce changes of its lists");
        }
        return found;
    }

    private static List<String> texts(List<RawJson> items, String key) {
        return items.stream().map(item -> String.valueOf(item.getString(key))).toList();
    }
}
