package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.gateway.dialect.FrontDialect;
import io.headgate.gateway.fuzz.DefectLog;
import io.headgate.gateway.fuzz.Portions;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The same bytes are the same requests, however the network cuts them. */
class ChunkedRequestFuzzTest {
    private static final DefectLog LOG = DefectLog.open();

    /** Tells all that the door found in a request. */
    private static final FrontDialect TELLS = call -> {
        List<String> found = new ArrayList<>(List.of(
                call.method(),
                call.endpoint().name(),
                call.server(),
                call.query(),
                new String(call.body(), StandardCharsets.ISO_8859_1)));
        call.headers().forEach((name, value) -> found.add(name + ": " + value));
        call.answer(200, Pieces.of(JsonStrings.quote(String.join("\n", found))));
    };

    private final EmbeddedDoor door = new EmbeddedDoor(DoorLimits.DEFAULT);

    @FuzzTest
    void readsTheSameHoweverItIsCut(byte[] input) {
        EmbeddedDoor.Exchanged whole = door.exchange(TELLS, input);
        compare(whole, door.exchange(TELLS, Portions.bytes(input)));
        compare(whole, door.exchange(TELLS, Portions.random(input)));
        LOG.assertNone();
    }

    private static void compare(EmbeddedDoor.Exchanged whole, EmbeddedDoor.Exchanged cut) {
        assertThat(new String(cut.bytes(), StandardCharsets.ISO_8859_1))
                .isEqualTo(new String(whole.bytes(), StandardCharsets.ISO_8859_1));
        assertThat(cut.isClosed()).isEqualTo(whole.isClosed());
    }
}
