package io.headgate.filter.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Events;
import io.headgate.filter.Exchanges;
import io.headgate.filter.FilterContext;
import io.headgate.filter.Secret;
import io.headgate.filter.Secrets;
import io.headgate.filter.TestTimer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import tools.jackson.databind.JsonNode;

class EventRecordsTest {
    @TempDir
    private Path data = Path.of("target");

    private final Events events = new Events();
    private final FakeLog log = new FakeLog();
    private final TestTimer timer = new TestTimer();
    private Instant now = Instant.parse("2026-11-30T23:59:59Z");

    @AfterEach
    void disposeTimer() {
        timer.dispose();
    }

    @Test
    void whatHappensIsARecord() {
        AuditFilter filter = filter();
        events.post("tool_definition_changed", Map.of("tool", "echo", "old", "aa", "new", "Bearer held-by-us"));
        filter.close();
        assertThat(log.types()).containsExactly("tool_definition_changed");
        assertThat(log.lines().get(0).text()).isEqualTo("{\"new\":\"***\",\"old\":\"aa\",\"tool\":\"echo\"}");
    }

    @Test
    void whatStrangersCauseIsCountedByNeighbourhood() {
        AuditFilter filter = filter();
        for (int i = 0; i < 100_000; i++) {
            events.refused("authn_token_rejected:missing", address("192.0.2." + i % 256));
        }
        events.refused("authn_token_rejected:missing", address("192.0.3.1"));
        events.refused("malicious_cors:origin", address("2001:db8:1:2ff::7"));
        events.refused("malicious_cors:origin", null);
        assertThat(log.lines()).isEmpty();
        filter.close();
        assertThat(log.lines()).hasSize(4);
        JsonNode flood = log.lines().stream()
                .map(FakeLog.Line::json)
                .filter(json -> json.path("src").path("prefix").stringValue().equals("192.0.2.0/24"))
                .findFirst()
                .orElseThrow();
        assertThat(flood.path("count").intValue()).isEqualTo(100_000);
        assertThat(flood.path("subject").stringValue()).isEqualTo("missing");
        assertThat(log.lines())
                .extracting(line -> line.json().path("src").path("prefix").stringValue())
                .contains("192.0.3.0/24", "2001:0db8:0001:0200::/56", "others");
    }

    @Test
    void strangersOfAllNeighbourhoodsAreBounded() {
        AuditFilter filter = filter();
        for (int i = 0; i < 10_000; i++) {
            events.refused("x", address("10." + i / 256 + "." + i % 256 + ".1"));
        }
        filter.close();
        assertThat(log.lines()).hasSize(4_097);
    }

    @Test
    void aNewMonthsKeyIsARecord() {
        AuditFilter filter = filter();
        StepVerifier.create(filter.filter(Exchanges.toolCall(), next -> Flux.just(Exchanges.success("done"))))
                .expectNextCount(1)
                .verifyComplete();
        assertThat(log.types()).containsExactly("intent", "outcome");
        now = Instant.parse("2026-12-01T00:00:00Z");
        StepVerifier.create(filter.filter(Exchanges.toolCall(), next -> Flux.just(Exchanges.success("done"))))
                .expectNextCount(1)
                .verifyComplete();
        filter.close();
        assertThat(log.lines().stream().filter(line -> line.type().equals("key_rotated")))
                .extracting(FakeLog.Line::text)
                .containsExactly("{\"id\":\"2026-12\",\"key\":\"fingerprints\"}");
    }

    @Test
    void nobodyIsToldAfterTheEnd() {
        filter().close();
        assertThat(events.areHeard()).isFalse();
        events.post("sys_shutdown", Map.of());
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void whatHappensIsOneRecordWhileOneFilterReplacesAnother() {
        AuditFilter former = filter();
        FilterContext context =
                new FilterContext("", new SimpleMeterRegistry(), () -> now, timer, data, events, new Secrets());
        AuditFilter next = AuditFilter.open(AuditConfig.DEFAULT, context.at("", former), () -> log);
        events.post("a", Map.of());
        former.close();
        events.post("b", Map.of());
        next.close();
        events.post("c", Map.of());
        assertThat(log.types()).containsExactly("a", "b");
    }

    private AuditFilter filter() {
        FilterContext context = new FilterContext(
                "",
                new SimpleMeterRegistry(),
                () -> now,
                timer,
                data,
                events,
                new Secrets(List.of(new Secret("held-by-us"))));
        return AuditFilter.open(AuditConfig.DEFAULT, context, () -> log);
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException(literal, impossible);
        }
    }
}
