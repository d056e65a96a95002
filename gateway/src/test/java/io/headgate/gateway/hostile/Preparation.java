package io.headgate.gateway.hostile;

import java.io.IOException;
import java.time.Duration;
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
    /** Somebody's call that has begun before the case and goes on beside it. */
    private static final Pattern RUNS = Pattern.compile(
            "(alice|bob) runs a (?:[\\d.]+ s )?(?:tool )?call(?: \\(\\w+\\))?(?: on (S[AB]))?(?:,? (?:with )?(?:request )?id (\\S+?))?"
                    + "(?: (?:on (S[AB])|with progressToken \"?(\\w+)\"?))*(?:,.*)?$");

    private static final Pattern OPEN_STREAMS = Pattern.compile(
            "(\\d+|an?) open (?:SSE )?(?:streams?|subscriptions?)|(alice|bob) has (\\d+) subscriptions?");
    private static final Pattern HAS_SESSIONS = Pattern.compile("(alice|bob) has (\\d+) (?:open )?sessions");
    private static final Pattern DECLARES = Pattern.compile("client declares (\\w+)");
    private static final Pattern ASKED = Pattern.compile("asked (?:elicitation/create )?id (\\d+)");
    private static final Pattern ISSUED_FOR = Pattern.compile("issued for (?:tool )?(\\w+)(?:\\((\\w+)=(\\w+)\\))?");
    private static final Pattern ISSUED_AGO = Pattern.compile("issued (\\d+) (min|h)\\w* ago");
    private static final Pattern SLEEPS = Pattern.compile("sleeps ([\\d.]+) s");
    private static final Pattern IDLE = Pattern.compile("idle for (\\d+) min");
    /** A cursor that the gateway gave out, as it was or changed. */
    static final Pattern CURSOR = Pattern.compile("\\$\\{([\\w ]*\\bCURSOR\\b[^}]*|\\w*_CURSOR\\w*)}");

    private static final Pattern STATE = Pattern.compile("\\$\\{(S(?: [^}]*)?)}");
    private static final Pattern EVENT_OF = Pattern.compile(
            "\\$\\{((?:an? |the )?(first |last )?event(?: id)? (?:of|on|from)(?: session| the stream of)? (S\\w))}");
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
        // Cookies of somebody's browser, which mean nothing here.
        variables.put("ALICE_SESSION", "cookie-of-alice");
        variables.put("BOB_SESSION", "cookie-of-bob");
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
        Matcher state = STATE.matcher(send);
        if (state.find()) {
            requestState(given);
            variables.put(state.group(1), changed(variable("S"), state.group(1)));
        }
        Matcher cursor = CURSOR.matcher(send);
        if (cursor.find()) {
            String owner = given.contains("bob") || cursor.group(1).startsWith("BOB") ? "bob" : "alice";
            variables.put(cursor.group(1), changed(cursor(owner), cursor.group(1)));
        }
        Matcher event = EVENT_OF.matcher(send);
        if (event.find()) {
            boolean isOwn = event.group(3).equals("SA");
            String session = isOwn ? variable("SA") : session("alice", /* elsewhere= */ false);
            variables.put(event.group(1), eventOf(session));
        }
        Matcher idle = IDLE.matcher(given);
        if (idle.find()) {
            double seconds =
                    Integer.parseInt(idle.group(1)) * 60.0 / file.limits().number("session_idle_s", 1800);
            pause(seconds * GatewayYaml.HURRIED_SESSION_SECONDS + 1);
        }
        Matcher issuedAgo = ISSUED_AGO.matcher(given);
        if (issuedAgo.find()) {
            long minutes =
                    Long.parseLong(issuedAgo.group(1)) * (issuedAgo.group(2).startsWith("h") ? 60 : 1);
            bench.clock().jump(Duration.ofMinutes(minutes));
        }
        Matcher runs = RUNS.matcher(given);
        if (runs.find() && !hostile.send().has("action")) {
            runBeside(runs);
        }
        beside(given);
    }

    /** Streams and sessions that are open already. */
    private void beside(String given) throws Exception {
        Matcher streams = OPEN_STREAMS.matcher(given);
        if (streams.find() && !hostile.send().has("action") && !hostile.send().has("tcp")) {
            String count = streams.group(1) == null ? streams.group(3) : streams.group(1);
            String caller = streams.group(2) == null ? "alice" : streams.group(2);
            for (int i = 0; i < (count.startsWith("a") ? 1 : Integer.parseInt(count)); i++) {
                Request listen = builder().build(new Form(Map.of("template", "listen", "as_", caller)), nothing());
                Client client = Client.connect(bench.gateway().front());
                held.add(client);
                client.send(listen);
                var unused = client.answer(Wire.Deadline.in(ANSWERED_WITHIN_SECONDS));
            }
        }
        Matcher opened = HAS_SESSIONS.matcher(given);
        if (opened.find()) {
            for (int i = 0; i < Integer.parseInt(opened.group(2)); i++) {
                var unused = session(opened.group(1), /* elsewhere= */ false);
            }
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
        Form template = file.templates().get(send.text("template", send.text("call")));
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
        Matcher declares = DECLARES.matcher(hostile.given());
        if (declares.find() && !declares.group(1).equals("none")) {
            Form capable = new Form(Map.of("clientCapabilities", Map.of(declares.group(1), Map.of())));
            form.put("meta", capable.with(send.form("meta")).map());
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
        Request request = builder().build(new Form(form), nothing());
        Response response;
        if (bench.setting().has(Setting.Trait.SEALED)) {
            // The gateway of this case seals with a newer key than the one that gives the state.
            try (GatewayUnderTest other = bench.another(GatewayYaml::before)) {
                response = askWhenReady(other, request);
            }
        } else {
            response = Client.once(bench.gateway().front(), request);
        }
        JsonNode result = response.messages().isEmpty()
                ? JsonTree.MAPPER.createObjectNode()
                : response.messages().get(0).path("result");
        String state = result.path("requestState").asString("");
        if (state.isEmpty()) {
            throw new IOException("no requestState came: " + response.text());
        }
        variables.put("S", state);
    }

    /** A sealed value as the words after its name have it. */
    private static String changed(String sealed, String words) {
        int middle = sealed.length() / 2;
        if (words.contains("flipped") || words.contains("changed") || words.contains("altered")) {
            char flipped = sealed.charAt(middle) == 'A' ? 'B' : 'A';
            return sealed.substring(0, middle) + flipped + sealed.substring(middle + 1);
        } else if (words.contains("truncated") || words.contains("without") || words.contains("cut")) {
            return sealed.substring(0, sealed.length() - 1);
        } else if (words.contains("twice") || words.contains("doubled")) {
            return sealed + sealed;
        } else if (words.matches(".*(?:appended|followed by|with .* added|plus).*")) {
            return sealed + "A";
        } else if (words.matches("S|\\w*CURSOR\\w*|(?:an? |the )?CURSOR(?: of \\w+)?")) {
            return sealed;
        }
        throw new Unbuildable("${" + words + "}");
    }

    /** The cursor of the first page that a caller got. */
    private String cursor(String caller) throws IOException, InterruptedException {
        Form form = Situation.harmlessForm().with(new Form(Map.of("as_", caller)));
        Response response = Client.once(bench.gateway().front(), builder().build(form, nothing()));
        String cursor = response.messages().isEmpty()
                ? ""
                : response.messages().get(0).path("result").path("nextCursor").asString("");
        if (cursor.isEmpty()) {
            throw new IOException("no cursor came: " + response.text());
        }
        return cursor;
    }

    /** Asks a gateway that was started a moment ago, until it knows the tool. */
    private Response askWhenReady(GatewayUnderTest gateway, Request request) throws Exception {
        List<Response> answers = new ArrayList<>();
        boolean isReady = Patience.until(
                () -> {
                    answers.add(Client.once(gateway.front(), request));
                    return Client.rpcName(answers.get(answers.size() - 1), file).equals("result");
                },
                ANSWERED_WITHIN_SECONDS);
        if (!isReady) {
            throw new IOException("another gateway does not answer");
        }
        return answers.get(answers.size() - 1);
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

    /** Somebody's call, which has begun. */
    private void runBeside(Matcher runs) throws Exception {
        String caller = runs.group(1);
        String session = runs.group(2) == null ? runs.group(4) : runs.group(2);
        Object id = runs.group(3) == null ? "beside" : HostileFile.yaml(runs.group(3));
        Map<String, @Nullable Object> form = new HashMap<>();
        form.put("template", session == null ? "modern_call" : "legacy_call");
        form.put("as_", caller);
        form.put("tool", session == null ? "slow" : "hang");
        form.put("args", Map.of("v", OTHER_CALLERS_MARK));
        form.put("meta", Map.of("progressToken", runs.group(5) == null ? "t" : runs.group(5)));
        form.put("patch", Map.of("id", id == null ? "beside" : id));
        if (session != null) {
            form.put("session", variable(session));
        }
        int calls = bench.calls();
        Client client = Client.connect(bench.gateway().front());
        held.add(client);
        client.send(builder().build(new Form(form), nothing()));
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
