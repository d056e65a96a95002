package io.headgate.gateway.upstream.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.UpstreamFixture;
import io.headgate.gateway.upstream.era.UpstreamFixture.LegacyScript;
import io.headgate.gateway.upstream.era.UpstreamFixture.TestSession;
import io.headgate.mcp.JsonRpc;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

class StreamableCallTest {
    private static final String OK = "{\"content\":[]}";

    private final TestSession session = new TestSession("c1");

    private Exchange call() {
        return UpstreamFixture.legacyCall(
                "tools/call", "{\"name\":\"echo\",\"_meta\":{\"progressToken\":\"t\"}}", session);
    }

    /** The initializations of callers, without the gateway's own. */
    private static List<Received> opened(UpstreamFixture fixture) {
        return fixture.server().received("initialize").stream()
                .filter(request -> request.body().contains("\"name\":\"c\""))
                .toList();
    }

    @Test
    void opensOneSessionForManyCallsAtOnce() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            Flux.range(0, 50)
                    .flatMap(i -> fixture.upstream.handle(call()), 50)
                    .then()
                    .block(UpstreamFixture.PATIENCE);

            assertThat(opened(fixture)).hasSize(1);
            assertThat(opened(fixture).get(0).body())
                    .contains("\"capabilities\":{\"sampling\":{}},\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}");
            String id = "s-" + script.ids.size();
            assertThat(fixture.server().received("tools/call")).hasSize(50).allSatisfy(request -> {
                assertThat(request.header("mcp-session-id")).isEqualTo(id);
                assertThat(request.header("mcp-protocol-version")).isEqualTo("2025-11-25");
                assertThat(request.header("mcp-method")).isNull();
            });
            assertThat(fixture.upstream.state().sessions()).isEqualTo(2);
        }
    }

    @Test
    void givesEachClientItsOwnSessionAndEndsIt() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            TestSession other = new TestSession("c2");
            fixture.call(call());
            fixture.call(UpstreamFixture.legacyCall("tools/call", "{\"name\":\"echo\"}", other));
            assertThat(opened(fixture)).hasSize(2);

            session.end();

            UpstreamFixture.eventually(() -> fixture.server().requests.stream()
                    .anyMatch(request -> request.method().equals("DELETE")));
            Received delete = fixture.server().requests.stream()
                    .filter(request -> request.method().equals("DELETE"))
                    .findFirst()
                    .orElseThrow();
            String first = fixture.server().received("tools/call").get(0).header("mcp-session-id");
            assertThat(delete.header("mcp-session-id")).isEqualTo(first);
            assertThat(fixture.upstream.state().sessions()).isEqualTo(2);
        }
    }

    @Test
    void sharesWhatHasNoSessions() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        script.givesId = false;
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            fixture.call(call());
            fixture.call(UpstreamFixture.legacyCall("tools/call", "{\"name\":\"echo\"}", new TestSession("c2")));
            fixture.call(UpstreamFixture.legacyCall("tools/call", "{\"name\":\"echo\"}", new TestSession("c3")));

            // The gateway's own, and one for all.
            assertThat(fixture.server().received("initialize")).hasSize(2);
        }
    }

    @Test
    void opensAForgottenSessionOnceAndRepeatsTheCallsOnce() throws IOException {
        AtomicInteger executed = new AtomicInteger();
        LegacyScript[] script = new LegacyScript[1];
        script[0] = new LegacyScript((request, wire) -> {
            boolean current = ("s-" + script[0].ids.size()).equals(request.header("mcp-session-id"));
            if (current && script[0].ids.size() >= 3) {
                executed.incrementAndGet();
                wire.result(request, OK);
            } else if (request.body().contains("warm")) {
                wire.result(request, OK);
            } else {
                wire.error(404, request, -32001, "");
            }
        });
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script[0])) {
            fixture.call(UpstreamFixture.legacyCall("tools/call", "{\"name\":\"warm\"}", session));

            List<JsonRpc> answers = Flux.range(0, 20)
                    .flatMap(i -> fixture.upstream.handle(call()), 20)
                    .collectList()
                    .block(UpstreamFixture.PATIENCE);

            assertThat(answers).hasSize(20).allMatch(JsonRpc.Success.class::isInstance);
            assertThat(executed).hasValue(20);
            assertThat(opened(fixture)).hasSize(2);
            assertThat(fixture.faults("session_lost")).isPositive();
        }
    }

    @Test
    void doesNotMixUpTheRestOfALostAnswerWithTheNextOne() throws IOException {
        CountDownLatch repeated = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        LegacyScript[] script = new LegacyScript[1];
        script[0] = new LegacyScript((request, wire) -> {
            if (script[0].ids.size() < 3) {
                wire.raw("HTTP/1.1 404 x\r\nContent-Length: 4\r\n\r\n");
                repeated.await(30, TimeUnit.SECONDS);
                try {
                    wire.raw("gone");
                } finally {
                    gone.countDown();
                }
            } else {
                wire.stream().chunk(": begun\n\n");
                repeated.countDown();
                gone.await(30, TimeUnit.SECONDS);
                for (int i = 0; i < 50; i++) {
                    wire.chunk(": still here\n\n");
                }
                wire.resultEvent(request, OK).endStream();
            }
        });
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script[0])) {
            assertThat(fixture.last(call())).isInstanceOf(JsonRpc.Success.class);
            UpstreamFixture.eventually(() -> fixture.upstream.state().callsInFlight() == 0);
        }
    }

    @Test
    void repeatsACallOnlyOnce() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.answer(404, "text/plain", "gone"));
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            Refusal refusal = fixture.refusal(call());

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_REFUSED);
            assertThat(fixture.server().received("tools/call")).hasSize(2);
        }
    }

    @Test
    void neverRepeatsACallWhoseAnswerIsLost() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> wire.reset());
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            Refusal refusal = fixture.refusal(call());

            assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_AMBIGUOUS);
            assertThat(fixture.server().received("tools/call")).hasSize(1);
        }
    }

    @Test
    void asksTheClientAndPostsTheAnswer() throws Exception {
        BlockingQueue<Received> answers = new LinkedBlockingQueue<>();
        LegacyScript script = new LegacyScript((request, wire) -> {
            wire.stream()
                    .event("{\"jsonrpc\":\"2.0\",\"id\":\"p-1\",\"method\":\"ping\"}")
                    .event("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"sampling/createMessage\",\"params\":{\"a\":1}}");
            wire.hang();
        });
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            CountDownLatch asked = new CountDownLatch(1);
            Disposable call = fixture.upstream.handle(call()).subscribe(message -> {
                JsonRpc.Question question = (JsonRpc.Question) message;
                assertThat(question.method()).isEqualTo("sampling/createMessage");
                assertThat(question.params()).hasToString("{\"a\":1}");
                question.answer().accept(JsonRpc.Success.of("{\"role\":\"x\"}"));
                question.answer().accept(JsonRpc.Success.of("{\"role\":\"again\"}"));
                asked.countDown();
            });
            assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();

            UpstreamFixture.eventually(() -> posted(fixture).size() == 2);
            answers.addAll(posted(fixture));
            assertThat(answers.stream().map(Received::body))
                    .containsExactlyInAnyOrder(
                            "{\"jsonrpc\":\"2.0\",\"id\":\"p-1\",\"result\":{}}",
                            "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"role\":\"x\"}}");
            assertThat(answers).allMatch(answer -> answer.headers().containsKey("mcp-session-id"));
            call.dispose();
        }
    }

    private static List<Received> posted(UpstreamFixture fixture) {
        return fixture.server().requests.stream()
                .filter(request ->
                        request.method().equals("POST") && request.rpcMethod().isEmpty())
                .toList();
    }

    @Test
    void answersForAClientThatCannotBeAsked() throws IOException {
        LegacyScript script = new LegacyScript((request, wire) -> {
            wire.stream()
                    .event("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"roots/list\"}")
                    .resultEvent(request, OK)
                    .endStream();
        });
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            List<JsonRpc> all = fixture.call(UpstreamFixture.modernCall(
                    "completion/complete", "\"argument\":{\"name\":\"a\",\"value\":\"\"}", "", new Target("u1")));

            assertThat(all).hasSize(1);
            UpstreamFixture.eventually(() -> !posted(fixture).isEmpty());
            assertThat(posted(fixture).get(0).body()).contains("\"id\":7,\"error\":{\"code\":-32601");
            assertThat(fixture.server().received("completion/complete").get(0).body())
                    .doesNotContain("io.modelcontextprotocol/");
        }
    }

    @Test
    void tellsTheServerThatACallWasCancelled() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        LegacyScript script = new LegacyScript((request, wire) -> {
            arrived.countDown();
            wire.hang();
        });
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            Disposable call = fixture.upstream.handle(call()).subscribe();
            assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();

            call.dispose();

            UpstreamFixture.eventually(
                    () -> !fixture.server().received("notifications/cancelled").isEmpty());
            String id = fixture.server().received("tools/call").get(0).id();
            assertThat(fixture.server()
                            .received("notifications/cancelled")
                            .get(0)
                            .body())
                    .contains("\"requestId\":" + id + ",");
        }
    }

    @Test
    void takesUpAStreamThatBrokeOff() throws IOException {
        String[] id = new String[1];
        LegacyScript script = new LegacyScript((request, wire) -> {
            id[0] = request.id();
            wire.stream().chunk("id: e-1\nretry: 10\ndata: \n\n").endStream();
        });
        script.get = (request, wire) -> {
            if (request.header("last-event-id") == null) {
                wire.answer(405, "", "");
                return;
            }
            wire.stream()
                    .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"
                            + id[0] + ",\"progress\":1}}")
                    .event("{\"jsonrpc\":\"2.0\",\"id\":" + id[0] + ",\"result\":" + OK + "}")
                    .endStream();
        };
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            List<JsonRpc> all = fixture.call(call());

            assertThat(all).hasSize(2);
            assertThat(((JsonRpc.Notification) all.get(0)).params())
                    .hasToString("{\"progressToken\":\"t\",\"progress\":1}");
            assertThat(fixture.server().received("tools/call")).hasSize(1);
        }
    }

    @Test
    void givesUpAfterSomeAttemptsToTakeUpAStream() throws IOException {
        AtomicInteger attempts = new AtomicInteger();
        LegacyScript script = new LegacyScript((request, wire) ->
                wire.stream().chunk("id: e-1\nretry: 1\ndata: \n\n").endStream());
        script.get = (request, wire) -> {
            if (request.header("last-event-id") == null) {
                wire.answer(405, "", "");
                return;
            }
            attempts.incrementAndGet();
            wire.stream().endStream();
        };
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            assertThat(fixture.refusal(call()).reason()).isEqualTo(Reason.UPSTREAM_AMBIGUOUS);
            assertThat(attempts).hasValue(5);
        }
    }

    @Test
    void deliversWhatComesOutsideOfCallsAndKeepsWhatCameBefore() throws IOException {
        CountDownLatch more = new CountDownLatch(1);
        LegacyScript script = new LegacyScript((request, wire) -> wire.result(request, OK));
        script.get = (request, wire) -> {
            wire.stream()
                    .event(
                            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"a:b\"}}")
                    .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
            more.await(30, TimeUnit.SECONDS);
            wire.event("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"roots/list\"}");
            wire.hang();
        };
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            BlockingQueue<String> changes = new LinkedBlockingQueue<>();
            Disposable changing = fixture.upstream.changes().subscribe(changes::add);
            fixture.call(call());
            Exchange listening = call();
            List<JsonRpc> heard = fixture.upstream
                    .listen(listening, List.of())
                    .doOnNext(message -> more.countDown())
                    .take(3)
                    .collectList()
                    .block(UpstreamFixture.PATIENCE);

            assertThat(heard)
                    .extracting(message -> message instanceof JsonRpc.Notification notification
                            ? notification.method()
                            : ((JsonRpc.Question) message).method())
                    .containsExactly(
                            "notifications/resources/updated", "notifications/tools/list_changed", "roots/list");
            UpstreamFixture.eventually(() -> changes.contains("notifications/tools/list_changed"));
            changing.dispose();
        }
    }
}
