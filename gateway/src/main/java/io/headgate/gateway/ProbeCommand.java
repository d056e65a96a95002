package io.headgate.gateway;

import io.headgate.filter.Refusal;
import io.headgate.gateway.CommandLine.UsageException;
import io.headgate.gateway.http.HttpLoops;
import io.headgate.gateway.http.Transport;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamState;
import io.headgate.gateway.upstream.UpstreamState.EraState;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.HttpUpstream;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.VisibleText;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** Asks one server what it is and offers, as the gateway would. */
final class ProbeCommand {
    private static final int LONGEST_LINE = 16 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LAST_CLOSES = Duration.ofSeconds(2);
    private static final int MOST_NAMES = 50;

    private ProbeCommand() {}

    static String probe(String url, List<String> headers) {
        UpstreamConfig config = new UpstreamConfig(
                "probe",
                url(url),
                UpstreamTransport.HTTP,
                "",
                headers(headers),
                /* isStateless= */ false,
                /* http2PriorKnowledge= */ false,
                /* trustFile= */ null,
                UpstreamLimits.DEFAULT);
        HttpLoops loops = HttpLoops.create(Transport.AUTO, 1);
        try {
            String report = ask(
                            config,
                            loops,
                            PATIENCE,
                            upstream -> upstream.list()
                                    .zipWhen(listing -> upstream.settled())
                                    .map(both -> report(url, both.getT2(), both.getT1())))
                    .block();
            return report == null ? "" : report;
        } catch (RuntimeException failed) {
            throw new UsageException("probe: " + url + ": " + reason(failed));
        } finally {
            loops.dispose();
        }
    }

    /** Asks a server something as the gateway would, and leaves nothing there. */
    static <T> Mono<T> ask(
            UpstreamConfig config, HttpLoops loops, Duration patience, Function<HttpUpstream, Mono<T>> question) {
        return Mono.usingWhen(
                Mono.fromSupplier(
                        () -> HttpUpstream.create(config, loops, new SimpleMeterRegistry(), InstantSource.system())),
                upstream -> question.apply(upstream).timeout(patience),
                upstream -> upstream.close().timeout(LAST_CLOSES).onErrorComplete());
    }

    /** Why there is no answer, on one line. */
    static String reason(Throwable failed) {
        if (failed instanceof TimeoutException || failed.getCause() instanceof TimeoutException) {
            return "it does not answer in time";
        }
        return printable(failed instanceof Refusal refusal ? refusal.text() : String.valueOf(failed.getMessage()));
    }

    private static String report(String url, UpstreamState state, Listing listing) {
        StringBuilder text = new StringBuilder();
        line(text, "url", url);
        for (EraState era : state.eras()) {
            line(text, era.era().name().toLowerCase(Locale.ROOT), spoken(era));
        }
        line(
                text,
                "server",
                listing.serverInfo() == null
                        ? "does not say"
                        : listing.serverInfo().toString());
        line(text, "capabilities", listing.capabilities().toString());
        line(
                text,
                "instructions",
                listing.instructions() == null ? "none" : listing.instructions().length() + " characters");
        line(text, "time to live", listing.ttlMillis() == 0 ? "not given" : listing.ttlMillis() + " ms");
        line(text, "cache scope", listing.isPublic() ? "public" : "private");
        items(text, "tools", listing.tools(), "name");
        items(text, "prompts", listing.prompts(), "name");
        items(text, "resources", listing.resources(), "uri");
        items(text, "templates", listing.resourceTemplates(), "uriTemplate");
        return text.toString().stripTrailing();
    }

    private static String spoken(EraState era) {
        return era.transport() == null
                ? "no"
                : era.version() + " over " + era.transport().label();
    }

    private static void line(StringBuilder text, String what, String value) {
        text.append(String.format(Locale.ROOT, "%-18s%s%n", what, printable(value)));
    }

    private static void items(StringBuilder text, String what, List<RawJson> items, String key) {
        line(text, what, String.valueOf(items.size()));
        items.stream().limit(MOST_NAMES).forEach(item -> line(text, "", String.valueOf(item.getString(key))));
        if (items.size() > MOST_NAMES) {
            line(text, "", "and " + (items.size() - MOST_NAMES) + " more");
        }
    }

    /** What a server says must not steer the terminal. */
    private static String printable(String text) {
        return VisibleText.shown(text, LONGEST_LINE);
    }

    private static URI url(String text) {
        try {
            URI url = URI.create(text);
            if (url.getHost() != null
                    && url.getScheme() != null
                    && url.getScheme().startsWith("http")) {
                return url;
            }
        } catch (IllegalArgumentException wrong) {
            // Said below.
        }
        throw new UsageException("probe: " + text + " (expected: a URL as in http://127.0.0.1:9001/mcp)");
    }

    private static Map<String, String> headers(List<String> lines) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon <= 0) {
                throw new UsageException("probe: --header has no colon (expected: --header \"NAME: VALUE\")");
            }
            headers.put(
                    line.substring(0, colon).strip(), line.substring(colon + 1).strip());
        }
        return headers;
    }
}
