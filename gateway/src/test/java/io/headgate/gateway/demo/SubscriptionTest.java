package io.headgate.gateway.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.EventStream;
import io.headgate.testkit.ModernClient;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(20)
class SubscriptionTest {
    private static final String ID = "io.modelcontextprotocol/subscriptionId";

    private DemoServer server;
    private ModernClient client;

    @BeforeEach
    void start() {
        server = DemoServer.start(DemoServerOptions.builder().build());
        client = Clients.modern(server);
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    @Test
    void isAcknowledgedFirstWithWhatItWillCarry() {
        try (EventStream events = client.stream(listen("{\"toolsListChanged\":true,"
                + "\"resourceSubscriptions\":[\"test://watched-resource\",\"test://nosuch\"]}"))) {
            JsonNode first = events.next();
            assertThat(first.path("method").stringValue()).isEqualTo("notifications/subscriptions/acknowledged");
            assertThat(first.path("params"))
                    .hasToString("{\"_meta\":{\"" + ID + "\":\"s\"},\"notifications\":{\"toolsListChanged\":true,"
                            + "\"resourceSubscriptions\":[\"test://watched-resource\"]}}");
        }
    }

    @Test
    void carriesChangesThatWereAskedForAndNoOthers() {
        int before = tools();
        try (EventStream events = client.stream(
                listen("{\"toolsListChanged\":true," + "\"resourceSubscriptions\":[\"test://watched-resource\"]}"))) {
            events.next();
            client.call("test_trigger_prompt_change", "{}");
            client.call("append", "{\"text\":\"not listened to\"}");
            client.call("test_trigger_resource_update", "{}");
            client.call("test_trigger_tool_change", "{}");

            assertThat(events.next().path("params"))
                    .hasToString("{\"_meta\":{\"" + ID + "\":\"s\"},\"uri\":\"test://watched-resource\"}");
            JsonNode changed = events.next();
            assertThat(changed.path("method").stringValue()).isEqualTo("notifications/tools/list_changed");
            assertThat(changed.path("params").path("_meta").path(ID).stringValue())
                    .isEqualTo("s");
            assertThat(tools()).isEqualTo(before + 1);
        }
    }

    @Test
    void endsWithAResultWhenTheServerStops() {
        try (EventStream events = client.stream(listen("{}"))) {
            events.next();

            server.stop();

            JsonNode last = events.next();
            assertThat(last.path("id").stringValue()).isEqualTo("s");
            assertThat(last.path("result").path("_meta").path(ID).stringValue()).isEqualTo("s");
            assertThat(events.ended()).isTrue();
        }
    }

    private HttpRequest listen(String notifications) {
        return client.request("\"s\"", "subscriptions/listen", "", "\"notifications\":" + notifications, "")
                .build();
    }

    private int tools() {
        return client.ask("tools/list").result().path("tools").size();
    }
}
