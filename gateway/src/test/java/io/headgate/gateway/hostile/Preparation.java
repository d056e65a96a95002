package io.headgate.gateway.hostile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Makes true what a case says about the situation before it, and fills in the variables that it uses. */
final class Preparation implements AutoCloseable {
    private static final Pattern ASKED = Pattern.compile("asked (?:elicitation/create )?id (\\d+)");
    private static final Pattern ISSUED_FOR = Pattern.compile("issued for (?:tool )?(\\w+)(?:\\((\\w+)=(\\w+)\\))?");
    private static final Pattern SLEEPS = Pattern.compile("sleeps ([\\d.]+) s");
    private static final Pattern IDLE = Pattern.compile("idle for (\\d+) min");
    private static final Pattern EVENT_OF = Pattern.compile("event of session (\\w+)");
    private static final Map<String, @Nullable Object> ELICITATION =
            Map.of("clientCapabilities", Map.of("elicitation", Map.of()));
    private static final String OTHER_CALLERS_MARK = "progress-of-another-caller";
    private static final double ANSWERED_WITHIN_SECONDS = 5;

    private final HostileFile file;
    private final Bench bench;
    private final HostileCase hostile;
    private final Map<String, String> variables = new HashMap<>();
    private final List<Client> held = new ArrayList<>();
    /** Who opened each session. */
    private final Map<String, String> sessions = new HashMap<>();

    /** The id of the question that the gateway asked on the client's stream, as JSON; empty if it asked none. */
    private String questionId = "";

    Preparation(HostileFile file, Bench bench, HostileCase hostile) {
        this.file = file;
        this.bench = bench;
        this.hostile = hostile;
        variables.put("ALICE", CallerKeys.ALICE);
        variables.put("BOB", CallerKeys.BOB);
    }

    /** Values that must never come back in an answer. */
    List<String> secrets() {
        return List.of(CallerKeys.ALICE, CallerKeys.BOB, OTHER_CALLERS_MARK);
    }

    Map<String, String> variables() {
        return variables;
    }

    RequestBuilder builder() {
        return new RequestBuilder(file, variables);
    }

    void make() throws Exception {
        String given = hostile.given();
        String send = hostile.send().map().toString();
        for (String name : List.of("SA", "SB")) {
            if (given.contains("no initialize yet")) {
                variables.put(name, "dropped-before-it-is-sent");
            } else if (send.contains("${" + name + "}") || usesTemplateSession(name) || isStoryOf(name)) {
                variables.put(name, session(callerOf(name), given.contains("gateway restarted")));
            }
        }
        Matcher sleeps = SLEEPS.matcher(given);
        bench.first().tools().echoSeconds = sleeps.find() ? Math.min(1, Double.parseDouble(sleeps.group(1))) : 0;
        if (given.contains("deleted SA")) {
            delete(variable("SA"));
        }
        if (given.contains("u2 lost its upstream session")) {
            warmBothAndForget();
        }
        Matcher asked = ASKED.matcher(given);
        if (asked.find()) {
            ask(given.contains("answered"));
        }
        if (send.contains("${S}") || send.contains("${S with")) {
            requestState(given);
        }
        Matcher event = EVENT_OF.matcher(send);
        if (event.find()) {
            variables.put(event.group(), eventOf(session("alice", /* elsewhere= */ false)));
        }
        Matcher idle = IDLE.matcher(given);
        if (idle.find()) {
            double seconds =
                    Integer.parseInt(idle.group(1)) * 60.0 / file.limits().number("session_idle_s", 1800);
            pause(seconds * GatewayYaml.HURRIED_SESSION_SECONDS + 1);
        }
        if (given.contains("runs a call with progressToken")) {
            runBeside();
        }
    }

    private String variable(String name) throws Exception {
        String value = variables.get(name);
        if (value == null) {
            value = session(callerOf(name), /* elsewhere= */ false);
            variables.put(name, value);
        }
        return value;
    }

