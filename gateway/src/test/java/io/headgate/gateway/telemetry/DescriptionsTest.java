package io.headgate.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each meter says what it means, and no meaning is without its meter. */
class DescriptionsTest {
    private final Descriptions descriptions = Descriptions.read();

    @Test
    void hasOneForEachMeterOfTheGateway() throws Exception {
        List<String> names = new ArrayList<>();
        for (Field constant : MeterNames.class.getFields()) {
            names.add((String) constant.get(null));
        }
        assertThat(descriptions.all().keySet()).containsAll(names);
    }

    @Test
    void saysEachInOneSentence() {
        assertThat(descriptions.all())
                .isNotEmpty()
                .allSatisfy((name, text) -> assertThat(text)
                        .startsWith(text.substring(0, 1).toUpperCase(java.util.Locale.ROOT))
                        .endsWith(".")
                        .hasSizeBetween(15, 200));
    }

    @Test
    void addsItToMetersThatDoNotSayItThemselves() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        meters.config().meterFilter(descriptions);
        Counter plain = meters.counter(MeterNames.CLOCK_JUMPS, "a", "b");
        assertThat(plain.getId().getDescription()).isEqualTo(descriptions.of(MeterNames.CLOCK_JUMPS));
        assertThat(plain.getId().getTag("a")).isEqualTo("b");
        Counter own =
                Counter.builder(MeterNames.ADMIN_REJECTED).description("Mine.").register(meters);
        assertThat(own.getId().getDescription()).isEqualTo("Mine.");
    }
}
