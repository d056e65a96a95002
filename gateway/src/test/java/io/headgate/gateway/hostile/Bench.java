package io.headgate.gateway.hostile;

import io.headgate.gateway.SmallDisk;
import io.headgate.gateway.audit.LogReceiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A gateway in a setting, with the stub upstreams behind it. */
final class Bench implements AutoCloseable {
    private static final double READY_WITHIN_SECONDS = 10;
    private static final double QUIET_WITHIN_SECONDS = 2;
    private static final int DISK_MEBIBYTES = 8;

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
    private final @Nullable SmallDisk disk;
    private final @Nullable LogReceiver siem;

    Bench(Setting setting, HostileFile file, GatewayUnderTest.Starter starter) throws Exception {
        this.setting = setting;
        this.file = file;
        StubUpstream.Era era = setting.isLegacy() ? StubUpstream.Era.LEGACY : StubUpstream.Era.MODERN;
        first = new StubUpstream(era);
        second = new StubUpstream(era);
        this.starter = starter;
        data = Files.createTempDirectory("hostile-data");
        disk = setting.isOnSmallDisk() ? SmallDisk.at(data, DISK_MEBIBYTES) : null;
        siem = setting.isExported() ? new LogReceiver() : null;
        keys = Files.createTempDirectory("hostile-keys");
        yaml = new GatewayYaml(file, setting)
                .text(first.url(), second.url(), CallerKeys.write(keys), data, siem == null ? "" : siem.url());
        gateway = starter.start(yaml, clock);
        Request list = new RequestBuilder(file, Map.of("ALICE", CallerKeys.ALICE))
                .build(Situation.harmlessForm(), Preparation.nothing());
        boolean ready = Patience.until(() -> offersBoth(list), READY_WITHIN_SECONDS);
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

    List<StubUpstream> upstreams() {
        return List.of(first, second);
    }

    /** Another gateway of the same file, as if this one had been started before. */
    GatewayUnderTest another() throws Exception {
        return starter.start(yaml, clock);
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
     */
    void forgetCalls() throws Exception {
        // A legacy call outlives its client, so there is nothing to wait for longer.
        var unused = Patience.until(this::isQuiet, QUIET_WITHIN_SECONDS);
        upstreams().forEach(StubUpstream::forgetCalls);
    }

    private boolean isQuiet() throws Exception {
        int connections = 0;
        for (StubUpstream upstream : upstreams()) {
            connections += upstream.connections();
        }
        Metrics now = metrics();
        return now.sum("headgate_requests_active", Map.of()) == 0
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
