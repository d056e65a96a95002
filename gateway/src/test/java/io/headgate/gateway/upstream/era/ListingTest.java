package io.headgate.gateway.upstream.era;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.headgate.filter.Refusal;
import io.headgate.filter.Refusal.Reason;
import io.headgate.gateway.upstream.Listing;
import io.headgate.gateway.upstream.UpstreamState.Era;
import io.headgate.gateway.upstream.era.FakeServer.Script;
import io.headgate.gateway.upstream.era.UpstreamFixture.LegacyScript;
import io.headgate.mcp.RawJson;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ListingTest {
    private static UpstreamFixture before(String capabilities, long ttl, Script lists) throws IOException {
        FakeServer server = new FakeServer((request, wire) -> {
            if (request.rpcMethod().equals("server/discover")) {
                wire.result(
                        request,
                        "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":"
                                + capabilities + ",\"instructions\":\"do\",\"ttlMs\":" + ttl
                                + ",\"cacheScope\":\"public\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"x\"}}}");
            } else if (request.rpcMethod().equals("initialize")) {
                wire.error(404, request, -32601, "");
            } else {
                lists.answer(request, wire);
            }
        });
        return new UpstreamFixture(server, UpstreamFixture.config(server.url(), UpstreamFixture.QUICK));
    }

    private static String tools(String items, String more) {
        return "{\"resultType\":\"complete\",\"tools\":[" + items + "],\"ttlMs\":5000,\"cacheScope\":\"public\"" + more
                + "}";
    }

    @Test
    void readsEveryPageOfEveryListThatIsDeclared() throws IOException {
        try (UpstreamFixture fixture = before("{\"tools\":{},\"resources\":{}}", 60_000, (request, wire) -> {
            switch (request.rpcMethod()) {
                case "tools/list" ->
                    wire.result(
                            request,
                            request.body().contains("\"cursor\":\"\\u0041\"")
                                    ? tools("{ \"name\":\"b\" }", "")
                                    : tools("{\"name\":\"a\"}", ",\"nextCursor\":\"\\u0041\""));
                case "resources/list" ->
                    wire.result(
                            request, "{\"resources\":[{\"uri\":\"x:y\"}],\"ttlMs\":900000,\"cacheScope\":\"private\"}");
                default -> wire.error(404, request, -32601, "");
            }
        })) {
            Listing listing = UpstreamFixture.await(fixture.upstream.list());

            assertThat(listing.tools())
                    .extracting(RawJson::toString)
                    .containsExactly("{\"name\":\"a\"}", "{ \"name\":\"b\" }");
            assertThat(listing.resources()).hasSize(1);
            assertThat(listing.resourceTemplates()).isEmpty();
            assertThat(listing.prompts()).isEmpty();
            assertThat(listing.ttlMillis()).isEqualTo(5_000);
            assertThat(listing.isPublic()).isFalse();
            assertThat(listing.instructions()).isEqualTo("do");
            assertThat(listing.serverInfo()).hasToString("{\"name\":\"x\"}");
            assertThat(fixture.server().received("prompts/list")).isEmpty();
        }
    }

    @Test
    void clampsTheTimeToLive() throws IOException {
        try (UpstreamFixture fixture = before("{}", 86_400_000, (request, wire) -> wire.hang());
                UpstreamFixture negative = before("{}", -5, (request, wire) -> wire.hang())) {
            assertThat(fixture.upstream.list().map(Listing::ttlMillis).block(UpstreamFixture.PATIENCE))
                    .isEqualTo(Duration.ofMinutes(5).toMillis());
            assertThat(negative.upstream.list().map(Listing::ttlMillis).block(UpstreamFixture.PATIENCE))
                    .isZero();
        }
    }

    @Test
    void stopsAtARepeatedCursor() throws IOException {
        try (UpstreamFixture fixture = before(
                "{\"tools\":{}}",
                0,
                (request, wire) -> wire.result(request, tools("{\"name\":\"a\"}", ",\"nextCursor\":\"x\"")))) {
            Listing listing = UpstreamFixture.await(fixture.upstream.list());

            assertThat(listing.tools()).hasSize(2);
            assertThat(fixture.faults("cursor_loop")).isEqualTo(1);
        }
    }

    @Test
    void stopsAfterAHundredPages() throws IOException {
        AtomicInteger page = new AtomicInteger();
        try (UpstreamFixture fixture = before(
                "{\"tools\":{}}",
                0,
                (request, wire) ->
                        wire.result(request, tools("", ",\"nextCursor\":\"" + page.incrementAndGet() + "\"")))) {
            UpstreamFixture.await(fixture.upstream.list());

            assertThat(page).hasValue(100);
        }
    }

    @Test
    void refusesTooManyTools() throws IOException {
        String thousand = "{\"name\":\"a\"},".repeat(1_000) + "{\"name\":\"b\"}";
        try (UpstreamFixture fixture =
                before("{\"tools\":{}}", 0, (request, wire) -> wire.result(request, tools(thousand, "")))) {
            assertTooLarge(fixture);
        }
    }

    @Test
    void refusesAToolThatIsTooLarge() throws IOException {
        String large = "{\"name\":\"" + "a".repeat(65_536) + "\"}";
        try (UpstreamFixture fixture =
                before("{\"tools\":{}}", 0, (request, wire) -> wire.result(request, tools(large, "")))) {
            assertTooLarge(fixture);
        }
    }

    private static void assertTooLarge(UpstreamFixture fixture) {
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> UpstreamFixture.await(fixture.upstream.list()));
        assertThat(refusal.reason()).isEqualTo(Reason.UPSTREAM_TOO_LARGE);
        assertThat(fixture.faults("catalog_too_large")).isEqualTo(1);
    }

    @Test
    void readsTheListsOfALegacyServerInASessionOfItsOwn() throws IOException {
        LegacyScript script =
                new LegacyScript((request, wire) -> wire.result(request, "{\"tools\":[{\"name\":\"a\"}]}"));
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            Listing listing = UpstreamFixture.await(fixture.upstream.list());

            assertThat(listing.tools()).hasSize(1);
            assertThat(listing.ttlMillis()).isZero();
            assertThat(listing.serverInfo()).hasToString("{\"name\":\"fake\",\"version\":\"1\"}");
            assertThat(fixture.server().received("initialize").get(0).body())
                    .contains(
                            "\"capabilities\":{\"roots\":{},\"sampling\":{},\"elicitation\":{\"form\":{},\"url\":{}},"
                                    + "\"extensions\":{\"io.modelcontextprotocol/ui\":"
                                    + "{\"mimeTypes\":[\"text/html;profile=mcp-app\"]}}},\"clientInfo\":{\"name\":\"headgate\"");
        }
    }

    /** Servers ask for roots as soon as they may, and some offer tools only after the answer. */
    @Test
    void hasNoRootsWhereItReadsLists() throws IOException {
        LegacyScript script =
                new LegacyScript((request, wire) -> wire.result(request, "{\"tools\":[{\"name\":\"a\"}]}"));
        script.get = (request, wire) -> {
            wire.stream()
                    .event("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"roots/list\"}")
                    .event("{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"sampling/createMessage\",\"params\":{}}");
            wire.hang();
        };
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            UpstreamFixture.await(fixture.upstream.list());
            UpstreamFixture.eventually(() -> fixture.server().requests.stream()
                            .filter(request -> request.rpcMethod().isEmpty()
                                    && request.method().equals("POST"))
                            .count()
                    == 2);

            assertThat(fixture.server().requests.stream()
                            .filter(request -> request.rpcMethod().isEmpty())
                            .map(FakeServer.Received::body))
                    .contains("{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"roots\":[]}}")
                    .anyMatch(body -> body.contains("\"id\":6") && body.contains("\"error\""));
        }
    }

    @Test
    void describesAServer() throws IOException {
        LegacyScript script =
                new LegacyScript((request, wire) -> wire.result(request, "{\"tools\":[{\"name\":\"a\"}]}"));
        script.givesId = false;
        script.capabilities = "{\"tools\":{}}";
        try (UpstreamFixture fixture = UpstreamFixture.legacy(script)) {
            Probe.Description found = UpstreamFixture.await(Probe.describe(
                    UpstreamFixture.config(fixture.server().url(), UpstreamFixture.QUICK), fixture.loops));

            assertThat(found.era()).isEqualTo(Era.LEGACY);
            assertThat(found.versions()).containsExactly("2025-11-25");
            assertThat(found.tools()).containsExactly("a");
            assertThat(found.peculiarities())
                    .contains(
                            "gives no session id: all callers share one session",
                            "does not announce changes of its lists");
        }
    }
}
