package io.headgate.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Client;
import io.headgate.gateway.memory.MemoryBudget;
import io.headgate.gateway.memory.MemoryConfig;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionTest {
    private static final int STREAMS = SessionConfig.DEFAULT.streams();

    private final MemoryBudget memory = MemoryBudget.of(MemoryConfig.of(16 * 1024 * 1024), new SimpleMeterRegistry());
    private final Session session = new Session(
            "id",
            "tag",
            "",
            new Client(ProtocolVersions.V2025_11_25, RawJson.EMPTY_OBJECT, null, null),
            SessionConfig.DEFAULT,
            /* resumable= */ true,
            memory);

    @Test
    void streamsThatAreNotConnectedYetCount() {
        for (int i = 0; i < STREAMS; i++) {
            assertThat(session.reserveStream()).isTrue();
        }
        assertThat(session.reserveStream()).isFalse();
        Recorder first = connect();
        Recorder second = connect();
        assertThat(session.reserveStream()).isFalse();
        session.disconnect(second, false, 0);
        session.disconnect(first, false, 0);
        assertThat(session.reserveStream()).isTrue();
        assertThat(session.reserveStream()).isTrue();
        assertThat(session.reserveStream()).isFalse();
    }

    @Test
    void oneStreamCarriesAndTheNextTakesItsTurn() {
        Recorder first = reserveAndConnect();
        Recorder second = reserveAndConnect();
        session.standing().send(Pieces.of("1"));
        session.disconnect(first, false, 0);
        session.standing().send(Pieces.of("2"));
        assertThat(first.data).containsExactly("1");
        assertThat(second.data).containsExactly("2");
    }

    @Test
    void oneThatResumesKeepsItsPlaceWhenTheOldConnectionGoes() {
        Recorder first = reserveAndConnect();
        Recorder waiting = reserveAndConnect();
        session.standing().send(Pieces.of("1"));
        assertThat(session.reserveStream()).isTrue();
        Recorder resumed = new Recorder();
        session.resume(resumed, 0, false, 0);
        session.disconnect(first, false, 0);
        session.standing().send(Pieces.of("2"));
        assertThat(first.isEnded).isTrue();
        assertThat(resumed.data).containsExactly("1", "2");
        assertThat(waiting.data).isEmpty();
    }

    @Test
    void anAnswerThatIsTooLargeToBeKeptIsSaidToBeLost() {
        SessionStream stream = session.openStream();
        stream.send(Pieces.of("1"));
        stream.send(Pieces.of("x".repeat(8_000_000)), () -> Pieces.of("lost"));
        assertThat(memory.state().heldBytes()).isLessThan(1_000);
        Recorder resumed = new Recorder();
        stream.resume(resumed, 0, false, 0);
        assertThat(resumed.data).containsExactly("1", "lost");
    }

    @Test
    void whatIsTooLargeAndNoAnswerIsNotKept() {
        SessionStream stream = session.openStream();
        stream.send(Pieces.of("x".repeat(8_000_000)));
        stream.send(Pieces.of("2"));
        Recorder resumed = new Recorder();
        stream.resume(resumed, 0, false, 0);
        assertThat(resumed.data).containsExactly("2");
    }

    @Test
    void aConnectedClientGetsTheAnswerHoweverLargeItIs() {
        SessionStream stream = session.openStream();
        Recorder connected = new Recorder();
        stream.attach(connected, false, 0);
        String large = "x".repeat(8_000_000);
        stream.send(Pieces.of(large), () -> Pieces.of("lost"));
        assertThat(connected.data).containsExactly(large);
    }

    @Test
    void eventsAreForgottenWhenMemoryIsShortButNotThatAnAnswerIsLost() {
        List<SessionStream> streams = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            SessionStream stream = session.openStream();
            streams.add(stream);
            stream.send(Pieces.of("x".repeat(200_000)));
            stream.send(Pieces.of("y".repeat(20_000)), () -> Pieces.of("lost"));
        }
        assertThat(memory.state().heldBytes()).isLessThan(12 * 1024 * 1024);
        Recorder resumed = new Recorder();
        streams.get(0).resume(resumed, 0, false, 0);
        assertThat(resumed.data).containsExactly("lost");
    }

    @Test
    void nothingIsHeldAfterItsEnd() {
        session.standing().send(Pieces.of("x".repeat(100_000)));
        session.openStream().send(Pieces.of("x".repeat(100_000)));
        assertThat(memory.state().heldBytes()).isGreaterThan(200_000);
        session.end();
        session.standing().send(Pieces.of("x".repeat(100_000)));
        assertThat(memory.state().heldBytes()).isZero();
    }

    private Recorder reserveAndConnect() {
        assertThat(session.reserveStream()).isTrue();
        return connect();
    }

    private Recorder connect() {
        Recorder stream = new Recorder();
        session.connect(stream, false, 0);
        return stream;
    }

    /** A client's connection that reads all. */
    private static final class Recorder implements EventStream {
        private final List<String> data = new ArrayList<>();
        private boolean isEnded;

        @Override
        public void message(@Nullable String id, Pieces message) {
            data.add(message.toString());
        }

        @Override
        public void event(String name, Pieces message) {
            data.add(message.toString());
        }

        @Override
        public void prime(String id, long retryMillis) {
            data.add(id);
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void onWritable(Runnable action) {
            // It always is.
        }

        @Override
        public void end() {
            isEnded = true;
        }
    }
}
