package io.headgate.gateway.upstream.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.gateway.upstream.era.FakeServer.Wire;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.gateway.upstream.era.UpstreamFixture.LegacyScript;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Member;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

class SharedSubscriptionsTest {
    private static final String WATCHABLE = "{\"resources\":{\"subscribe\":true}}";

    private final BlockingQueue<String> first = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> second = new LinkedBlockingQueue<>();
    private final AtomicReference<Wire> stream = new AtomicReference<>();

    @Test
    void subscribesOnceForAllWhoListen() throws Exception {
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script())) {
            Disposable one = listen(fixture, first, "a:b", "a:c");
            Disposable two = listen(fixture, second, "a:b");
            assertThat(first.poll(30, TimeUnit.SECONDS)).isEqualTo("notifications/subscriptions/acknowledged null");
            assertThat(second.poll(30, TimeUnit.SECONDS)).isEqualTo("notifications/subscriptions/acknowledged null");
            assertThat(uris(fixture, "resources/subscribe")).containsExactlyInAnyOrder("a:b", "a:c");

            update("a:d");
            update("a:b/part");
            update("a:c");
            assertThat(first.poll(30, TimeUnit.SECONDS)).contains("\"uri\":\"a:b/part\"");
            assertThat(first.poll(30, TimeUnit.SECONDS)).contains("\"uri\":\"a:c\"");
            assertThat(second.poll(30, TimeUnit.SECONDS)).contains("\"uri\":\"a:b/part\"");
            assertThat(second).isEmpty();

            two.dispose();
            one.dispose();
            UpstreamFixture.eventually(
                    () -> uris(fixture, "resources/unsubscribe").size() == 2);
            assertThat(uris(fixture, "resources/subscribe")).hasSize(2);
        }
    }

    @Test
    void subscribesAgainInANewSessionAndSaysThatSomethingMayBeMissed() throws Exception {
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script())) {
            Disposable one = listen(fixture, first, "a:b");
            assertThat(first.poll(30, TimeUnit.SECONDS)).startsWith("notifications/subscriptions/acknowledged");
            LegacyBack back = (LegacyBack) fixture.dialect();

            UpstreamFixture.await(back.sessions.renew(back.sessions.own()).opened());

            assertThat(first.poll(30, TimeUnit.SECONDS)).contains("\"uri\":\"a:b\"");
            UpstreamFixture.eventually(
                    () -> uris(fixture, "resources/subscribe").size() == 2);
            one.dispose();
        }
    }

    @Test
    void knowsWhoTellsNobody() throws IOException {
        LegacyScript deaf = script();
        deaf.get = (request, wire) -> wire.answer(405, "", "");
        assertThat(canWatch(deaf)).isFalse();
        LegacyScript without = script();
        without.capabilities = "{\"resources\":{}}";
        assertThat(canWatch(without)).isFalse();
        assertThat(canWatch(script())).isTrue();
    }

    private static boolean canWatch(LegacyScript script) throws IOException {
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            assertThat(fixture.upstream.canWatch()).isTrue();
            fixture.dialect();
            return fixture.upstream.canWatch();
        }
    }

    private LegacyScript script() {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, "{}"));
        script.capabilities = WATCHABLE;
        CountDownLatch never = new CountDownLatch(1);
        script.get = (request, wire) -> {
            stream.set(wire.stream());
            boolean unused = never.await(60, TimeUnit.SECONDS);
        };
        return script;
    }

    private void update(String uri) throws IOException {
        Objects.requireNonNull(stream.get())
                .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\""
                        + uri + "\"}}");
    }

    private static Disposable listen(UpstreamFixture fixture, BlockingQueue<String> heard, String... uris) {
        return fixture.upstream
                .listen(UpstreamFixture.tool("any"), List.of(uris))
                .subscribe(message -> {
                    JsonRpc.Notification notification = (JsonRpc.Notification) message;
                    heard.add(notification.method() + " " + notification.params());
                });
    }

    private static List<String> uris(UpstreamFixture fixture, String method) {
        return fixture.server().received(method).stream()
                .map(request -> UpstreamFixture.read(request.body()))
                .map(envelope -> String.valueOf(envelope.string(Member.URI)))
                .toList();
    }
}
