package io.headgate.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Client;
import io.headgate.mcp.Pieces;
import io.headgate.mcp.ProtocolVersions;
import io.headgate.mcp.RawJson;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionTest {
    private static final int STREAMS = SessionConfig.DEFAULT.streams();

    private final Session session = new Session(
            "id",
            "tag",
            "",
            new Client(ProtocolVersions.V2025_11_25, RawJson.EMPTY_OBJECT, null, null),
            SessionConfig.DEFAULT,
            /* resumable= */ true);

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
