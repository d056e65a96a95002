package io.headgate.gateway.upstream.era;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.ClientSession;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.gateway.http.HttpLoops;
import io.headgate.gateway.http.Transport;
import io.headgate.gateway.telemetry.MeterNames;
import io.headgate.gateway.upstream.BackDialect;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.FakeServer.Script;
import io.headgate.gateway.upstream.era.FakeServer.Wire;
import io.headgate.mcp.BadMessage;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.JsonLimits;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.headgate.mcp.RequestId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/** An upstream under test before a scripted server, and how to talk to it. */
public final class UpstreamFixture implements AutoCloseable {
    public static final Duration PATIENCE = Duration.ofSeconds(40);
    public static final UpstreamLimits QUICK = new UpstreamLimits(
            Duration.ofSeconds(10),
            Duration.ofSeconds(20),
            Duration.ofSeconds(30),
            1024 * 1024,
            1_000,
            64 * 1024,
            8 * 1024 * 1024,
            64);
    public static final String DISCOVERED = """
        {"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},\
        "ttlMs":60000,"cacheScope":"public"}\
        """;

    public final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    public final LoopResources loops = HttpLoops.create(Transport.AUTO, 2);
    final @Nullable FakeServer server;
    public final HttpUpstream upstream;

    public UpstreamFixture(FakeServer server, UpstreamConfig config) {
        this.server = server;
        this.upstream = HttpUpstream.create(config, loops, meters, InstantSource.system());
    }

    public UpstreamFixture(UpstreamConfig config) {
        this.server = null;
        this.upstream = HttpUpstream.create(config, loops, meters, InstantSource.system());
    }

