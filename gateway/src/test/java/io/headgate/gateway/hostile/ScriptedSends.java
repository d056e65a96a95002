package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Requests of a client while upstreams misbehave as a script says. */
final class ScriptedSends {
    private static final double SEEN_WITHIN_SECONDS = 10;
    private static final String REFRESHES = "headgate_catalog_refreshes_total";

    private final Situation situation;
    private final Observation observation;
    private final UpstreamPlan plan;
    private final UpstreamSteps.Pace pace;

    ScriptedSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
        this.plan = UpstreamPlan.of(situation.hostile());
        this.pace = UpstreamSteps.Pace.of(situation);
    }

    void run() throws Exception {
        boolean isTemplate = situation.file().templates().containsKey(plan.call());
        if (!isTemplate && !plan.isList()) {
            throw new Unbuildable("scripted call: " + plan.call());
        }
        if (plan.beginsBefore()) {
            observation.metricsBefore = Metrics.NONE;
            changeOffers();
        }
        for (String step : plan.connections()) {
            connections(step);
        }
        if (!plan.calls().isEmpty()) {
            situation.bench().first().follow(new UpstreamSteps(plan.calls(), pace));
        }
        if (plan.isList()) {
            list();
        } else if (plan.isListen()) {
            // The gateway listens by itself, so what it asks an upstream is not what the client asked.
            observation.impliedCalls = situation.expect().upstreamCalls().most();
            new PlainSends(situation, observation).request(new Form(Map.of("template", plan.call())));
        } else {
            calls();
        }
    }

    private void connections(String step) throws Exception {
        String rest = step.substring(Math.min(step.length(), step.indexOf(' ') + 1));
        switch (step.replaceFirst(" .*", "")) {
            case "refuse" -> situation.bench().first().refuse();
            case "blackhole" -> situation.bench().first().blackhole();
            case "close_idle" -> {
                // A call first, so that there is a connection that is idle.
                var unused = situation.bench().ask(situation.call("ask", Map.of(), Map.of()));
                situation.bench().first().forgetCalls();
                situation.bench().first().closeConnections();
            }
            case "tls" -> situation.bench().tls().become(rest);
            case "h2" -> situation.bench().h2().become(rest);
            default -> throw new Unbuildable("upstream step: " + step);
        }
    }

    /** Lets the upstream say that its tools are other ones, until the gateway has read the last of them. */
    private void changeOffers() throws Exception {
        StubUpstream first = situation.bench().first();
        for (int i = 1; i < plan.offers().size(); i++) {
            double before = refreshes();
            boolean isRead = Patience.until(
                    () -> {
                        first.tools().changed();
                        return refreshes() > before;
                    },
                    SEEN_WITHIN_SECONDS);
            if (!isRead) {
                observation.problems.add("the gateway did not read the changed list");
            }
        }
    }

    private double refreshes() throws Exception {
        return situation.bench().metrics().sum(REFRESHES, Map.of("upstream", "u1"));
    }

    /** A list, which the gateway answers by itself: it has read those of its upstreams before. */
    private void list() throws Exception {
        observation.impliedCalls = situation.expect().upstreamCalls().most();
        Form patch = new Form(Map.of("method", plan.call(), "params.name", "<absent>"));
        Form form = new Form(Map.of("template", "modern_call", "patch", patch.map()));
        new PlainSends(situation, observation).request(form);
        if (!observation.responses.isEmpty()) {
            check(names(observation.responses.get(0)));
        }
    }

    private static Set<String> names(Response list) {
        Set<String> names = new TreeSet<>();
        for (JsonNode message : list.messages()) {
            for (JsonNode tool : message.path("result").path("tools")) {
                names.add(tool.path("name").asString(""));
            }
        }
        return names;
    }

    /** Compares the names of a list with what the case says of them. */
    private void check(Set<String> names) {
        String expected = situation.expect().rpcText();
        Set<String> suspects = new TreeSet<>();
        plan.offers().forEach(round -> round.forEach(step -> suspects.addAll(suspects(step))));
        Set<String> usual = new TreeSet<>();
        situation.bench().first().tools().names().forEach(name -> usual.add(prefix() + name));
        if (expected.contains("without u1")) {
            forbid(names, usual);
        } else if (expected.contains("without")) {
            suspects.forEach(name -> forbid(names, Set.of(prefix() + name)));
        }
        if (expected.contains("first page")) {
            require(names, usual);
        }
        if (expected.contains("both")) {
            require(names, Set.of(prefix() + "echo", "u2__echo"));
        }
        if (new ArrayList<>(names).stream().filter("u1__echo"::equals).count() > 1) {
            observation.problems.add("two tools are named u1__echo");
        }
        require(names, plan.otherOffers().isEmpty() ? Set.of("u2__echo") : Set.of());
    }

    private String prefix() {
        return situation.bench().setting().has(Setting.Trait.PREFIXED) ? "u1__" : "";
    }

    private static List<String> suspects(String step) {
        String words = step.replaceFirst("^(?:json|gen) ", "");
        return words.matches("(?s)(?:tools|prompts|resources)\\b.*") ? new StubCatalog(words).suspects() : List.of();
    }

    private void forbid(Set<String> names, Set<String> forbidden) {
        for (String name : forbidden) {
            if (names.contains(name)) {
                observation.problems.add("the list has " + name);
            }
        }
    }

    private void require(Set<String> names, Set<String> required) {
        if (!names.containsAll(required)) {
            observation.problems.add("the list is " + names + " (expected: also " + required + ")");
        }
    }

    /** One call, or as many as the script answers. */
    private void calls() throws Exception {
        Map<String, @Nullable Object> form =
                new HashMap<>(situation.hostile().send().map());
        form.keySet().removeAll(List.of("call", "upstream_script", "steps"));
        form.put("template", plan.call());
        if (plan.times() == 1) {
            new PlainSends(situation, observation).request(new Form(form));
        } else if (plan.calls().toString().contains("input_required")) {
            rounds(new Form(form));
        } else {
            repeat(new Form(form));
        }
    }

    /** The same call until the gateway does what the case waits for. */
    private void repeat(Form form) throws Exception {
        Metrics before = situation.bench().metrics();
        Client client = situation.connect(observation);
        Response last = null;
        boolean isOver = false;
        for (int i = 0; i < plan.times() && !isOver; i++) {
            boolean unused = client.send(situation.request(form));
            last = client.answer(situation.patience());
            situation.note(observation, last);
            MetricExpectation metric = situation.expect().metric();
            boolean isSeen = situation.expect().http().isLast(observation.statuses);
            isOver = last == null
                    || (isSeen
                            && (metric == null
                                    || metric.mismatch(before, situation.bench().metrics()) == null));
        }
        new PlainSends(situation, observation).watch(client, last);
    }

    /** A client that always comes back with the state that it was given. */
    private void rounds(Form form) throws Exception {
        Client client = situation.connect(observation);
        Response last = null;
        String state = "";
        for (int i = 0; i < plan.times(); i++) {
            Form patch = form.form("patch");
            Form again = state.isEmpty() ? patch : patch.with(new Form(Map.of("params.requestState", state)));
            boolean unused = client.send(situation.request(form.with(new Form(Map.of("patch", again.map())))));
            last = client.answer(situation.patience());
            state = last == null || last.messages().isEmpty()
                    ? ""
                    : last.messages().get(0).path("result").path("requestState").asString("");
            if (state.isEmpty()) {
                break;
            }
        }
        situation.note(observation, last);
        new PlainSends(situation, observation).watch(client, last);
    }
}
