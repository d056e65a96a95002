package io.headgate.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Client;
import io.headgate.filter.Sender;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who has to make room when there is room for ten sessions only. */
class SessionTableTest {
    private static final int MOST = 10;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Sessions sessions = new Sessions(
            new SessionConfig(
                    MOST,
                    null,
                    null,
                    4,
                    Duration.ofMinutes(30),
                    Duration.ofHours(8),
                    Duration.ofMinutes(10),
                    Duration.ofSeconds(60),
                    256 * 1024),
            meters);

    @Test
    void oneSenderFillsNoRoomForTheOthers() {
        List<Session> flood = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Session session = draft("192.0.2.1");
            assertThat(sessions.open(session)).isTrue();
            flood.add(session);
        }
        List<Session> honest = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Session session = draft("198.51.100." + i);
            assertThat(sessions.open(session)).isTrue();
            assertThat(sessions.find(session.id())).isSameAs(session);
            honest.add(session);
        }
        for (int i = 0; i < 1_000; i++) {
            sessions.open(draft("192.0.2.77"));
        }
        assertThat(honest)
                .allSatisfy(session -> assertThat(sessions.find(session.id())).isSameAs(session));
        assertThat(sessions.count()).isEqualTo(MOST);
        assertThat(meters.counter("headgate.sessions.displaced").count()).isGreaterThan(1_900);
        // The newest went, so that a client that is a little late meets its session.
        assertThat(sessions.find(flood.get(0).id())).isSameAs(flood.get(0));
        assertThat(sessions.wasEnded(flood.get(999).id())).isTrue();
    }

    @Test
    void whatIsUsedStaysLongerThanWhatIsNot() {
        List<Session> used = new ArrayList<>();
        for (int i = 0; i < MOST - 1; i++) {
            Session session = draft("192.0.2.1");
            assertThat(sessions.open(session)).isTrue();
            assertThat(sessions.find(session.id())).isNotNull();
            used.add(session);
        }
        Session unused = draft("192.0.2.1");
        assertThat(sessions.open(unused)).isTrue();
        assertThat(sessions.open(draft("198.51.100.1"))).isTrue();
        assertThat(sessions.find(unused.id())).isNull();
        assertThat(sessions.open(draft("198.51.100.1"))).isTrue();
        assertThat(sessions.find(used.get(MOST - 2).id())).isNull();
        assertThat(sessions.find(used.get(0).id())).isNotNull();
    }

    /** Its own sessions are no reason to end those in which it works, and nobody else has more. */
    @Test
    void aSenderThatUsesAllRoomIsRefusedMore() {
        for (int i = 0; i < MOST; i++) {
            Session session = draft("192.0.2.1");
            assertThat(sessions.open(session)).isTrue();
            assertThat(sessions.find(session.id())).isNotNull();
        }
        assertThat(sessions.open(draft("192.0.2.1"))).isFalse();
        assertThat(sessions.open(draft("198.51.100.1"))).isTrue();
    }

    @Test
    void aSessionInWhichACallIsOnItsWayDoesNotGo() {
        List<Session> busy = new ArrayList<>();
        for (int i = 0; i < MOST; i++) {
            Session session = draft("192.0.2.1");
            assertThat(sessions.open(session)).isTrue();
            assertThat(sessions.find(session.id())).isNotNull();
            assertThat(session.begin("1", () -> {})).isTrue();
            busy.add(session);
        }
        assertThat(sessions.open(draft("198.51.100.1"))).isFalse();
        busy.get(3).cancel("1");
        assertThat(sessions.open(draft("198.51.100.1"))).isTrue();
        assertThat(sessions.find(busy.get(3).id())).isNull();
    }

    @Test
    void anIdentifiedCallerIsOneWhereverItIs() {
        for (int i = 0; i < MOST; i++) {
            Session session = sessions.draft("", client(), true);
            session.owner(new Caller("eve"), Sender.of(new Caller("eve"), address("192.0." + i + ".1")));
            assertThat(sessions.open(session)).isTrue();
        }
        assertThat(sessions.open(draft("198.51.100.1"))).isTrue();
        assertThat(meters.counter("headgate.sessions.displaced").count()).isEqualTo(1);
    }

    @Test
    void aSessionWhoseClientNeverCameBackEndsSoon() {
        Session unused = draft("192.0.2.1");
        Session used = draft("192.0.2.1");
        assertThat(used.use()).isTrue();
        assertThat(used.use()).isFalse();
        long later = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        assertThat(unused.isExpired(later)).isTrue();
        assertThat(used.isExpired(later)).isFalse();
        assertThat(used.isExpired(later + Duration.ofMinutes(30).toNanos())).isTrue();
    }

    private Session draft(String from) {
        Session session = sessions.draft("", client(), true);
        session.owner(Caller.ANONYMOUS, Sender.of(Caller.ANONYMOUS, address(from)));
        return session;
    }

    private static Client client() {
        return new Client(ProtocolVersions.V2025_11_25, RawJson.EMPTY_OBJECT, null, null);
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
