package io.headgate.gateway.hostile;

import io.headgate.gateway.SmallDisk;
import io.headgate.gateway.audit.LogReceiver;
import io.headgate.gateway.hostile.Setting.Trait;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A gateway in a setting, with the stub upstreams behind it. */
final class Bench implements AutoCloseable {
    private static final double READY_WITHIN_SECONDS = 10;
    private static final double QUIET_WITHIN_SECONDS = 2;
    private static final int DISK_MEBIBYTES = 8;
    private static final String REFRESHES = "headgate_catalog_refreshes_total";

    private final Setting setting;
    private final HostileFile file;
    private final StubUpstream first;
    private final StubUpstream second;
    private final GatewayUnderTest.Starter starter;
    private final String yaml;
    private final GatewayUnderTest gateway;
    private final Path keys;
    private final Path data;
    private final SetClock clock = new SetClock();
    private final @Nullable TlsFront tls;
    private final @Nullable H2Front h2;
    private final @Nullable SmallDisk disk;
    private final @Nullable LogReceiver siem;

    Bench(Setting setting, HostileFile file, GatewayUnderTest.Starter starter) throws Exception {
        this(setting, file, starter, (first, second) -> {});
    }

    /** With upstreams that are made ready before the gateway reads what they offer. */
    Bench(
            Setting setting,
            HostileFile file,
            GatewayUnderTest.Starter starter,
            BiConsumer<StubUpstream, StubUpstream> offers)
            throws Exception {
        this.setting = setting;
        this.file = file;
        StubUpstream.Era era = setting.isLegacy() ? StubUpstream.Era.LEGACY : StubUpstream.Era.MODERN;
        first = new StubUpstream(era, setting.tools());
        second = new StubUpstream(era);
        offers.accept(first, second);
        tls = setting.has(Trait.UPSTREAM_TLS) ? new TlsFront(first.port()) : null;
        h2 = setting.has(Trait.UPSTREAM_H2) ? new H2Front(first.port()) : null;
        fronts().forEach(StubFront::start);
        this.starter = starter;
        data = Files.createTempDirectory("hostile-data");
        disk = setting.isOnSmallDisk() ? SmallDisk.at(data, DISK_MEBIBYTES) : null;
        siem = setting.isExported() ? new LogReceiver() : null;
        keys = Files.createTempDirectory("hostile-keys");
        yaml = new GatewayYaml(file, setting)
                .text(firstUrl(), second.url(), CallerKeys.write(keys), data, siem == null ? "" : siem.url());
        gateway = starter.start(yaml, clock);
        Request list = new RequestBuilder(file, Map.of("ALICE", CallerKeys.ALICE))
                .build(Situation.harmlessForm(), Expectation.NONE);
        boolean isJudgedByReads = setting.has(Trait.OFFERED) || setting.has(Trait.PAGED);
        boolean ready = Patience.until(() -> isJudgedByReads ? areRead() : offersBoth(list), READY_WITHIN_SECONDS);
        if (!ready) {
            close();
            throw new IllegalStateException("the gateway does not offer the tools of both upstreams");
        }
    }

    private boolean offersBoth(Request list) throws Exception {
        Response response = ask(list);
        return response != null
                && response.text().contains("\"echo\"")
                && response.text().contains("\"u2__echo\"");
    }

    private List<StubFront> fronts() {
        return Stream.of(tls, h2).flatMap(Stream::ofNullable).toList();
    }

    private String firstUrl() {
        return fronts().isEmpty() ? first.url() : fronts().get(0).url();
    }

    /** True once the lists of both upstreams were read, well or not. */
    private boolean areRead() throws Exception {
        Metrics now = metrics();
        return now.sum(REFRESHES, Map.of("upstream", "u1")) > 0 && now.sum(REFRESHES, Map.of("upstream", "u2")) > 0;
    }

