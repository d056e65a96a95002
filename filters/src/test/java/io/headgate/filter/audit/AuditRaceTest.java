package io.headgate.filter.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Events;
import io.headgate.filter.Exchanges;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Secrets;
import io.headgate.mcp.JsonRpc;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** A client that goes away at the moment at which a record becomes durable. */
class AuditRaceTest {
    private static final int ROUNDS = 3_000;

    @TempDir
    private Path data = Path.of("target");

    private final ExecutorService writer = Executors.newSingleThreadExecutor();
    private final FakeLog log = new FakeLog();

    @AfterEach
    void stop() {
        writer.shutdownNow();
    }

    @Test
    void eachCallThatWasWrittenDownHasOneOutcome() throws Exception {
        race(/* beforeTheIntent= */ true);
    }

    @Test
    void eachCallThatWasAnsweredHasOneOutcome() throws Exception {
        race(/* beforeTheIntent= */ false);
    }

    private void race(boolean beforeTheIntent) throws Exception {
        FilterContext context = new FilterContext(
                "",
                new SimpleMeterRegistry(),
                InstantSource.system(),
                Schedulers.immediate(),
                data,
                new Events(),
                new Secrets());
        AuditFilter filter = AuditFilter.open(AuditConfig.DEFAULT, context, () -> log);
        log.hold();
        AtomicInteger made = new AtomicInteger();
        for (int i = 0; i < ROUNDS; i++) {
            log.lines().clear();
            made.set(0);
            BaseSubscriber<JsonRpc> client = new BaseSubscriber<>() {};
            filter.filter(Exchanges.toolCall(), next -> {
                        made.incrementAndGet();
                        return Flux.just(Exchanges.success("done"));
                    })
                    .subscribe(client);
            if (!beforeTheIntent) {
                log.commit(null);
            }
            CyclicBarrier start = new CyclicBarrier(2);
            Future<?> commit = writer.submit(() -> {
                start.await(5, TimeUnit.SECONDS);
                log.commit(null);
                return null;
            });
            int unused = start.await(5, TimeUnit.SECONDS);
            client.cancel();
            var unusedToo = commit.get(5, TimeUnit.SECONDS);
            while (log.waiting() > 0) {
                log.commit(null);
            }

            assertThat(log.types()).containsExactly("intent", "outcome");
            String transport = log.last().path("outcome").path("transport").stringValue();
            if (made.get() == 0) {
                assertThat(transport).isEqualTo("cancelled");
            } else {
                assertThat(transport).isIn("ok", "cancelled");
            }
        }
        filter.close();
    }
}