    private boolean usesTemplateSession(String name) {
        Form send = hostile.send().has("each") ? hostile.send().form("each") : hostile.send();
        Form template = file.templates().get(send.text("template"));
        return template != null && template.form("headers").map().toString().contains("${" + name + "}");
    }

    /** True if the case is told in words and they name the session. */
    private boolean isStoryOf(String name) {
        return hostile.send().has("action") && hostile.given().matches(".*\\b" + name + "\\b.*");
    }

    /** Opens a session, here or at a gateway that is gone again. */
    private String session(String caller, boolean elsewhere) throws Exception {
        if (!elsewhere) {
            return initialize(bench.gateway(), caller);
        }
        try (GatewayUnderTest other = bench.another()) {
            return initialize(other, caller);
        }
    }

    private static String callerOf(String session) {
        return session.equals("SB") ? "bob" : "alice";
    }

    private String initialize(GatewayUnderTest gateway, String caller) throws IOException, InterruptedException {
        Request request = builder().build(new Form(Map.of("template", "initialize", "as_", caller)), nothing());
        Response response = Client.once(gateway.front(), request);
        String id = response.field("mcp-session-id");
        if (response.status() != 200 || id.isEmpty()) {
            throw new IOException("initialize answered " + response.status() + " " + response.text());
        }
        sessions.put(id, caller);
        Request initialized = legacy(id, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
        Response accepted = Client.once(gateway.front(), initialized);
        if (accepted.status() != 202) {
            throw new IOException("notifications/initialized answered " + accepted.status());
        }
        return id;
    }

    static Expectation nothing() {
        return Expectation.of(Form.EMPTY, java.util.Set.of());
    }

    private Request legacy(String session, String body) {
        variables.putIfAbsent("SA", session);
        String owner = sessions.getOrDefault(session, "alice");
        Form form = new Form(Map.of("template", "legacy_call", "session", session, "as_", owner, "body", body));
        return builder().build(form, nothing());
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
        sessions.remove(session);
    }

    private void warmBothAndForget() throws Exception {
        for (String tool : List.of("echo", "u2__echo")) {
            Response response =
                    Client.once(bench.gateway().front(), legacyCall(variable("SA"), tool, "\"warm-" + tool + "\""));
            if (!Client.rpcName(response, file).equals("result")) {
                throw new IOException(tool + " answered " + response.text());
            }
        }
        bench.second().forgetSessions();
    }

    /** Lets an upstream ask the client of session SA something, and answers it if the case says so. */
    private void ask(boolean answered) throws Exception {
        String session = initializeAsking();
        variables.put("SA", session);
        Client client = Client.connect(bench.gateway().front());
        held.add(client);
        client.send(legacyCall(session, "ask", "\"asking\""));
        Response stream = client.reader()
                .nextUntil(response -> question(response) != null, Wire.Deadline.in(ANSWERED_WITHIN_SECONDS));
        JsonNode question = stream == null ? null : question(stream);
        if (question == null) {
            throw new IOException("no question came: " + (stream == null ? "nothing" : stream.text()));
        }
        questionId = question.path("id").toString();
        if (answered) {
            String answer = "{\"jsonrpc\":\"2.0\",\"id\":" + questionId
                    + ",\"result\":{\"action\":\"accept\",\"content\":{\"ok\":true}}}";
            Response accepted = Client.once(bench.gateway().front(), legacy(session, answer));
            if (accepted.status() != 202) {
                throw new IOException("the first answer got " + accepted.status());
            }
            var unused = client.answer(Wire.Deadline.in(ANSWERED_WITHIN_SECONDS));
        }
    }

    /** A session of a client that can be asked. */
    private String initializeAsking() throws IOException, InterruptedException {
        Request request = builder().build(new Form(Map.of("template", "initialize")), nothing());
        JsonTree tree = new JsonTree(new String(request.body, java.nio.charset.StandardCharsets.UTF_8));
        tree.set("params.capabilities.elicitation", Map.of());
        request.body = Words.rawBytes(tree.text());
        String id = Client.once(bench.gateway().front(), request).field("mcp-session-id");
        sessions.put(id, "alice");
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

    /**
     * The form to send: a sealed state goes back with the call that it was issued for unless the case names another,
     * and an answer carries the id that the client saw, as a real client's would.
     */
    Form adjusted(Form send) {
        Map<String, @Nullable Object> form = new HashMap<>(send.map());
        if (variables.containsKey("S") && !send.has("tool")) {
            form.put("tool", "pay");
            form.put("args", Map.of());
        }
        if (variables.containsKey("S")) {
            form.put("meta", new Form(ELICITATION).with(send.form("meta")).map());
        }
        Matcher asked = ASKED.matcher(hostile.given());
        if (send.has("body") && !questionId.isEmpty() && asked.find()) {
            form.put("body", send.text("body").replace("\"id\":" + asked.group(1) + ",", "\"id\":" + questionId + ","));
        }
        return new Form(form);
    }

    private void requestState(String given) throws Exception {
        Matcher issued = ISSUED_FOR.matcher(given);
        String tool = "pay";
        Map<String, @Nullable Object> args = new HashMap<>();
        if (issued.find()) {
            tool = issued.group(1).equals("pay") ? "pay" : "ask";
            if (issued.group(2) != null) {
                args.put(issued.group(2), Integer.valueOf(issued.group(3)));
            }
        }
        Map<String, @Nullable Object> form = new HashMap<>();
        form.put("template", "modern_call");
        form.put("tool", tool);
        form.put("args", args);
        form.put("meta", ELICITATION);
        Response response = Client.once(bench.gateway().front(), builder().build(new Form(form), nothing()));
        JsonNode result = response.messages().isEmpty()
                ? JsonTree.MAPPER.createObjectNode()
                : response.messages().get(0).path("result");
        String state = result.path("requestState").asString("");
        if (state.isEmpty()) {
            throw new IOException("no requestState came: " + response.text());
        }
        variables.put("S", state);
        int middle = state.length() / 2;
        char flipped = state.charAt(middle) == 'A' ? 'B' : 'A';
        variables.put("S with one bit flipped", state.substring(0, middle) + flipped + state.substring(middle + 1));
    }

    /** The id of an event on a stream of a session. */
    private String eventOf(String session) throws Exception {
        Request get = legacy(session, "");
        get.method = "GET";
        get.set("Accept", "text/event-stream");
        get.remove("Content-Type");
        Client stream = Client.connect(bench.gateway().front());
        held.add(stream);
        stream.send(get);
        Client call = Client.connect(bench.gateway().front());
        held.add(call);
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

    /** Somebody else's call with progress, which has begun. */
    private void runBeside() throws Exception {
        Form form = new Form(Map.of(
                "template",
                "modern_call",
                "tool",
                "slow",
                "meta",
                Map.of("progressToken", "t"),
                "args",
                Map.of("v", OTHER_CALLERS_MARK),
                "as_",
                "bob"));
        int calls = bench.calls();
        Client client = Client.connect(bench.gateway().front());
        held.add(client);
        client.send(builder().build(form, nothing()));
        if (!Patience.until(() -> bench.calls() > calls, ANSWERED_WITHIN_SECONDS)) {
            throw new IOException("the other call did not reach the upstream");
        }
    }

    private static void pause(double seconds) throws InterruptedException {
        // The time itself is what the case is about: nothing happens that could be waited for.
        boolean unused = new CountDownLatch(1).await((long) (seconds * 1000), TimeUnit.MILLISECONDS);
    }

    /** Gives back what the case took, so that the next one begins as this one did. */
    @Override
    public void close() {
        held.forEach(Client::close);
        for (String session : new ArrayList<>(sessions.keySet())) {
            try {
                delete(session);
            } catch (IOException e) {
                // The case may have ended the session, or the whole gateway.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        bench.first().tools().echoSeconds = 0;
    }
}
