package io.headgate.gateway.session;

import static io.headgate.gateway.session.ParkedFixture.CAPABILITIES;
import static io.headgate.gateway.session.ParkedFixture.exchange;
import static io.headgate.gateway.session.ParkedFixture.round;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.session.ParkedFixture.Recorder;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.RawJson;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ParkingTest {
    private static final String FORM = "{\"message\":\"?\",\"requestedSchema\":{\"type\":\"object\"}}";

    private ParkedFixture fixture = new ParkedFixture();

    @AfterEach
    void leavesNothingBehind() {
        fixture.parking.close();
        assertThat(fixture.parked()).isZero();
        assertThat(fixture.timer.waiting()).isZero();
    }

    @Test
    void passesACallThatAsksNothing() {
        Recorder client = fixture.call("");
        fixture.server.progress(1);
        fixture.server.answer("done");

        assertThat(client.messages).hasSize(2);
        assertThat(client.completed).isTrue();
        assertThat(fixture.timer.scheduled()).isZero();
        assertThat(fixture.bytes()).isZero();
    }

    @Test
    void addsNothingWhereNothingCanBeAsked() {
        Exchange list = exchange("tools/list", "{}", CAPABILITIES);
        assertThat(fixture.parking.before(ignored -> fixture.server).handle(list))
                .isSameAs(fixture.server);
    }

    @Test
    void asksByAResultAndGoesOnWithTheAnswer() {
        Recorder first = fixture.call(",\"_meta\":{\"progressToken\":\"first\"}");
        fixture.server.progress(1);
        fixture.server.ask("elicitation/create", FORM);
        assertThat(first.messages).hasSize(1);
        fixture.gather();

        assertThat(first.completed).isTrue();
        assertThat(first.result().getString("resultType")).isEqualTo("input_required");
        assertThat(first.result().get("inputRequests"))
                .hasToString("{\"q1\":{\"method\":\"elicitation/create\",\"params\":" + FORM + "}}");
        assertThat(fixture.parked()).isOne();
        fixture.server.progress(2);

        Recorder second = fixture.call(",\"_meta\":{\"progressToken\":2}"
                + round(first.state(), "{\"q1\":{\"action\":\"accept\",\"content\":{ }},\"other\":{}}"));
        fixture.server.progress(3);
        fixture.server.answer("done");

        assertThat(fixture.seen).hasSize(1);
        assertThat(fixture.server.answers).containsExactly("{\"action\":\"accept\",\"content\":{ }}");
        assertThat(second.messages.subList(0, 2).stream()
                        .map(message -> String.valueOf(((JsonRpc.Notification) message).params())))
                .containsExactly("{\"progressToken\":2,\"progress\":2}", "{\"progressToken\":2,\"progress\":3}");
        assertThat(second.result()).hasToString("{\"text\":\"done\"}");
        assertThat(second.completed).isTrue();
        assertThat(fixture.ended("resumed")).isOne();
        assertThat(fixture.bytes()).isZero();
    }

    @Test
    void gathersWhatIsAskedTogetherAndAsksAgainForWhatIsMissing() {
        Recorder first = fixture.call("");
        fixture.server.ask("elicitation/create", FORM);
        fixture.timer.advanceBy(Duration.ofMillis(10));
        fixture.server.ask("roots/list", null);
        fixture.server.ask("sampling/createMessage", "{\"maxTokens\":1}");
        fixture.gather();
        assertThat(first.result().get("inputRequests"))
                .hasToString("{\"q1\":{\"method\":\"elicitation/create\",\"params\":" + FORM + "},"
                        + "\"q2\":{\"method\":\"roots/list\",\"params\":{}},"
                        + "\"q3\":{\"method\":\"sampling/createMessage\",\"params\":{\"maxTokens\":1}}}");

        Recorder second = fixture.call(round(first.state(), "{\"q1\":{\"action\":\"decline\"},\"q3\":{\"r\":3}}"));
        assertThat(fixture.server.answers).isEmpty();
        assertThat(second.completed).isTrue();
        assertThat(second.result().get("inputRequests"))
                .hasToString("{\"q2\":{\"method\":\"roots/list\",\"params\":{}}}");

        Recorder third = fixture.call(round(second.state(), "{\"q2\":{\"roots\":[]}}"));
        assertThat(fixture.server.answers).containsExactly("{\"action\":\"decline\"}", "{\"roots\":[]}", "{\"r\":3}");
        fixture.server.ask("roots/list", null);
        fixture.gather();
        assertThat(third.result().get("inputRequests"))
                .hasToString("{\"q4\":{\"method\":\"roots/list\",\"params\":{}}}");

        Recorder fourth = fixture.call(round(third.state(), "{\"q4\":{\"roots\":[]}}"));
        fixture.server.answer("done");
        assertThat(fourth.result()).hasToString("{\"text\":\"done\"}");
        assertThat(fixture.seen).hasSize(1);
        assertThat(fixture.bytes()).isZero();
    }

    @Test
    void servesOneWhoComesBackAndNobodyElse() {
        Recorder first = fixture.call("");
        fixture.server.ask("roots/list", null);
        fixture.gather();
        String good = round(first.state(), "{\"q1\":{\"roots\":[]}}");

        Exchange again = exchange(good, CAPABILITIES);
        assertRefused(fixture.send(again.withCaller(new Caller("bob"))), "not given for this request");
        assertRefused(
                fixture.send(
                        exchange("tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":2}" + good + "}", CAPABILITIES)),
                "not given for this request");
        assertRefused(
                fixture.call(round(first.state(), "{\"q1\":7}")), "inputResponses: expected an object of objects");
        assertThat(fixture.seen).hasSize(1);
        assertThat(fixture.parked()).isOne();

        fixture.send(again);
        assertThat(fixture.server.answers).hasSize(1);
        assertRefused(fixture.send(again), "used before or given up");
        assertThat(fixture.seen).hasSize(1);
    }

    @Test
    void leavesOtherStatesToTheRouter() {
        Recorder first = fixture.call("");
        fixture.server.ask("roots/list", null);
        fixture.gather();
        String state = first.state();
        String altered = state.substring(0, 40) + (state.charAt(40) == 'A' ? 'B' : 'A') + state.substring(41);

        fixture.call(round(altered, "{}"));
        assertThat(fixture.seen).hasSize(2);
        assertThat(fixture.parked()).isOne();
    }

    @Test
    void givesUpWhoDoesNotComeBack() {
        Recorder first = fixture.call("");
        fixture.server.ask("elicitation/create", FORM);
        fixture.server.ask("roots/list", null);
        fixture.gather();
        fixture.timer.advanceBy(Duration.ofMinutes(10));

        assertThat(fixture.server.answers).containsExactly("{\"action\":\"cancel\"}", "error -32603");
        assertThat(fixture.server.cancelled).isOne();
        assertThat(fixture.parked()).isZero();
        assertThat(fixture.bytes()).isZero();
        assertThat(fixture.ended("expired")).isOne();
        assertRefused(fixture.call(round(first.state(), "{}")), "expired; make the request again");
        assertThat(fixture.seen).hasSize(1);
    }

    @Test
    void givesUpWhatIsParkedWhenTheGatewayStops() {
        fixture.call("");
        fixture.server.ask("roots/list", null);
        fixture.gather();
        fixture.parking.close();

        assertThat(fixture.server.answers).containsExactly("error -32603");
        assertThat(fixture.server.cancelled).isOne();
        assertThat(fixture.ended("abandoned")).isOne();
    }

    @Test
    void refusesMoreThanItHasPlacesFor() {
        fixture = new ParkedFixture(new ParkingConfig(10, 1, Duration.ofMinutes(1), 100_000));
        fixture.call("");
        fixture.server.ask("roots/list", null);
        fixture.gather();
        Recorder second = fixture.call("");
        fixture.server.ask("elicitation/create", FORM);
        fixture.gather();

        assertThat(second.error)
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.Reason.RATE_LIMITED));
        assertThat(fixture.server.answers).containsExactly("{\"action\":\"cancel\"}");
        assertThat(fixture.server.cancelled).isOne();
        assertThat(fixture.ended("refused")).isOne();
        assertThat(fixture.parked()).isOne();
    }

    @Test
    void holdsNoMoreBytesThanItMay() {
        fixture = new ParkedFixture(new ParkingConfig(10, null, Duration.ofMinutes(1), 2_000));
        Recorder first = fixture.call("");
        fixture.server.ask("roots/list", null);
        fixture.gather();
        fixture.server.say(
                new JsonRpc.Notification("notifications/message", RawJson.of("\"" + "x".repeat(2_000) + "\"")));

        assertThat(fixture.parked()).isZero();
        assertThat(fixture.bytes()).isZero();
        assertThat(fixture.server.cancelled).isOne();
        assertThat(fixture.ended("refused")).isOne();
        assertRefused(fixture.call(round(first.state(), "{}")), "used before or given up");
    }

    @Test
    void letsTheServerWaitWhoTalksToNobody() {
        Recorder first = fixture.send(exchange("", CAPABILITIES), 1);
        fixture.server.ask("roots/list", null);
        fixture.gather();
        int said = 0;
        while (fixture.server.requested > 0) {
            fixture.server.say(new JsonRpc.Notification("notifications/message", RawJson.of("{}")));
            said++;
        }
        assertThat(said).isEqualTo(64);
        Recorder second = fixture.send(exchange(round(first.state(), "{\"q1\":{}}"), CAPABILITIES), 1_000);
        assertThat(fixture.server.requested).isPositive();
        fixture.server.answer("done");
        // The client wants no log messages this time.
        assertThat(second.messages).hasSize(1);
    }

    @Test
    void cancelsTheServerWithTheClient() {
        Recorder gone = fixture.call("");
        fixture.server.ask("roots/list", null);
        gone.cancel();
        assertThat(fixture.server.cancelled).isOne();
        fixture.gather();
        assertThat(fixture.parked()).isZero();
        assertThat(fixture.bytes()).isZero();

        Recorder first = fixture.call("");
        fixture.server.ask("roots/list", null);
        fixture.gather();
        first.cancel();
        assertThat(fixture.server.cancelled).isOne();
        Recorder second = fixture.call(round(first.state(), "{\"q1\":{}}"));
        second.cancel();
        assertThat(fixture.server.cancelled).isEqualTo(2);
        assertThat(fixture.bytes()).isZero();
    }

    @Test
    void waitsWithTheQuestionsForAClientThatReadsSlowly() {
        Recorder client = fixture.send(exchange("", CAPABILITIES), 1);
        fixture.server.progress(1);
        client.request(1);
        fixture.server.ask("roots/list", null);
        fixture.server.progress(2);
        assertThat(client.messages).hasSize(2);
        fixture.gather();
        assertThat(client.messages).hasSize(2);
        assertThat(fixture.parked()).isZero();
        client.request(1);
        assertThat(client.completed).isTrue();
        assertThat(fixture.parked()).isOne();
    }

    @Test
    void passesAnAnswerThatDoesNotWaitForTheClient() {
        Recorder quick = fixture.call("");
        fixture.server.ask("roots/list", null);
        fixture.server.answer("done");
        assertThat(quick.result()).hasToString("{\"text\":\"done\"}");
        assertThat(quick.completed).isTrue();

        Recorder first = fixture.call("");
        fixture.server.ask("roots/list", null);
        fixture.gather();
        fixture.server.answer("too slow");
        Recorder second = fixture.call(round(first.state(), "{}"));
        assertThat(second.result()).hasToString("{\"text\":\"too slow\"}");
        assertThat(second.completed).isTrue();
        assertThat(fixture.server.answers).isEmpty();
        assertThat(fixture.bytes()).isZero();
    }

    @Test
    void asksOnlyWhatTheClientDeclared() {
        fixture.send(exchange("", "{\"elicitation\":{}}"));
        fixture.server.ask("sampling/createMessage", "{}");
        fixture.server.ask("elicitation/create", "{\"mode\":\"url\",\"url\":\"https://a\"}");
        fixture.server.ask("roots/list", null);
        fixture.gather();
        assertThat(fixture.server.answers).containsExactly("error -32601", "error -32601", "error -32601");
        assertThat(fixture.parked()).isZero();
    }

    @Test
    void sendsTheUserToPagesAndThenTheCallAgain() {
        Recorder first = fixture.call("");
        fixture.server.fail(
                -32042,
                "{\"elicitations\":[{\"mode\":\"url\",\"message\":\"m\",\"url\":\"https://a\",\"elicitationId\":\"e\"},"
                        + "{\"mode\":\"url\",\"message\":\"n\",\"url\":\"https://b\",\"elicitationId\":\"f\"}]}");
        assertThat(first.result().get("inputRequests"))
                .hasToString("{\"page1\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\","
                        + "\"message\":\"m\",\"url\":\"https://a\"}},\"page2\":{\"method\":\"elicitation/create\","
                        + "\"params\":{\"mode\":\"url\",\"message\":\"n\",\"url\":\"https://b\"}}}");
        assertThat(fixture.parked()).isZero();

        Recorder second = fixture.call(round(first.state(), "{\"page1\":{\"action\":\"accept\"}}"));
        assertThat(fixture.seen).hasSize(1);
        assertThat(second.result().get("inputRequests"))
                .asString()
                .contains("https://b")
                .doesNotContain("https://a");

        assertThat(fixture.call(round(second.state(), "{\"page1\":{\"action\":\"decline\"}}"))
                        .result())
                .asString()
                .contains("\"isError\":true");
        Recorder third = fixture.call(round(second.state(), "{\"page1\":{\"action\":\"accept\"}}"));
        fixture.server.answer("done");
        assertThat(third.result()).hasToString("{\"text\":\"done\"}");
        assertThat(fixture.seen).hasSize(2);
        assertThat(fixture.seen.get(1).message().envelope().params())
                .hasToString("{\"name\":\"t\",\"arguments\":{\"a\":1}}");
    }

    @Test
    void tellsAClientThatCannotSeePages() {
        Recorder client = fixture.send(exchange("", "{\"elicitation\":{}}"));
        fixture.server.fail(-32042, "{\"elicitations\":[{\"mode\":\"url\",\"message\":\"m\",\"url\":\"https://a\"}]}");
        assertThat(client.messages)
                .isEqualTo(List.of(new JsonRpc.Failure(
                        -32021, "no", RawJson.of("{\"requiredCapabilities\":{\"elicitation\":{\"url\":{}}}}"))));
    }

    private static void assertRefused(Recorder client, String text) {
        assertThat(client.error).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.reason()).isEqualTo(Refusal.Reason.INVALID_PARAMS);
            assertThat(refusal.text()).contains(text);
        });
    }
}
