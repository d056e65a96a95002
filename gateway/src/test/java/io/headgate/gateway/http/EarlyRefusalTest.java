package io.headgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Refusal;
import io.headgate.gateway.dialect.FrontDialect;
import io.headgate.gateway.dialect.HttpCall;
import io.headgate.mcp.Pieces;
import io.headgate.testkit.RawHttp1;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A request that its head is enough to refuse: its body goes by unread, and the connection lives on. */
@SuppressWarnings("StringConcatToTextBlock") // Line ends are the point here.
class EarlyRefusalTest {
    private final AtomicInteger handled = new AtomicInteger();
    private final AtomicInteger bodies = new AtomicInteger();

    /** Refuses what says so in its head. */
    private final FrontDialect dialect = new FrontDialect() {
        @Override
        public void handle(HttpCall call) {
            handled.incrementAndGet();
            call.answer(200, Pieces.of(call.body()));
        }

        @Override
        public @Nullable Refusal refuses(HttpCall call) {
            String why = call.headers().get("x-refuse");
            return why == null
                    ? null
                    : new Refusal(
                            why.equals("stranger") ? Refusal.Reason.CREDENTIAL_MISSING : Refusal.Reason.OVERLOADED,
                            "no");
        }

        @Override
        public void refuse(HttpCall call, Refusal refusal) {
            bodies.addAndGet(call.body().length);
            call.answer(503, Pieces.of("{}"), "Retry-After", "1");
        }
    };

    @Test
    void refusesWithoutTheBodyAndGoesOn() {
        try (TestDoor door = TestDoor.of(dialect);
                RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post("/mcp", "x".repeat(100_000), "X-Refuse: 1"));
            RawHttp1.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(client.post("{}").answer().body()).isEqualTo("{}");
            assertThat(handled).hasValue(1);
            assertThat(bodies).hasValue(0);
        }
    }

    @Test
    void keepsTheOrderOfPipelinedRequests() {
        try (TestDoor door = TestDoor.of(dialect);
                RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post("/mcp", "{\"a\":1}")
                    + RawHttp1.post("/mcp", "{}", "X-Refuse: 1")
                    + RawHttp1.post("/mcp", "{\"b\":1}"));
            assertThat(client.answer().body()).isEqualTo("{\"a\":1}");
            assertThat(client.answer().status()).isEqualTo(503);
            assertThat(client.answer().body()).isEqualTo("{\"b\":1}");
        }
    }

    @Test
    void takesNoMoreOfTheBodyThanOfAnyOther() {
        try (TestDoor door = TestDoor.of(TestDoor.limits(Map.of("bodyBytes", 1000)), dialect);
                RawHttp1 client = door.connect()) {
            client.send("POST /mcp HTTP/1.1\r\nHost: gw.test\r\nContent-Type: application/json\r\nAccept: */*\r\n"
                    + "X-Refuse: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + ("64\r\n" + "x".repeat(100) + "\r\n").repeat(11));
            assertThat(client.answer().status()).isEqualTo(413);
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void doesNotAskForABodyThatItRefuses() {
        try (TestDoor door = TestDoor.of(dialect);
                RawHttp1 client = door.connect()) {
            String request = RawHttp1.post("/mcp", "{}", "Expect: 100-continue", "X-Refuse: 1");
            client.send(request.substring(0, request.length() - 2));
            assertThat(client.answer().status()).isEqualTo(503);
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void theDoorsOwnRejectionGoesFirst() {
        try (TestDoor door = TestDoor.of(dialect);
                RawHttp1 client = door.connect()) {
            client.send(RawHttp1.post("/nowhere", "{}", "X-Refuse: 1"));
            assertThat(client.answer().status()).isEqualTo(404);
        }
    }

    @Test
    void asksWhoSendsABodyBeforeWhatItClaimsToBeAndTheRestAfterwards() {
        try (TestDoor door = TestDoor.of(dialect);
                RawHttp1 client = door.connect()) {
            String form = "POST /mcp HTTP/1.1\r\nHost: gw.test\r\nAccept: */*\r\nContent-Type: text/plain\r\n"
                    + "Content-Length: 2\r\nX-Refuse: %s\r\n\r\n{}";
            client.send(form.formatted("stranger") + form.formatted("crowd"));
            assertThat(client.answer().status()).isEqualTo(503);
            assertThat(client.answer().status()).isEqualTo(415);
            assertThat(client.post("{}").answer().status()).isEqualTo(200);
        }
    }
}
