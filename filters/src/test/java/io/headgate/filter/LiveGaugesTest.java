package io.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class LiveGaugesTest {
    private static final Tags CRM = Tags.of("upstream", "crm");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final LiveGauges gauges = new LiveGauges(meters);

    @Test
    void theNewestOwnerIsShownWhileTheFormerGoes() {
        LiveGauges.Shown former = gauges.show("size", CRM, () -> 1);
        assertThat(shown(CRM)).isEqualTo(1);
        LiveGauges.Shown newest = gauges.show("size", CRM, () -> 2);
        assertThat(shown(CRM)).isEqualTo(2);
        former.close();
        assertThat(shown(CRM)).isEqualTo(2);
        newest.close();
        assertThat(meters.getMeters()).isEmpty();
    }

    @Test
    void theFormerOwnerIsShownAgainIfTheNewestGoesFirst() {
        LiveGauges.Shown former = gauges.show("size", CRM, () -> 1);
        LiveGauges.Shown newest = gauges.show("size", CRM, () -> 2);
        newest.close();
        assertThat(shown(CRM)).isEqualTo(1);
        former.close();
        assertThat(meters.getMeters()).isEmpty();
    }

    @Test
    void closingTwiceTakesNothingOfAnotherOwner() {
        LiveGauges.Shown first = gauges.show("size", CRM, () -> 1);
        first.close();
        LiveGauges.Shown second = gauges.show("size", CRM, () -> 2);
        first.close();
        assertThat(shown(CRM)).isEqualTo(2);
        second.close();
        assertThat(meters.getMeters()).isEmpty();
    }

    @Test
    void othersOfTheSameNameAreTheirOwn() {
        Tags erp = Tags.of("upstream", "erp");
        LiveGauges.Shown one = gauges.show("size", CRM, () -> 1);
        LiveGauges.Shown other = gauges.show("size", erp, () -> 2);
        one.close();
        assertThat(shown(erp)).isEqualTo(2);
        assertThat(meters.find("size").tags(CRM).gauge()).isNull();
        other.close();
    }

    @Test
    void aGaugeIsDescribedByItsName() {
        meters.config().meterFilter(new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                return new Meter.Id(id.getName(), Tags.of(id.getTags()), id.getBaseUnit(), "What it is.", id.getType());
            }
        });
        LiveGauges.Shown one = gauges.show("size", CRM, () -> 1);
        assertThat(meters.get("size").gauge().getId().getDescription()).isEqualTo("What it is.");
        one.close();
        assertThat(meters.getMeters()).isEmpty();
    }

    @Test
    @Timeout(30)
    void ownersThatComeAndGoOnManyThreadsLeaveNothing() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int value = i;
                ends.add(threads.submit(() -> {
                    for (int round = 0; round < 2_000; round++) {
                        LiveGauges.Shown mine = gauges.show("size", CRM, () -> value);
                        Double seen = shown(CRM);
                        assertThat(seen).isNotNull().isBetween(0.0, 3.0);
                        mine.close();
                    }
                }));
            }
            for (Future<?> end : ends) {
                end.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(meters.getMeters()).isEmpty();
    }

    private @Nullable Double shown(Tags tags) {
        var gauge = meters.find("size").tags(tags).gauge();
        return gauge == null ? null : gauge.value();
    }
}
