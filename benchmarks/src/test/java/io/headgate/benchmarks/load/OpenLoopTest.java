package io.headgate.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The generator before a server that is quick, and one that is not. */
class OpenLoopTest {
    @Test
    void sendsAtTheRateAndCountsEachCallOnce() throws Exception {
        List<Tally> seconds = new ArrayList<>();
        try (DemoServer demo = DemoServer.start(DemoServerOptions.builder().build());
                OpenLoop load = new OpenLoop(demo.port(), "echo", "{\"message\":\"hi\"}")) {
            Tally all = load.run(100, 3, seconds::add);
            assertThat(seconds).hasSize(3);
            assertThat(all.offered).isBetween(200L, 400L);
            assertThat(all.good + all.late).isBetween(all.offered - 20, all.offered);
            assertThat(all.failed).isZero();
        }
    }

    /** One worker and a second of work: who came later waited for the others, and that counts. */
    @Test
    void measuresFromWhenACallShouldHaveBeenSent() throws Exception {
        try (DemoServer demo =
                        DemoServer.start(DemoServerOptions.builder().workers(1).build());
                OpenLoop load = new OpenLoop(demo.port(), "work", "{\"ms\":400}")) {
            Tally all = load.run(20, 3, second -> {});
            assertThat(all.offered).isBetween(30L, 90L);
            assertThat(all.served.getTotalCount()).isBetween(3L, 8L);
            assertThat(all.servedMillis(100)).isGreaterThan(1_500);
            assertThat(all.late).isPositive();
        }
    }

    @Test
    void drawsWhatItWasTold() {
        Picture picture = new Picture("a < b");
        Picture.Chart chart = picture.chart("calls");
        chart.add("good", 1, 10);
        chart.add("good", 2, 20);
        assertThat(picture.svg())
                .startsWith("<svg ")
                .contains("a &lt; b")
                .contains("<polyline")
                .endsWith("</svg>\n");
        assertThat(new Picture("nothing").svg()).endsWith("</svg>\n");
    }

    @Test
    void saysWhatItCanRun() throws Exception {
        assertThat(LoadRuns.run(List.of("overlod"))).isEqualTo(2);
    }
}