    /** Asks the gateway something on a connection of its own, over TLS if that is the setting. */
    @Nullable
    Response ask(Request request) throws Exception {
        Wire wire =
                setting.isTls() ? Wire.over(TlsSends.secure(gateway.front(), file.host())) : Wire.open(gateway.front());
        try (Client client = new Client(wire)) {
            boolean unused = client.send(request);
            return client.answer(Wire.Deadline.in(Client.PATIENCE_SECONDS));
        }
    }

    Setting setting() {
        return setting;
    }

    GatewayUnderTest gateway() {
        return gateway;
    }

    /** The upstream whose tools have their bare names. */
    StubUpstream first() {
        return first;
    }

    /** The upstream whose tools are called {@code u2__…}. */
    StubUpstream second() {
        return second;
    }

    /** Where something stands before an upstream. */
    List<String> addresses() {
        return fronts().stream()
                .flatMap(front -> Stream.of("127.0.0.1:" + front.port(), "localhost:" + front.port()))
                .toList();
    }

    /** An upstream by the name that the gateway has for it. */
    StubUpstream upstream(String name) {
        return switch (name) {
            case "u1" -> first;
            case "u2" -> second;
            default -> throw new Unbuildable("upstream " + name);
        };
    }

    List<StubUpstream> upstreams() {
        return List.of(first, second);
    }

    /** Another gateway of the same file, as if this one had been started before. */
    GatewayUnderTest another() throws Exception {
        return another(UnaryOperator.identity());
    }

    /** Another gateway of a file that differs from this one's. */
    GatewayUnderTest another(UnaryOperator<String> change) throws Exception {
        Path elsewhere = Files.createDirectories(data.resolve("another"));
        return starter.start(change.apply(yaml).replace("data: " + data + "\n", "data: " + elsewhere + "\n"), clock);
    }

    /** What stands before the first upstream and speaks TLS for it. */
    TlsFront tls() {
        return Objects.requireNonNull(tls, "no TLS before the first upstream");
    }

    /** What stands before the first upstream and speaks HTTP/2 for it. */
    H2Front h2() {
        return Objects.requireNonNull(h2, "no HTTP/2 before the first upstream");
    }

    /** What is written down, if anything is. */
    AuditRecords records() {
        return new AuditRecords(data.resolve("audit"));
    }

    /** The gateway's wall clock. */
    SetClock clock() {
        return clock;
    }

    /** The file system of the gateway's data, if it has one of its own. */
    @Nullable
    SmallDisk disk() {
        return disk;
    }

    /** Where the gateway sends its records to, if anywhere. */
    @Nullable
    LogReceiver siem() {
        return siem;
    }

    Metrics metrics() throws Exception {
        return Metrics.scrape(gateway.admin());
    }

    /**
     * Forgets the calls of the case before, late ones too: a cancelled call closes its connection, and the stub reads
     * what had been sent on it before it sees the end.
     *
     * @param goingOn how many calls go on by design
     */
    void forgetCalls(int goingOn) throws Exception {
        // A legacy call outlives its client, so there is nothing to wait for longer.
        var unused = Patience.until(() -> isQuiet(goingOn), QUIET_WITHIN_SECONDS);
        upstreams().forEach(StubUpstream::forgetCalls);
    }

    private boolean isQuiet(int goingOn) throws Exception {
        int connections = 0;
        for (StubUpstream upstream : upstreams()) {
            connections += upstream.connections();
        }
        Metrics now = metrics();
        return now.sum("headgate_requests_active", Map.of()) <= goingOn
                && now.sum("headgate_upstream_connections", Map.of()) == connections;
    }

    int calls() {
        return upstreams().stream()
                .mapToInt(upstream -> upstream.calls().size())
                .sum();
    }

    @Override
    public void close() {
        gateway.close();
        fronts().forEach(StubFront::close);
        upstreams().forEach(StubUpstream::close);
        if (siem != null) {
            siem.close();
        }
        if (disk != null) {
            disk.close();
        }
        AuditRecords.delete(data);
        AuditRecords.delete(keys);
    }
}
