package io.headgate.gateway.upstream.era;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.ClientSession;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.EraChoice;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.UpstreamState.EraState;
import io.headgate.gateway.upstream.era.FakeServer.Received;
import io.headgate.gateway.upstream.era.FakeServer.Script;
import io.headgate.gateway.upstream.era.FakeServer.Wire;
import io.headgate.gateway.upstream.era.UpstreamFixture.LegacyScript;
import io.headgate.gateway.upstream.era.UpstreamFixture.TestSession;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;

/** A server that may speak both eras, and which of them it is spoken to in. */
class BothErasTest {
    private static final UpstreamLimits IMPATIENT = new UpstreamLimits(
            Duration.ofMillis(700), Duration.ofSeconds(5), Duration.ofSeconds(5), 65_536, 10, 1024, 1024, 4);

    /** A server whose eras come and go. */
    private static final class Dual implements Script {
        final LegacyScript sessions = new LegacyScript(this::ofSession);
        volatile boolean announces;
        volatile boolean speaksModern = true;
        volatile boolean speaksLegacy = true;
        volatile @Nullable Script initialize;
        volatile @Nullable Script everything;

        @Override
        public void answer(Received request, Wire wire) throws Exception {
            Script all = everything;
            Script opening = initialize;
            if (all != null) {
                all.answer(request, wire);
            } else if ("2026-07-28".equals(request.header("mcp-protocol-version"))) {
                modern(request, wire);
            } else if (!speaksLegacy) {
                wire.error(400, request, -32022, ",\"data\":{\"supported\":[\"2026-07-28\"]}");
            } else if (opening != null && request.rpcMethod().equals("initialize")) {
                opening.answer(request, wire);
            } else {
                sessions.answer(request, wire);
            }
        }

        private void ofSession(Received request, Wire wire) {
            String result = "{\"content\":[],\"tools\":[{\"name\":\"older\"}],\"spoken\":\"legacy\"}";
            if (announces) {
                wire.stream()
                        .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}")
                        .resultEvent(request, result)
                        .endStream();
            } else {
                wire.result(request, result);
            }
        }

