package io.headgate.gateway.hostile;

import io.headgate.gateway.hostile.Preparation.Caller;
import io.headgate.gateway.hostile.Preparation.SessionName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The sessions of one case, and what goes on in them before it. */
final class Sessions implements AutoCloseable {
    private static final double ANSWERED_WITHIN_SECONDS = 5;

    private final HostileFile file;
    private final Bench bench;
    private final Map<String, String> variables;
    private final Map<String, Caller> owners = new HashMap<>();
    private final List<Client> open = new ArrayList<>();

    /** The client whose call waits for the answer to a question; null if none does. */
    private @Nullable Client asked;

    /** The id of the question that the gateway asked on the client's stream, as JSON; empty if it asked none. */
    private String questionId = "";

    /** With the variables of the case, among which are the ids of its sessions. */
    Sessions(HostileFile file, Bench bench, Map<String, String> variables) {
        this.file = file;
        this.bench = bench;
        this.variables = variables;
    }

    String questionId() {
        return questionId;
    }

    private Request build(Form form) {
        return new RequestBuilder(file, variables).build(form, Expectation.NONE);
    }

    void open(SessionName name, Preparation.Session session) throws Exception {
        String id = switch (session.is()) {
            case OPEN, DELETED -> opened(name.owner());
            case MISSING -> "dropped-before-it-is-sent";
            case LOST -> lost(name.owner());
        };
        variables.put(name.name(), id);
        if (session.is() == Preparation.SessionState.DELETED) {
            delete(id);
        }
        if (session.forgottenBy() != null) {
            warmAndForget(id, session.forgottenBy());
        }
    }

    /** Its id, of a new one if there is none yet. */
    String id(SessionName name) throws IOException, InterruptedException {
        String value = variables.get(name.name());
        if (value == null) {
            value = opened(name.owner());
            variables.put(name.name(), value);
        }
        return value;
    }

    private String opened(Caller caller) throws IOException, InterruptedException {
        return initialize(bench.gateway(), caller);
    }

    /** The id of a session at a gateway that is gone. */
    private String lost(Caller caller) throws Exception {
        try (GatewayUnderTest other = bench.another()) {
            return initialize(other, caller);
        }
    }

