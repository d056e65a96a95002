package io.headgate.filter.inflight;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Filter;
import io.headgate.filter.FilterContract;
import io.headgate.filter.Refusal;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class InFlightFilterTest extends FilterContract {
    @Override
    protected Filter filter() {
        return new InFlightFilter(new InFlightConfig(1), context());
    }

    @Test
    void refusesTheSecondOfTwo() {
        Filter filter = filter();
        Disposable first = filter.filter(exchange(), next -> Flux.never()).subscribe();
        StepVerifier.create(filter.filter(exchange(), next -> Flux.never()))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                Refusal.class,
                                refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.Reason.OVERLOADED)));
        assertThat(filter.state()).containsEntry("running", 1);
        first.dispose();
        assertThat(filter.state()).containsEntry("running", 0);
    }
}
