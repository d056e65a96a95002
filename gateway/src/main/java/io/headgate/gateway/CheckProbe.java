package io.headgate.gateway;

import io.headgate.filter.audit.AuditConfig;
import io.headgate.filter.audit.ExportConfig;
import io.headgate.filter.ratelimit.RateLimitConfig;
import io.headgate.filter.ratelimit.SharedProbe;
import io.headgate.gateway.audit.ExportProbe;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.config.Written;
import io.headgate.gateway.http.HttpLoops;
import io.headgate.gateway.http.Transport;
import io.headgate.gateway.policy.ConfiguredFilter;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.era.HttpUpstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Asks what a file names, all at once: servers, the Redis of shared limits, and the receiver of exported records. */
final class CheckProbe {
    static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int AT_ONCE = 64;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;

    private final Config config;
    private final Written written;
    private final List<String> errors = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    /** The names of tools as clients of the whole fleet see them, and whose they are. */
    private final Map<String, String> tools = new LinkedHashMap<>();

    /** What came of a question: what a server offers, or what is wrong. */
    private record Answer(
            String path,
            @Nullable UpstreamConfig server,
            @Nullable Listing listing,
            String wrong) {}

    private CheckProbe(Config config) {
        this.config = config;
        this.written = config.written();
    }

    /** Takes no longer than {@link #PATIENCE} for each 64 servers. */
    static CheckProbe ask(Config config) {
        CheckProbe probe = new CheckProbe(config);
        HttpLoops loops = HttpLoops.create(Transport.AUTO, 1);
        try {
            List<Answer> answers = Flux.concat(Flux.fromStream(probe.servers(loops)), Flux.fromStream(probe.others()))
                    .flatMapSequential(question -> question, AT_ONCE)
                    .collectList()
                    .block();
            (answers == null ? List.<Answer>of() : answers).forEach(probe::take);
        } finally {
            loops.dispose();
        }
        if (probe.errors.isEmpty()) {
            probe.warnOfPatterns();
        }
        return probe;
    }

    List<String> errors() {
        return errors;
    }

    List<String> warnings() {
        return warnings;
    }

    int tools() {
        return tools.size();
    }

    private Stream<Mono<Answer>> servers(HttpLoops loops) {
        return config.servers().stream().map(server -> {
            String path = "mcpServers." + server.name();
            return ProbeCommand.ask(server, loops, PATIENCE, HttpUpstream::list)
                    .map(listing -> new Answer(path, server, listing, ""))
                    .onErrorResume(failed -> Mono.just(wrong(path, ProbeCommand.reason(failed))));
        });
    }

    private Stream<Mono<Answer>> others() {
        return config.filters().stream().flatMap(filter -> Stream.concat(redis(filter), receiver(filter)));
    }

    private static Stream<Mono<Answer>> redis(ConfiguredFilter<?> filter) {
        if (!(filter.config() instanceof RateLimitConfig limits) || limits.shared() == null) {
            return Stream.of();
        }
        String path = filter.place() + ".shared";
        // Not what the failure says: it may repeat the address with its password.
        return Stream.of(SharedProbe.ask(limits, PATIENCE)
                .thenReturn(wrong(path, ""))
                .onErrorReturn(wrong(path, "Redis does not answer, or refuses the password (expected: a PONG)")));
    }

    private static Stream<Mono<Answer>> receiver(ConfiguredFilter<?> filter) {
        ExportConfig export = filter.config() instanceof AuditConfig audit ? audit.export() : null;
        if (export == null) {
            return Stream.of();
        }
        String path = filter.place() + ".export";
        return Stream.of(ExportProbe.ask(export)
                .map(status -> wrong(path, wrongWith(export, status)))
                .onErrorReturn(wrong(path, export.target() + " does not answer (expected: a status)")));
    }

    /** A batch without records may be refused for that, so not every status of 4xx is a fault. */
    private static String wrongWith(ExportConfig export, int status) {
        boolean isRefused = status == UNAUTHORIZED || status == FORBIDDEN || status == NOT_FOUND || status >= 500;
        return isRefused ? export.target() + " answers " + status + " (expected: 2xx)" : "";
    }

    private static Answer wrong(String path, String what) {
        return new Answer(path, null, null, what);
    }

    private void take(Answer answer) {
        if (!answer.wrong().isEmpty()) {
            errors.add(written.problem(answer.path(), answer.wrong()));
        } else if (answer.server() != null && answer.listing() != null) {
            take(answer.path(), answer.server(), answer.listing());
        }
    }

    private void take(String path, UpstreamConfig server, Listing listing) {
        boolean isTold = false;
        Stream<Listing> both = Stream.concat(Stream.of(listing), Stream.ofNullable(listing.forSessions()));
        for (String name : both.flatMap(each -> each.tools().stream())
                .map(tool -> server.prefix() + tool.getString("name"))
                .distinct()
                .toList()) {
            String other = tools.putIfAbsent(name, server.name());
            if (other != null && !isTold) {
                isTold = true;
                warnings.add(written.warning(
                        path,
                        "the tool " + name + " is one of " + other + " too, and clients see one of them"
                                + " (expected: a prefix of its own)"));
            }
        }
    }

    /** Of patterns that fit no server the file itself says so. */
    private void warnOfPatterns() {
        for (Written.Pattern each : written.patterns()) {
            boolean mayFit =
                    config.servers().stream().anyMatch(server -> each.pattern().mayFit(server.prefix()));
            if (mayFit && tools.keySet().stream().noneMatch(each.pattern()::matches)) {
                warnings.add(written.warning(
                        each.path(),
                        each.pattern() + " fits no tool that the servers have now"
                                + " (expected: the name of a tool, or one with stars)"));
            }
        }
    }
}