    private String initialize(GatewayUnderTest gateway, Caller caller) throws IOException, InterruptedException {
        Request request = build(new Form(Map.of("template", "initialize", "as_", caller.text())));
        Response response = Client.once(gateway.front(), request);
        String id = response.field("mcp-session-id");
        if (response.status() != 200 || id.isEmpty()) {
            throw new IOException("initialize answered " + response.status() + " " + response.text());
        }
        owners.put(id, caller);
        Request initialized = legacy(id, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
        Response accepted = Client.once(gateway.front(), initialized);
        if (accepted.status() != 202) {
            throw new IOException("notifications/initialized answered " + accepted.status());
        }
        return id;
    }

    private Request legacy(String session, String body) {
        variables.putIfAbsent("SA", session);
        Caller owner = owners.getOrDefault(session, Caller.ALICE);
        Form form = new Form(Map.of("template", "legacy_call", "session", session, "as_", owner.text(), "body", body));
        return build(form);
    }

    private Request legacyCall(String session, String tool, String id) {
        return legacy(
                session,
                "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                        + "\",\"arguments\":{},\"_meta\":{\"progressToken\":\"p\"}}}");
    }

    private void delete(String session) throws IOException, InterruptedException {
        Request request = legacy(session, "");
        request.method = "DELETE";
        request.remove("Content-Type");
        Response response = Client.once(bench.gateway().front(), request);
        if (response.status() >= 300) {
            throw new IOException("DELETE answered " + response.status());
        }
        owners.remove(session);
    }

    /** Uses a session at both servers, before one of them forgets it. */
    private void warmAndForget(String session, String server) throws Exception {
        for (String tool : List.of("echo", "u2__echo")) {
            Response response =
                    Client.once(bench.gateway().front(), legacyCall(session, tool, "\"warm-" + tool + "\""));
            if (!Client.rpcName(response, file).equals("result")) {
                throw new IOException(tool + " answered " + response.text());
            }
        }
        bench.upstream(server).forgetSessions();
    }

    /** Lets a server ask the client of session SA something, and answers it if the case needs that. */
    void ask(Preparation.Question wanted) throws Exception {
        String session = initializeAsking();
        variables.put(SessionName.SA.name(), session);
        Client client = Client.connect(bench.gateway().front());
        open.add(client);
        client.send(legacyCall(session, "ask", "\"asking\""));
        Response stream = client.reader()
                .nextUntil(response -> question(response) != null, Wire.Deadline.in(ANSWERED_WITHIN_SECONDS));
        JsonNode question = stream == null ? null : question(stream);
        if (question == null) {
            throw new IOException("no question came: " + (stream == null ? "nothing" : stream.text()));
        }
        questionId = question.path("id").toString();
        asked = client;
        if (wanted.answered()) {
            answer();
        }
    }

    /** Answers the question, so that the call which asked it ends. */
    private void answer() throws IOException, InterruptedException {
        if (asked == null) {
            return;
        }
        String result = ",\"result\":{\"action\":\"accept\",\"content\":{\"ok\":true}}}";
        String answer = "{\"jsonrpc\":\"2.0\",\"id\":" + questionId + result;
        Response accepted = Client.once(bench.gateway().front(), legacy(id(SessionName.SA), answer));
        Response last = asked.answer(Wire.Deadline.in(ANSWERED_WITHIN_SECONDS));
        if (accepted.status() != 202 || !Client.rpcName(last, file).equals("result")) {
            throw new IOException("the answer got " + accepted.status() + ", and its call "
                    + (last == null ? "nothing" : last.text()));
        }
        asked = null;
    }

    /** Calls that go on beside the case. */
    int goingOn() {
        return asked == null ? 0 : 1;
    }

    /** A session of a client that can be asked. */
    private String initializeAsking() throws IOException, InterruptedException {
        Request request = build(new Form(Map.of("template", "initialize")));
        JsonTree tree = new JsonTree(new String(request.body, StandardCharsets.UTF_8));
        tree.set("params.capabilities.elicitation", Map.of());
        request.body = Words.rawBytes(tree.text());
        String id = Client.once(bench.gateway().front(), request).field("mcp-session-id");
        owners.put(id, Caller.ALICE);
        var unused = Client.once(
                bench.gateway().front(), legacy(id, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"));
        return id;
    }

    private static @Nullable JsonNode question(Response response) {
        return response.messages().stream()
                .filter(message -> message.has("method") && message.has("id"))
                .findFirst()
                .orElse(null);
    }

    /** The id of an event on a stream of session SA, or of another session of its owner. */
    String event(boolean isOfAnother) throws Exception {
        String session = isOfAnother ? opened(SessionName.SA.owner()) : id(SessionName.SA);
        Request get = legacy(session, "");
        get.method = "GET";
        get.set("Accept", "text/event-stream");
        get.remove("Content-Type");
        Client stream = Client.connect(bench.gateway().front());
        open.add(stream);
        stream.send(get);
        Client call = Client.connect(bench.gateway().front());
        open.add(call);
        call.send(legacyCall(session, "slow", "\"events\""));
        Response events = call.reader()
                .nextUntil(response -> !response.eventIds().isEmpty(), Wire.Deadline.in(ANSWERED_WITHIN_SECONDS));
        if (events == null || events.eventIds().isEmpty()) {
            events = stream.reader()
                    .nextUntil(response -> !response.eventIds().isEmpty(), Wire.Deadline.in(ANSWERED_WITHIN_SECONDS));
        }
        if (events == null || events.eventIds().isEmpty()) {
            throw new IOException("no event with an id came");
        }
        return events.eventIds().get(0);
    }

    /** Ends what is still open, so that the next case begins as this one did. */
    @Override
    public void close() {
        try {
            answer();
        } catch (IOException e) {
            // The case may have answered it, or ended its session.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        open.forEach(Client::close);
        for (String session : new ArrayList<>(owners.keySet())) {
            try {
                delete(session);
            } catch (IOException e) {
                // The case may have ended the session, or the whole gateway.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
