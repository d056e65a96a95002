package io.headgate.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.benchmarks.load.Relay.Fate;
import io.headgate.benchmarks.load.Relay.Moment;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The relay between the load and a server, and what the load and the ledger know of its resets. */
class RelayTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(names = {"PASS", "AT_ONCE", "AFTER_REQUEST", "BEFORE_ANSWER", "WITHIN_ANSWER"})
    void spoilsEachCallInOneWay(Fate fate) throws Exception {
        Path ledger = directory.resolve("ledger.jsonl");
        try (DemoServer demo = DemoServer.start(
                        DemoServerOptions.builder().ledger(ledger).build());
                Relay relay = new Relay(demo.port())) {
            relay.decide(moment -> moment == Moment.CALL ? fate : Fate.PASS);
            Appends appends = new Appends();
            Tally all;
            try (OpenLoop load = new OpenLoop(relay.port(), "append", appends, "")) {
                all = load.run(50, 1, second -> {});
                load.finish();
            }
            Map<String, Object> result = appends.compare(ledger);
            // Those of the last moment are in no second.
            int calls = Math.toIntExact(relay.calls());
            assertThat((long) calls).isPositive().isGreaterThanOrEqualTo(all.offered);
            assertThat(result).containsEntry("appendCalls", calls);
            assertThat(relay.resets()).isEqualTo(fate == Fate.PASS ? 0 : calls);
            assertThat(result).containsEntry("appendAnswered", fate == Fate.PASS ? calls : 0);
            assertThat(result).containsEntry("appendDeliveryUnknown", fate == Fate.PASS ? 0 : calls);
            assertThat(result).containsEntry("appendAnsweredButNotExecuted", 0);
            switch (fate) {
                case PASS, BEFORE_ANSWER, WITHIN_ANSWER -> assertThat(result).containsEntry("appendExecuted", calls);
                case AT_ONCE -> assertThat(result).containsEntry("appendExecuted", 0);
                default -> assertThat(result).containsEntry("appendTwice", 0L);
            }
        }
    }
}
