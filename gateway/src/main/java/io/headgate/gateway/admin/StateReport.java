package io.headgate.gateway.admin;

import io.headgate.gateway.config.effective.EffectiveConfig;
import io.headgate.gateway.generation.Generation;
import io.headgate.gateway.generation.Generations;
import io.headgate.gateway.generation.PolicyFile;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.route.catalog.CatalogKeeper;
import io.headgate.gateway.route.catalog.CatalogState;
import io.headgate.gateway.session.Sessions;
import io.headgate.gateway.upstream.Trouble;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamState;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Gathers the state of a gateway's parts when somebody asks. */
public final class StateReport {
    private final String version;
    private final String listen;
    private final InstantSource clock;
    private final Instant startedAt;
    private final Generations generations;
    private final CatalogKeeper keeper;
    private final @Nullable PolicyFile policyFile;
    private final Sessions sessions;
    private final IntSupplier connections;
    private final MemoryBudget memory;
    private volatile boolean isDraining;

    /** @param policyFile null if the gateway follows no file */
    public StateReport(
            String version,
            String listen,
            InstantSource clock,
            Generations generations,
            CatalogKeeper keeper,
            @Nullable PolicyFile policyFile,
            Sessions sessions,
            IntSupplier connections,
            MemoryBudget memory) {
        this.version = version;
        this.listen = listen;
        this.clock = clock;
        this.startedAt = clock.instant();
        this.generations = generations;
        this.keeper = keeper;
        this.policyFile = policyFile;
        this.sessions = sessions;
        this.connections = connections;
        this.memory = memory;
        // Its texts are read once, and here, where waiting is allowed.
        var unused = EffectiveConfig.tree(generations.present().config());
    }

    /** From now on the gateway is not ready any more. */
    public void draining() {
        isDraining = true;
    }

    /** True if a new client would find the door open and something behind it. */
    public boolean isReady() {
        return !isDraining && keeper.knowsLists();
    }

    GatewayState state() {
        List<GatewayState.Server> servers = new ArrayList<>();
        List<CatalogState> catalog = keeper.states();
        Generation present = generations.present();
        for (UpstreamConfig server : present.config().servers()) {
            Upstream upstream = present.servers().upstream(server.name());
            for (CatalogState part : catalog) {
                if (upstream != null && part.server().equals(server.name())) {
                    servers.add(server(server, upstream.state(), part));
                }
            }
        }
        return new GatewayState(
                version,
                startedAt,
                Duration.between(startedAt, clock.instant()).toSeconds(),
                listen,
                isReady(),
                generation(present),
                present.chain().states(),
                sessions.count(),
                connections.getAsInt(),
                sessions.subscriptionCount(),
                memory.state(),
                servers);
    }

    /** The file as it is in force. */
    RunningConfig config() {
        Generation present = generations.present();
        PolicyFile.Outcome last = policyFile == null ? null : policyFile.last();
        return new RunningConfig(
                present.number(),
                present.config().digest(),
                present.reason(),
                present.since(),
                present.config().files().stream().map(Path::toString).toList(),
                EffectiveConfig.tree(present.config()),
                last == null || last.applied() ? null : last);
    }

    /** The same for people. */
    String configText() {
        RunningConfig now = config();
        StringBuilder text = new StringBuilder("# Generation " + now.number() + ", in force since " + now.since() + " ("
                + now.reason() + ")\n# SHA-256 " + now.digest() + "\n");
        PolicyFile.Outcome refused = now.refused();
        if (refused != null) {
            text.append("# Refused at ")
                    .append(refused.at())
                    .append(" (")
                    .append(refused.reason())
                    .append("):\n");
            refused.problems()
                    .forEach(problem -> text.append("#   ").append(problem).append('\n'));
        }
        return text.append(EffectiveConfig.yaml(generations.present().config())).toString();
    }

    private GatewayState.Policy generation(Generation present) {
        return new GatewayState.Policy(
                present.number(),
                present.config().digest(),
                present.reason(),
                present.since(),
                generations.alive().stream()
                        .map(generation -> new GatewayState.Alive(generation.number(), generation.inFlight()))
                        .toList(),
                policyFile == null ? null : policyFile.last());
    }

    private static GatewayState.Server server(UpstreamConfig config, UpstreamState state, CatalogState part) {
        Trouble now = part.lastError() != null ? part.lastError() : state.lastError();
        return new GatewayState.Server(
                config.name(),
                bare(config.url()),
                config.prefix(),
                state.era().name().toLowerCase(Locale.ROOT),
                state.transport() == null ? null : state.transport().label(),
                state.protocolVersion(),
                state.eraSince(),
                state.eras().stream().map(StateReport::era).toList(),
                state.isHealthy(),
                state.connections(),
                state.callsInFlight(),
                state.sessions(),
                state.waiting(),
                part.tools(),
                part.prompts(),
                part.resources(),
                part.resourceTemplates(),
                part.lastRefresh(),
                part.isStale(),
                now == null ? null : now.text(),
                now == null ? null : now.at(),
                later(part.pastError(), state.pastError()),
                part.droppedCount(),
                part.dropped());
    }

    private static GatewayState.Era era(UpstreamState.EraState state) {
        return new GatewayState.Era(
                state.era().name().toLowerCase(Locale.ROOT),
                state.isSpoken(),
                state.version(),
                state.transport() == null ? null : state.transport().label(),
                state.since());
    }

    private static @Nullable Trouble later(@Nullable Trouble one, @Nullable Trouble other) {
        return one == null || (other != null && other.at().isAfter(one.at())) ? other : one;
    }

    private static String bare(URI url) {
        try {
            return new URI(url.getScheme(), null, url.getHost(), url.getPort(), url.getPath(), null, null).toString();
        } catch (URISyntaxException impossible) {
            return "";
        }
    }
}
