package io.headgate.filter.audit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.headgate.filter.Exchanges;
import io.headgate.filter.Filter;
import io.headgate.filter.FilterContext;
import io.headgate.filter.audit.format.AuditFiles;
import io.headgate.filter.audit.log.AuditLogConfig;
import io.headgate.filter.audit.log.Durability;
import io.headgate.filter.audit.verify.AuditVerifier;
import io.headgate.filter.audit.verify.VerifyReport;
import io.headgate.mcp.JsonRpc;
import io.headgate.testkit.Await;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.publisher.TestPublisher;

/** A real log while the filter that keeps it is replaced again and again. */
@Timeout(60)
class ReplacedAuditTest {
    private static final int CHANGES = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path data = Path.of("target");

    @Test
    void oneChainOfRecordsOutlivesAllChanges() throws Exception {
        Scheduler loop = Schedulers.newSingle("loop", /* daemon= */ true);
        try {
            FilterContext context =
                    new FilterContext("filters[0]", new SimpleMeterRegistry(), InstantSource.system(), loop, data);
            Filter present = filter(0, context, null);
            for (int i = 1; i <= CHANGES; i++) {
                TestPublisher<JsonRpc> upstream = TestPublisher.create();
                Mono<JsonRpc> answer = present.filter(Exchanges.toolCall(), next -> upstream.flux())
                        .subscribeOn(loop)
                        .last()
                        .cache();
                var unused = answer.subscribe();
                Filter next = filter(i, context, present);
                assertThat(next.filter(Exchanges.toolCall(), end -> Flux.just(Exchanges.success("done")))
                                .subscribeOn(loop)
                                .blockLast(PATIENCE))
                        .isNotNull();
                Await.until("the call is made", upstream::wasSubscribed);
                upstream.next(Exchanges.success("done")).complete();
                assertThat(answer.block(PATIENCE)).isNotNull();
                present.close();
                present = next;
            }
            present.close();
        } finally {
            loop.dispose();
        }
        VerifyReport report = AuditVerifier.verify(data.resolve("audit"));
        assertThat(report.isGood()).isTrue();
        assertThat(report.types()).containsEntry("intent", 2L * CHANGES).containsEntry("outcome", 2L * CHANGES);
    }

    @Test
    void whatTheLogCannotChangeIsSaid() {
        Logger log = (Logger) LoggerFactory.getLogger(Ledger.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        log.addAppender(lines);
        try {
            FilterContext context = new FilterContext(
                    "filters[1]", new SimpleMeterRegistry(), InstantSource.system(), Schedulers.immediate(), data);
            Filter former = filter(AuditLogConfig.DEFAULT, context);
            Filter next = filter(
                    AuditLogConfig.of("elsewhere", null, null, null, 7, null, null, 99, null, null),
                    context.at("filters[1]", former));
            former.close();
            next.close();
        } finally {
            log.detachAppender(lines);
        }
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "filters[1]: log: what changed of node, queueRecords takes effect when the gateway is started again");
    }

    @Test
    void segmentsAreAsLargeAsTheFilterInPlaceSays() throws Exception {
        FilterContext context = new FilterContext(
                "filters[0]", new SimpleMeterRegistry(), InstantSource.system(), Schedulers.immediate(), data);
        Filter former = filter(AuditLogConfig.DEFAULT, context);
        Filter next = filter(
                AuditLogConfig.of(null, 65_536L, null, null, null, null, null, null, null, null),
                context.at("filters[0]", former));
        for (int i = 0; i < 200; i++) {
            assertThat(next.filter(Exchanges.toolCall(), end -> Flux.just(Exchanges.success("done")))
                            .blockLast(PATIENCE))
                    .isNotNull();
        }
        former.close();
        next.close();
        assertThat(AuditFiles.segments(data.resolve("audit"))).hasSizeGreaterThan(1);
        assertThat(AuditVerifier.verify(data.resolve("audit")).isGood()).isTrue();
    }

    private static Filter filter(int number, FilterContext context, @Nullable Filter former) {
        // Each has another configuration.
        AuditConfig config = new AuditConfig(
                number % 2 == 0 ? Durability.STRICT : Durability.BALANCED,
                Map.of(),
                Map.of("t" + number, List.of("x")),
                AuditLogConfig.DEFAULT,
                null);
        return AuditFilter.TYPE.factory().apply(config, context.at("filters[0]", former));
    }

    private static Filter filter(AuditLogConfig log, FilterContext context) {
        return AuditFilter.TYPE
                .factory()
                .apply(new AuditConfig(Durability.STRICT, Map.of(), Map.of(), log, null), context);
    }
}
