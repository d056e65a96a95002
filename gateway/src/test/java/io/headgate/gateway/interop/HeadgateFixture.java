package io.headgate.gateway.interop;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.headgate.gateway.Gateway;
import io.headgate.gateway.config.ConfigFile;
import io.headgate.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The one place where these tests meet Headgate.
 *
 * <p>{@link #before} starts a gateway on a free port of 127.0.0.1 and returns when it is ready: every upstream has been
 * asked once, so the first {@code tools/list} is complete. Its file is the least that works:
 *
 * <pre>{@code
 * listen: 127.0.0.1:0
 * admin: 127.0.0.1:0
 * mcpServers:
 *   NAME:                 # one per upstream, in the given order
 *     type: http | sse    # Upstream.wire(); http may be left out
 *     url: URI
 *     prefix: PREFIX      # always written, also when it is ""
 * }</pre>
 *
 * <p>The era of an upstream is not in the file. {@link Front#mcp} is {@code /mcp} and {@link Front#sse} is {@code /sse} of
 * that gateway. Closing the front stops it, frees the port and fails if the gateway does not end within ten seconds. The
 * same holds whether the gateway runs in this JVM or as {@code java -jar}.
 *
 * <p>With {@code -Dheadgate.interop.direct=true} there is no gateway: the front is the upstream, and what needs a gateway
 * (several upstreams, prefixes, a change of era or transport) is skipped. That proves the tools of these tests, nothing else.
 */
final class HeadgateFixture {
    private static final boolean DIRECT = Boolean.getBoolean("headgate.interop.direct");

    private HeadgateFixture() {}

    /** A front for clients of the given era, which come over Streamable HTTP. */
    static Front before(Era client, Upstream... upstreams) {
        return before(client, Upstream.Wire.HTTP, upstreams);
    }

    /** A front for clients of the given era and transport. */
    static Front before(Era client, Upstream.Wire wire, Upstream... upstreams) {
        if (DIRECT) {
            return direct(client, wire, List.of(upstreams));
        }
        return Headgate.start("", List.of(upstreams));
    }

    /** A front with other filters than those of a file without any; they are written as in the file. */
    static Front behind(String filters, Upstream... upstreams) {
        assumeTrue(!DIRECT, "filters need a gateway");
        return Headgate.start(filters, List.of(upstreams));
    }

    private static Front direct(Era client, Upstream.Wire wire, List<Upstream> upstreams) {
        Upstream upstream = upstreams.get(0);
        assumeTrue(upstreams.size() == 1, "several upstreams need a gateway");
        assumeTrue(upstream.prefix().isEmpty(), "a prefix needs a gateway");
        assumeTrue(upstream.era() == client, "two eras need a gateway");
        assumeTrue(upstream.wire() == wire, "two transports need a gateway");
        return new Direct(upstream.uri());
    }

    private record Direct(URI uri) implements Front {
        @Override
        public URI mcp() {
            return uri;
        }

        @Override
        public URI sse() {
            return uri;
        }

        @Override
        public void close() {}
    }

    /** A gateway in this JVM, started from a file like any other. */
    private record Headgate(Gateway gateway, Path file) implements Front {
        private static final Duration READY = Duration.ofSeconds(30);
        private static final HttpClient HTTP = HttpClient.newHttpClient();

        static Headgate start(String filters, List<Upstream> upstreams) {
            StringBuilder yaml = new StringBuilder("listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nmcpServers:\n");
            for (Upstream upstream : upstreams) {
                yaml.append("  ").append(upstream.name()).append(":\n    url: ").append(upstream.uri());
                if (upstream.wire() == Upstream.Wire.SSE) {
                    yaml.append("\n    type: sse");
                }
                yaml.append("\n    prefix: \"").append(upstream.prefix()).append("\"\n");
            }
            try {
                Path file = Files.createTempFile("headgate", ".yaml");
                Files.writeString(file, yaml.append(filters));
                Headgate started = new Headgate(Gateway.start(ConfigFile.read(file)), file);
                started.awaitServers(upstreams.size());
                return started;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Ready means one server; these tests want the whole fleet. */
        private void awaitServers(int count) {
            HttpRequest state = HttpRequest.newBuilder(URI.create(
                            "http://127.0.0.1:" + gateway.adminAddress().getPort() + "/state"))
                    .build();
            AtomicReference<String> last = new AtomicReference<>("");
            try {
                Await.until(READY, () -> "all servers are listed: " + last, () -> {
                    String shown = HTTP.send(state, HttpResponse.BodyHandlers.ofString())
                            .body();
                    last.set(shown);
                    return shown.split("\"lastRefresh\":\"", -1).length - 1 == count;
                });
            } catch (AssertionError missing) {
                close();
                throw missing;
            }
        }

        @Override
        public URI mcp() {
            return URI.create("http://127.0.0.1:" + gateway.address().getPort() + "/mcp");
        }

        @Override
        public URI sse() {
            return URI.create("http://127.0.0.1:" + gateway.address().getPort() + "/sse");
        }

        @Override
        public void close() {
            gateway.stop();
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
