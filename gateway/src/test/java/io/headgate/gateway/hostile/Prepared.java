package io.headgate.gateway.hostile;

import io.headgate.gateway.hostile.Preparation.Caller;
import io.headgate.gateway.hostile.Preparation.SessionName;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What was made ready for one case: the variables that it uses, and what is open beside it. */
final class Prepared implements AutoCloseable {
    private static final Map<String, @Nullable Object> ELICITATION = capable(List.of("elicitation"));
    private static final String OTHER_CALLERS_MARK = "progress-of-another-caller";
    private static final double ANSWERED_WITHIN_SECONDS = 5;

    private final HostileFile file;
    private final Bench bench;
    private final HostileCase hostile;
    private final Preparation preparation;
    private final Map<String, String> variables = new HashMap<>();
    private final Sessions sessions;
    private @Nullable Client beside;

    Prepared(HostileFile file, Bench bench, HostileCase hostile, Preparation preparation) {
        this.file = file;
        this.bench = bench;
        this.hostile = hostile;
        this.preparation = preparation;
        this.sessions = new Sessions(file, bench, variables);
        variables.put("ALICE", CallerKeys.ALICE);
        variables.put("BOB", CallerKeys.BOB);
        // Cookies of a browser, which mean nothing here.
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

    /** The keys that it was made from. */
    Preparation preparation() {
        return preparation;
    }

    void make() throws Exception {
        Set<String> used = Words.variables(hostile.part("send"));
        for (SessionName name : SessionName.values()) {
            if (preparation.sessions().containsKey(name) || isUsed(name, used)) {
                sessions.open(name, preparation.sessions().getOrDefault(name, Preparation.Session.OPEN));
            }
        }
        bench.first().tools().echoSeconds = seconds(preparation.echoTakes());
        if (preparation.question() != null) {
            sessions.ask(preparation.question());
        }
        fill(used);
        if (!preparation.idle().isZero()) {
            double idle = seconds(preparation.idle()) / file.limits().number("session_idle_s", 1800);
            pause(idle * GatewayYaml.HURRIED_SESSION_SECONDS + 1);
        }
        if (preparation.clock().stopped()) {
            bench.clock().stop();
        }
        if (preparation.running() != null) {
            runBeside(preparation.running());
        }
    }

    /** Fills the variables whose values the gateway gives out. */
    private void fill(Set<String> used) throws Exception {
        if (preparation.requestState() != null) {
            requestState(preparation.requestState());
        }
        if (preparation.cursor() != null) {
            variables.put("CURSOR", cursor(preparation.cursor()));
        }
        for (String name : used) {
            if (name.contains("event of ")) {
                variables.put(name, sessions.event(/* isOfAnother= */ !name.endsWith(" SA")));
            }
        }
    }

    /** Calls that go on beside the case. */
    int goingOn() {
        return sessions.goingOn() + (beside == null ? 0 : 1);
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }

    /** True if the case sends the session's id, by itself or with its template. */
    private boolean isUsed(SessionName name, Set<String> used) {
        Form send = hostile.send().has("each") ? hostile.send().form("each") : hostile.send();
        Form template = file.templates().get(send.text("template", send.text("call")));
        boolean isInTemplate = template != null
                && Words.variables(template.form("headers").map().toString()).contains(name.name());
        return isInTemplate || used.contains(name.name());
    }

    /**
     * The form to send: a sealed state goes back with the call that it was issued for unless the case names another,
     * and an answer carries the id that the client saw, as a real client's would.
     */
    Form adjusted(Form send) {
        Map<String, @Nullable Object> form = new HashMap<>(send.map());
        Preparation.RequestState state = preparation.requestState();
        if (state != null && !send.has("tool")) {
            form.put("tool", state.tool());
            form.put("args", state.args());
        }
        if (state != null) {
            form.put("meta", new Form(ELICITATION).with(send.form("meta")).map());
        }
        if (!preparation.capabilities().isEmpty()) {
            Form capable = new Form(capable(preparation.capabilities()));
            form.put("meta", capable.with(send.form("meta")).map());
        }
        Preparation.Question asked = preparation.question();
        if (asked != null && send.has("body")) {
            form.put(
                    "body",
                    send.text("body").replace("\"id\":" + asked.id() + ",", "\"id\":" + sessions.questionId() + ","));
        }
        return new Form(form);
    }

    private static Map<String, @Nullable Object> capable(List<String> capabilities) {
        Map<String, @Nullable Object> empty = new HashMap<>();
        capabilities.forEach(capability -> empty.put(capability, Map.of()));
        return Map.of("clientCapabilities", empty);
    }

    private void requestState(Preparation.RequestState issued) throws Exception {
        Map<String, @Nullable Object> form = new HashMap<>();
        form.put("template", "modern_call");
        form.put("tool", issued.tool());
        form.put("args", issued.args());
        form.put("meta", ELICITATION);
        Request request = builder().build(new Form(form), Expectation.NONE);
        Response response;
        if (issued.olderKey()) {
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
        bench.clock().jump(issued.age());
    }

    /** The cursor of the first page that a caller got. */
    private String cursor(Caller caller) throws IOException, InterruptedException {
        Form form = Situation.harmlessForm().with(new Form(Map.of("as_", caller.text())));
        Response response = Client.once(bench.gateway().front(), builder().build(form, Expectation.NONE));
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

    /** A call that has begun, and goes on. */
    private void runBeside(Preparation.Running running) throws Exception {
        SessionName session = running.session();
        Map<String, @Nullable Object> form = new HashMap<>();
        form.put("template", session == null ? "modern_call" : "legacy_call");
        form.put("as_", running.by().text());
        form.put("tool", session == null ? "slow" : "hang");
        form.put("args", Map.of("v", OTHER_CALLERS_MARK));
        form.put("meta", Map.of("progressToken", running.progressToken()));
        form.put("patch", Map.of("id", running.id() == null ? "beside" : running.id()));
        if (session != null) {
            form.put("session", sessions.id(session));
        }
        int calls = bench.calls();
        Client client = Client.connect(bench.gateway().front());
        beside = client;
        client.send(builder().build(new Form(form), Expectation.NONE));
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
        if (beside != null) {
            beside.close();
        }
        sessions.close();
        bench.first().tools().echoSeconds = 0;
    }
}
