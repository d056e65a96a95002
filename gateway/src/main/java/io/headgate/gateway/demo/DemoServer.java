package io.headgate.gateway.demo;

import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/** One MCP server of both eras, for demos, tests and load. */
public final class DemoServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int MAX_HEADERS = 64 * 1024;

    private final Scheduler timer = Schedulers.newSingle("demo-timer", /* daemon= */ true);
    private final @Nullable Ledger ledger;
    private final Tools tools;
    private final ListenStreams subscriptions;
    private final LegacySessions sessions;
    private final LoopResources loops;
    private final DisposableServer server;

    private DemoServer(DemoServerOptions options) {
        InstantSource clock = InstantSource.system();
        Signer seal = new Signer(secret(options.stateSecret()));
        Changes changes = new Changes();
        Journal journal = new Journal(changes);
        Resources resources = new Resources(journal);
        ServerInfo info = new ServerInfo(options.name());
        ledger = options.ledger() == null ? null : Ledger.open(options.ledger());
        TaskStore tasks = new TaskStore(new Signer(secret(null)), clock);
        tools = new Tools(
                List.of(
                        new FixtureTools(timer).all(),
                        AskingTools.all(),
                        new LoadTools(timer, journal).all(),
                        new TaskTools(tasks, timer).all()),
                changes,
                new Workers(options.workers()),
                ledger);
        SharedMethods methods = new SharedMethods(tools, new Prompts(), resources, new Pages(options.pageSize()));
        subscriptions = new ListenStreams(changes, tasks, resources, info);
        // Sessions are named by a key of their own: replicas that share the other must not share names.
        sessions = new LegacySessions(
                changes, new Signer(secret(null)), clock, options.sessionIdle(), options.maxSessions());
        DemoHttp http = new DemoHttp(
                options.era(),
                new HostCheck(options.host(), options.allowedHosts()),
                new StatelessDialect(
                        methods, tasks, subscriptions, new RequestState(seal, clock), info, timer, options.keepAlive()),
                new SessionDialect(methods, sessions, info, timer, options.keepAlive()));
        loops = LoopResources.create("demo-http", options.eventLoops(), /* daemon= */ true);
        long sweep = Math.max(1, options.sessionIdle().toMillis() / 4);
        var unused = timer.schedulePeriodically(sessions::expire, sweep, sweep, TimeUnit.MILLISECONDS);
        server = bind(options, http);
    }

    public static DemoServer start(DemoServerOptions options) {
        return new DemoServer(options);
    }

    public int port() {
        return server.port();
    }

    /** Where clients connect. */
    public String url() {
        String host = server.host();
        return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port() + DemoHttp.PATH;
    }

    /** How many tool calls have begun and neither ended nor been cancelled. */
    public int activeCalls() {
        return tools.active();
    }

    /** How many legacy sessions are open. */
    public int sessions() {
        return sessions.size();
    }

    /** Returns when the server has stopped. */
    public void await() {
        server.onDispose().block();
    }

    /** Ends the open streams, lets running calls finish for a moment, and frees the port. */
    public void stop() {
        subscriptions.stop();
        sessions.stopListening();
        try {
            server.disposeNow(PATIENCE);
        } catch (IllegalStateException stillRunning) {
            // Calls that take longer lose their connections with the loops.
        }
        sessions.closeAll();
        release();
    }

    @Override
    public void close() {
        stop();
    }

    private DisposableServer bind(DemoServerOptions options, DemoHttp http) {
        try {
            return HttpServer.create()
                    .host(options.host())
                    .port(options.port())
                    // Without native transport: the library would pick io_uring by itself, which is no faster here.
                    .runOn(loops, /* preferNative= */ false)
                    // With a group of its channels the server waits for running calls when it stops.
                    .channelGroup(new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE))
                    .httpRequestDecoder(decoder -> decoder.maxHeaderSize(MAX_HEADERS))
                    .handle(http::handle)
                    .bindNow();
        } catch (RuntimeException notBound) {
            release();
            throw notBound;
        }
    }

    private void release() {
        loops.disposeLater(Duration.ZERO, PATIENCE).block();
        if (ledger != null) {
            ledger.close();
        }
        timer.dispose();
    }

    private static byte[] secret(@Nullable String given) {
        if (given != null) {
            return Signer.sha256(Json.utf8(given));
        }
        byte[] drawn = new byte[32];
        new SecureRandom().nextBytes(drawn);
        return drawn;
    }
}