    /** Before a modern server that answers everything but the discovery as the script says. */
    public static UpstreamFixture modern(Script script) throws IOException {
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.rpcMethod().equals("server/discover")) {
                wire.result(request, DISCOVERED);
            } else if (request.rpcMethod().equals("initialize")) {
                wire.error(404, request, -32601, "");
            } else {
                script.answer(request, wire);
            }
        });
        UpstreamFixture fixture = new UpstreamFixture(server, config(server.url(), QUICK));
        fixture.dialect();
        return fixture;
    }

    /** Before a legacy server with sessions; the script answers what is not part of their life. */
    public static UpstreamFixture legacy(LegacyScript script) throws IOException {
        FakeServer server = new FakeServer(script);
        return new UpstreamFixture(server, config(server.url(), QUICK));
    }

    /** How the server is spoken to for clients without a session, found if need be. */
    public BackDialect dialect() {
        return await(upstream.era().find());
    }

    public static UpstreamConfig config(URI url, UpstreamLimits limits) {
        return config(url, UpstreamTransport.HTTP, limits);
    }

    public static UpstreamConfig config(URI url, UpstreamTransport transport, UpstreamLimits limits) {
        return new UpstreamConfig(
                "u1", url, transport, "", Map.of("X-Key", "k", "Mcp-Method", "forged"), false, false, null, limits);
    }

    public FakeServer server() {
        if (server == null) {
            throw new IllegalStateException("no server");
        }
        return server;
    }

    public List<JsonRpc> call(Exchange exchange) {
        List<JsonRpc> all = upstream.handle(exchange).collectList().block(PATIENCE);
        return all == null ? List.of() : all;
    }

    public JsonRpc last(Exchange exchange) {
        List<JsonRpc> all = call(exchange);
        return all.get(all.size() - 1);
    }

    public Refusal refusal(Exchange exchange) {
        try {
            throw new AssertionError("not refused but " + call(exchange));
        } catch (Refusal refusal) {
            return refusal;
        }
    }

    public double faults(String reason) {
        Counter counter = meters.find(MeterNames.UPSTREAM_FAULTS)
                .tags("upstream", "u1", "reason", reason)
                .counter();
        return counter == null ? 0 : counter.count();
    }

    /** Waits until something is so. */
    public static void eventually(BooleanSupplier condition) {
        await(Flux.interval(Duration.ZERO, Duration.ofMillis(5))
                .filter(turn -> condition.getAsBoolean())
                .next());
    }

    /** What a publisher gives, in time. */
    public static <T> T await(Mono<T> value) {
        T found = value.block(PATIENCE);
        if (found == null) {
            throw new AssertionError("nothing came");
        }
        return found;
    }

    @Override
    public void close() throws IOException {
        upstream.close().block(PATIENCE);
        if (server != null) {
            server.close();
        }
        loops.disposeLater(Duration.ZERO, Duration.ofSeconds(2)).block(PATIENCE);
    }

    /** A modern client's call of a tool. */
    public static Exchange tool(String name) {
        return modernCall(
                "tools/call",
                "\"name\":\"" + name + "\",\"arguments\":{}",
                "",
                new Target("u1", Target.Kind.TOOL, name));
    }

    /** A modern client's request; {@code meta} is more members of its _meta. */
    public static Exchange modernCall(String method, String params, String meta, Target target) {
        String version = "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"";
        String capabilities = "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}";
        String body = "{\"jsonrpc\":\"2.0\",\"id\":\"c-1\",\"method\":\"" + method + "\",\"params\":{" + params
                + (params.isEmpty() ? "" : ",") + "\"_meta\":{" + version + "," + capabilities
                + (meta.isEmpty() ? "" : "," + meta) + "}}}";
        Envelope envelope = read(body);
        return new Exchange(
                new JsonRpc.Request(new RequestId("\"c-1\""), method, envelope),
                target,
                Route.Known.to("u1"),
                new Caller("alice"),
                new Client(
                        ProtocolVersions.V2026_07_28, RawJson.of("{\"elicitation\":{}}"), null, /* logLevel= */ null),
                null,
                RequestHeaders.NONE);
    }

    /** A legacy client's request in a session. */
    public static Exchange legacyCall(String method, String params, @Nullable ClientSession session) {
        Envelope envelope =
                read("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}");
        String name = envelope.string(io.headgate.mcp.Member.NAME);
        return new Exchange(
                new JsonRpc.Request(RequestId.of(1), method, envelope),
                name == null ? new Target("u1") : new Target("u1", Target.Kind.TOOL, name),
                Route.Known.to("u1"),
                new Caller("alice"),
                new Client(
                        ProtocolVersions.V2025_11_25,
                        RawJson.of("{\"sampling\":{}}"),
                        RawJson.of("{\"name\":\"c\",\"version\":\"1\"}"),
                        /* logLevel= */ null),
                session,
                RequestHeaders.NONE);
    }

    public static Envelope read(String json) {
        try {
            return Envelope.read(json.getBytes(StandardCharsets.UTF_8), JsonLimits.CLIENT);
        } catch (BadMessage bad) {
            throw new IllegalArgumentException(bad);
        }
    }

    /** A client session that a test can end. */
    public static final class TestSession implements ClientSession {
        private final String id;
        private final List<Runnable> actions = new ArrayList<>();

        public TestSession(String id) {
            this.id = id;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public void onEnd(Runnable action) {
            actions.add(action);
        }

        public void end() {
            actions.forEach(Runnable::run);
        }
    }

    /** Answers what belongs to the life of legacy sessions, and leaves the rest to a script. */
    public static final class LegacyScript implements Script {
        public final List<String> ids = new CopyOnWriteArrayList<>();
        public String capabilities = "{\"tools\":{\"listChanged\":true}}";
        public boolean givesId = true;
        public String idPrefix = "s-";
        public Script get = (request, wire) -> wire.answer(405, "", "");
        private final Script calls;

        public LegacyScript(Script calls) {
            this.calls = calls;
        }

        @Override
        public void answer(Received request, Wire wire) throws Exception {
            switch (request.method()) {
                case "GET" -> get.answer(request, wire);
                case "DELETE" -> wire.answer(200, "", "");
                default -> post(request, wire);
            }
        }

        private void post(Received request, Wire wire) throws Exception {
            switch (request.rpcMethod()) {
                case "server/discover" ->
                    wire.answer(
                            400,
                            "application/json",
                            "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"Server not initialized\"},\"id\":null}");
                case "initialize" -> {
                    String id = idPrefix + (ids.size() + 1);
                    ids.add(id);
                    wire.answer(
                            200,
                            "application/json",
                            "{\"jsonrpc\":\"2.0\",\"id\":" + request.id()
                                    + ",\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":" + capabilities
                                    + ",\"serverInfo\":{\"name\":\"fake\",\"version\":\"1\"}}}",
                            givesId ? "Mcp-Session-Id: " + id : "X-None: 1");
                }
                case "notifications/initialized", "notifications/cancelled", "" -> wire.answer(202, "", "");
                default -> calls.answer(request, wire);
            }
        }
    }
}