        private void modern(Received request, Wire wire) throws InterruptedException {
            if (!speaksModern) {
                wire.answer(400, "text/plain", "Bad Request: no session");
                return;
            }
            switch (request.rpcMethod()) {
                case "server/discover" -> wire.result(request, UpstreamFixture.DISCOVERED);
                case "tools/list" ->
                    wire.result(
                            request,
                            "{\"resultType\":\"complete\",\"tools\":[],\"ttlMs\":60000,\"cacheScope\":\"public\"}");
                case "subscriptions/listen" -> {
                    wire.stream()
                            .event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\"}");
                    wire.hang();
                }
                default -> wire.result(request, "{\"resultType\":\"complete\",\"content\":[],\"spoken\":\"modern\"}");
            }
        }
    }

    private final Dual server = new Dual();
    private final TestSession session = new TestSession("c1");

    private UpstreamFixture before(EraChoice choice, UpstreamLimits limits) throws IOException {
        FakeServer fake = new FakeServer(server);
        return new UpstreamFixture(
                fake, UpstreamFixture.config(fake.url(), limits).withEra(choice));
    }

    private UpstreamFixture before() throws IOException {
        return before(EraChoice.AUTO, UpstreamFixture.QUICK);
    }

    /** The era in which a client with the session is answered. */
    private static String ofSession(UpstreamFixture fixture, ClientSession session) {
        return spoken(
                fixture.last(UpstreamFixture.legacyCall("tools/call", "{\"name\":\"t\",\"arguments\":{}}", session)));
    }

    private String ofSession(UpstreamFixture fixture) {
        return ofSession(fixture, session);
    }

    /** The era in which a client without one is answered. */
    private static String ofOther(UpstreamFixture fixture) {
        return spoken(fixture.last(UpstreamFixture.tool("t")));
    }

    private static String spoken(JsonRpc answer) {
        return answer instanceof JsonRpc.Success success
                ? String.valueOf(success.result().getString("spoken"))
                : answer.toString();
    }

    private static List<String> eras(UpstreamFixture fixture) {
        return UpstreamFixture.await(fixture.upstream.settled()).eras().stream()
                .map(era -> era.isSpoken() ? era.version() + " " + era.transport() : "not " + era.era())
                .toList();
    }

    private static long gets(UpstreamFixture fixture) {
        return fixture.server().requests.stream()
                .filter(request -> request.method().equals("GET"))
                .count();
    }

    private static List<@Nullable String> ended(UpstreamFixture fixture) {
        return fixture.server().requests.stream()
                .filter(request -> request.method().equals("DELETE"))
                .map(request -> request.header("mcp-session-id"))
                .toList();
    }

    @Test
    void speaksToEachClientInItsOwnEra() throws IOException {
        server.sessions.get = (request, wire) -> {
            wire.stream();
            wire.hang();
        };
        try (UpstreamFixture fixture = before()) {
            assertThat(ofOther(fixture)).isEqualTo("modern");
            assertThat(eras(fixture)).containsExactly("2026-07-28 HTTP", "2025-11-25 HTTP");
            UpstreamFixture.eventually(() -> ended(fixture).contains("s-1"));
            assertThat(gets(fixture)).isZero();
            assertThat(fixture.upstream.state().sessions()).isZero();

            assertThat(ofSession(fixture)).isEqualTo("legacy");
            assertThat(ofOther(fixture)).isEqualTo("modern");
            assertThat(fixture.server().received("initialize")).hasSize(2);
            assertThat(gets(fixture)).isEqualTo(1);
            assertThat(fixture.upstream.state().sessions()).isEqualTo(1);
            assertThat(fixture.upstream.state().keepsSessions()).isTrue();
            assertThat(fixture.upstream.state().takesListenRequests()).isTrue();
            for (String era : List.of("modern", "legacy")) {
                assertThat(fixture.meters
                                .get("headgate.upstream.era")
                                .tags("upstream", "u1", "era", era)
                                .gauge()
                                .value())
                        .isEqualTo(1);
            }

            session.end();
            UpstreamFixture.eventually(() -> ended(fixture).contains("s-2"));
            assertThat(fixture.upstream.state().sessions()).isZero();
        }
    }

    @Test
    void opensAClientsSessionWithWhatTheClientDeclared() throws IOException {
        try (UpstreamFixture fixture = before()) {
            UpstreamFixture.await(fixture.upstream.settled());
            ofSession(fixture);
            assertThat(fixture.server().received("initialize").get(1).body())
                    .contains("\"capabilities\":{\"sampling\":{}}")
                    .contains("\"name\":\"c\"");
        }
    }

    @Test
    void aSideThatHangsHoldsUpNobodyElse() throws IOException {
        server.initialize = (request, wire) -> wire.hang();
        try (UpstreamFixture fixture = before(EraChoice.AUTO, IMPATIENT)) {
            long start = System.nanoTime();
            assertThat(ofOther(fixture)).isEqualTo("modern");
            assertThat(UpstreamFixture.await(fixture.upstream.list()).tools()).isEmpty();
            assertThat(fixture.upstream.state().eras())
                    .extracting(EraState::era)
                    .containsExactly(Era.MODERN);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(IMPATIENT.connectTimeout());

            assertThat(ofSession(fixture)).isEqualTo("modern");
            assertThat(eras(fixture)).containsExactly("2026-07-28 HTTP", "not LEGACY");
            long then = System.nanoTime();
            assertThat(ofSession(fixture)).isEqualTo("modern");
            assertThat(Duration.ofNanos(System.nanoTime() - then)).isLessThan(IMPATIENT.connectTimeout());
            assertThat(fixture.server().received("initialize")).hasSize(1);
            assertThat(fixture.upstream.state().isHealthy()).isTrue();
            assertThat(fixture.upstream.state().lastError()).isNull();
        }
    }

    static Stream<Script> refusals() {
        return Stream.of(
                (request, wire) -> wire.error(404, request, -32601, ""),
                (request, wire) -> wire.error(400, request, -32022, ""),
                (request, wire) -> wire.answer(405, "text/html", "no"),
                (request, wire) -> wire.answer(400, "application/json", "{"),
                (request, wire) -> wire.result(request, "{\"protocolVersion\":\"1999-01-01\"}"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void bridgesWhatTheServerDoesNotSpeak(Script refusal) throws IOException {
        server.initialize = refusal;
        server.sessions.get = (request, wire) -> wire.answer(500, "", "");
        try (UpstreamFixture fixture = before()) {
            assertThat(ofSession(fixture)).isEqualTo("modern");
            assertThat(eras(fixture)).containsExactly("2026-07-28 HTTP", "not LEGACY");
            assertThat(fixture.server().received("initialize")).hasSize(1);
            assertThat(gets(fixture)).isZero();
            assertThat(fixture.upstream.state().isHealthy()).isTrue();
        }
    }

    @Test
    void bridgesWhereTheOlderSideCouldAskNobody() throws IOException {
        server.sessions.givesId = false;
        try (UpstreamFixture fixture = before()) {
            assertThat(ofSession(fixture)).isEqualTo("modern");
            assertThat(eras(fixture)).containsExactly("2026-07-28 HTTP", "2025-11-25 HTTP");
            assertThat(fixture.upstream.state().keepsSessions()).isFalse();
        }
    }

    @Test
    void asksOnlyForTheEraThatTheFileNames() throws IOException {
        try (UpstreamFixture modern = before(EraChoice.MODERN, UpstreamFixture.QUICK);
                UpstreamFixture legacy = before(EraChoice.LEGACY, UpstreamFixture.QUICK)) {
            assertThat(ofSession(modern)).isEqualTo("modern");
            assertThat(ofOther(modern)).isEqualTo("modern");
            assertThat(eras(modern)).containsExactly("2026-07-28 HTTP");
            assertThat(modern.server().received("initialize")).isEmpty();

            assertThat(ofSession(legacy)).isEqualTo("legacy");
            assertThat(ofOther(legacy)).isEqualTo("legacy");
            assertThat(eras(legacy)).containsExactly("2025-11-25 HTTP");
            assertThat(legacy.server().received("server/discover")).isEmpty();
        }
    }

    @Test
    void saysThatTheServerDoesNotSpeakWhatTheFileWants() throws IOException {
        server.speaksModern = false;
        try (UpstreamFixture fixture = before(EraChoice.MODERN, UpstreamFixture.QUICK)) {
            Refusal refusal = fixture.refusal(UpstreamFixture.tool("t"));
            assertThat(refusal.text())
                    .isEqualTo("the upstream does not speak 2026-07-28, and its entry in the file says era: modern");
            assertThat(fixture.upstream.state().era()).isEqualTo(Era.UNKNOWN);
        }
    }

    @Test
    void bridgesAfterOneCallWhenTheNewerEraIsGone() throws IOException {
        try (UpstreamFixture fixture = before()) {
            assertThat(ofOther(fixture)).isEqualTo("modern");
            assertThat(ofSession(fixture)).isEqualTo("legacy");
            server.speaksModern = false;

            fixture.refusal(UpstreamFixture.tool("t"));
            UpstreamFixture.eventually(() -> fixture.upstream.state().era() == Era.LEGACY);
            assertThat(ofOther(fixture)).isEqualTo("legacy");
            assertThat(ofSession(fixture)).isEqualTo("legacy");
            assertThat(eras(fixture)).containsExactly("not MODERN", "2025-11-25 HTTP");
        }
    }

    @Test
    void bridgesAfterOneCallWhenTheOlderEraIsGone() throws IOException {
        try (UpstreamFixture fixture = before()) {
            assertThat(ofSession(fixture)).isEqualTo("legacy");
            server.speaksLegacy = false;

            assertThat(ofSession(fixture)).contains("-32022");
            UpstreamFixture.eventually(() -> !fixture.upstream.state().keepsSessions());
            assertThat(ofSession(fixture)).isEqualTo("modern");
            assertThat(ofSession(fixture, new TestSession("c2"))).isEqualTo("modern");
            assertThat(eras(fixture)).containsExactly("2026-07-28 HTTP", "not LEGACY");
        }
    }

    @Test
    void aSessionThatCannotBeOpenedIsAReasonToAskAgain() throws IOException {
        try (UpstreamFixture fixture = before()) {
            assertThat(ofSession(fixture)).isEqualTo("legacy");
            server.speaksLegacy = false;

            fixture.refusal(UpstreamFixture.legacyCall("tools/call", "{\"name\":\"t\"}", new TestSession("c2")));
            UpstreamFixture.eventually(() -> !fixture.upstream.state().keepsSessions());
            assertThat(ofSession(fixture, new TestSession("c3"))).isEqualTo("modern");
        }
    }

    @Test
    void findsTheNewerEraAfterTheServerCameBack() throws IOException {
        server.speaksModern = false;
        try (UpstreamFixture fixture = before()) {
            List<String> changes = new CopyOnWriteArrayList<>();
            Disposable listening = fixture.upstream.changes().subscribe(changes::add);
            assertThat(UpstreamFixture.await(fixture.upstream.list()).forSessions())
                    .isNull();
            assertThat(ofOther(fixture)).isEqualTo("legacy");
            server.speaksModern = true;
            server.everything = (request, wire) -> wire.answer(503, "", "");
            assertThat(fixture.upstream.list().onErrorComplete().blockOptional())
                    .isEmpty();
            server.everything = null;

            UpstreamFixture.await(fixture.upstream.list());
            assertThat(ofOther(fixture)).isEqualTo("modern");
            assertThat(ofSession(fixture)).isEqualTo("legacy");
            assertThat(eras(fixture)).containsExactly("2026-07-28 HTTP", "2025-11-25 HTTP");
            UpstreamFixture.eventually(() -> changes.contains("notifications/prompts/list_changed"));
            // The gateway's own session, in which it read the lists before, is over.
            UpstreamFixture.eventually(() -> ended(fixture).contains("s-1"));
            listening.dispose();
        }
    }

    @Test
    void findsTheNewerEraWhenItLosesASession() throws IOException {
        server.speaksModern = false;
        try (UpstreamFixture fixture = before()) {
            assertThat(ofSession(fixture)).isEqualTo("legacy");
            server.speaksModern = true;
            server.everything = (request, wire) -> {
                server.everything = null;
                wire.answer(404, "", "");
            };
            assertThat(ofSession(fixture)).isEqualTo("legacy");
            UpstreamFixture.eventually(() -> fixture.upstream.state().era() == Era.MODERN);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 404, 405, 429, 500, 503})
    void keepsWhatItHadWhileTheServerSaysNothingOfTheProtocol(int status) throws IOException {
        try (UpstreamFixture fixture = before()) {
            assertThat(ofOther(fixture)).isEqualTo("modern");
            assertThat(ofSession(fixture)).isEqualTo("legacy");
            List<EraState> had = fixture.upstream.state().eras();
            List<String> refused = new CopyOnWriteArrayList<>();
            server.everything = (request, wire) -> {
                wire.answer(status, "text/html", "<p>no</p>");
                refused.add(request.rpcMethod());
            };
            UpstreamFixture.await(
                    fixture.upstream.era().refresh().thenReturn(true).onErrorReturn(false));
            boolean saysNo = status == 404 || status == 405;
            UpstreamFixture.eventually(() -> refused.contains(saysNo ? "initialize" : "server/discover"));
            assertThat(fixture.upstream.state().eras()).isEqualTo(had);
            server.everything = null;
            assertThat(ofOther(fixture)).isEqualTo("modern");
            assertThat(ofSession(fixture)).isEqualTo("legacy");
        }
    }

    @Test
    void aLaterRoundStaysWhereItsQuestionCameFrom() throws IOException {
        try (UpstreamFixture fixture = before()) {
            assertThat(ofSession(fixture)).isEqualTo("legacy");
            assertThat(spoken(fixture.last(UpstreamFixture.legacyCall(
                            "tools/call", "{\"name\":\"t\",\"inputResponses\":{},\"requestState\":\"s\"}", session))))
                    .isEqualTo("modern");
        }
    }

    @Test
    void readsWhatIsOfferedToClientsWithASession() throws IOException {
        server.sessions.capabilities =
                "{\"tools\":{},\"logging\":{},\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}";
        try (UpstreamFixture fixture = before()) {
            Listing listing = UpstreamFixture.await(fixture.upstream.list());
            assertThat(listing.tools()).isEmpty();
            assertThat(listing.capabilities()).hasToString("{\"tools\":{\"listChanged\":true}}");
            Listing forSessions = Objects.requireNonNull(listing.forSessions());
            assertThat(forSessions.tools()).extracting(RawJson::toString).containsExactly("{\"name\":\"older\"}");
            assertThat(forSessions.capabilities().get("logging")).isNotNull();
            assertThat(forSessions.capabilities().toString()).doesNotContain("tasks");
            UpstreamFixture.eventually(() -> ended(fixture).size() == 2);
            assertThat(gets(fixture)).isZero();
            assertThat(fixture.upstream.state().sessions()).isZero();
        }
    }

    @Test
    void readsTheListsAgainWhenASlowSideHasAnswered() throws IOException {
        CountDownLatch mayAnswer = new CountDownLatch(1);
        server.initialize = (request, wire) -> {
            mayAnswer.await(UpstreamFixture.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            server.sessions.answer(request, wire);
        };
        try (UpstreamFixture fixture = before()) {
            List<String> changes = new CopyOnWriteArrayList<>();
            Disposable listening = fixture.upstream.changes().subscribe(changes::add);
            assertThat(UpstreamFixture.await(fixture.upstream.list()).forSessions())
                    .isNull();
            assertThat(changes).isEmpty();
            mayAnswer.countDown();
            UpstreamFixture.eventually(() -> changes.contains("notifications/tools/list_changed"));
            assertThat(UpstreamFixture.await(fixture.upstream.list()).forSessions())
                    .isNotNull();
            listening.dispose();
        }
    }

    @Test
    void aServerThatGreetsEachSessionWithChangesIsNotReadForEver() throws IOException {
        server.announces = true;
        try (UpstreamFixture fixture = before()) {
            List<String> changes = new CopyOnWriteArrayList<>();
            Disposable listening = fixture.upstream.changes().subscribe(changes::add);
            assertThat(UpstreamFixture.await(fixture.upstream.list()).forSessions())
                    .isNotNull();
            assertThat(changes).isEmpty();
            ofSession(fixture);
            UpstreamFixture.eventually(() -> changes.size() == 1);
            listening.dispose();
        }
    }

    @Test
    void keepsWhatItReadOfASideThatHangs() throws IOException {
        try (UpstreamFixture fixture = before()) {
            Listing first = UpstreamFixture.await(fixture.upstream.list());
            server.initialize = (request, wire) -> wire.hang();
            assertThat(UpstreamFixture.await(fixture.upstream.list()).forSessions())
                    .isNotNull()
                    .isEqualTo(first.forSessions());
        }
    }

    @Test
    void hearsOfChangesInBothEras() throws IOException {
        server.sessions.get = (request, wire) -> {
            wire.stream().event("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/prompts/list_changed\"}");
            wire.hang();
        };
        try (UpstreamFixture fixture = before()) {
            List<String> changes = new CopyOnWriteArrayList<>();
            Disposable listening = fixture.upstream.changes().subscribe(changes::add);
            UpstreamFixture.eventually(
                    () -> !fixture.server().received("subscriptions/listen").isEmpty());
            ofSession(fixture);
            UpstreamFixture.eventually(() -> changes.contains("notifications/prompts/list_changed"));
            listening.dispose();
        }
    }

    @Test
    void listensElsewhereWhenTheEraIsAnother() throws IOException {
        try (UpstreamFixture fixture = before()) {
            List<JsonRpc> heard = new CopyOnWriteArrayList<>();
            Disposable listening = fixture.upstream
                    .listen(
                            UpstreamFixture.modernCall("subscriptions/listen", "", "", new Target("u1")),
                            List.of("x:1"))
                    .subscribe(heard::add);
            UpstreamFixture.eventually(() -> heard.size() == 1);
            server.sessions.capabilities = "{\"tools\":{},\"resources\":{\"subscribe\":true}}";
            server.speaksModern = false;
            fixture.refusal(UpstreamFixture.tool("t"));
            UpstreamFixture.eventually(
                    () -> !fixture.server().received("resources/subscribe").isEmpty());
            listening.dispose();
        }
    }
}
