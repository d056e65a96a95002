package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Cases of more than one request: side by side, one after the other, and very many of one kind. */
final class ManySends {
    private static final Pattern STEP = Pattern.compile(
            "(?:(alice|bob)(?: calls| asks for| sends)? )?([a-z]+/[a-zA-Z/]+|ping)(?: (?:of |for )?(?:tool )?(\\w+))?(?: again)?");

    private static final Pattern WAIT = Pattern.compile("(?:wait|pause|sleep)s? (?:for )?([\\d.]+) ?(ms|s)\\w*");
    private static final Pattern RESTART =
            Pattern.compile("(?:upstream )?(u[12]) (?:restarts|drops its connections|.*closes.*)");
    private static final int THREADS = 100;

    /** More sessions belong to many callers. */
    private static final int SESSIONS_OF_ONE = 100;

    /** Fewer than the subscriptions that one caller may have, with room for those whose end is being noticed. */
    private static final int CHURNERS = 8;

    private final Situation situation;
    private final Observation observation;

    ManySends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    /** Requests at the same time, each on a connection of its own. */
    void parallel(List<@Nullable Object> forms) throws Exception {
        List<Form> each = forms.stream().map(Form::of).toList();
        List<Callable<@Nullable Response>> tasks = new ArrayList<>();
        for (Form form : each) {
            Client client = situation.connect(observation);
            Request request = situation.request(form);
            tasks.add(() -> client.send(request) ? client.answer(situation.patience()) : null);
        }
        List<@Nullable Response> responses = together(tasks, tasks.size());
        for (int i = 0; i < responses.size(); i++) {
            Response response = responses.get(i);
            situation.note(observation, response);
            checkOwn(each, i, response);
        }
    }

    /** An answer carries the mark of its own request and no mark of another's. */
    private void checkOwn(List<Form> forms, int own, @Nullable Response response) {
        String text = response == null ? "" : response.text();
        for (int i = 0; i < forms.size(); i++) {
            String mark = mark(forms.get(i));
            if (mark.isEmpty() || mark.equals(mark(forms.get(own))) != (i == own)) {
                continue;
            }
            boolean has = text.contains("\"" + mark + "\"") || text.contains("\\\"" + mark + "\\\"");
            if (has != (i == own)) {
                observation.problems.add("answer " + own + (has ? " has the mark of " : " lacks the mark of ") + i);
            }
        }
    }

    private static String mark(Form form) {
        Form args = form.form("args");
        return args.has("v") ? args.text("v") : form.form("patch").text("arg");
    }

    private static <T> List<T> together(List<Callable<T>> tasks, int threads) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(Math.min(THREADS, threads), task -> {
            Thread thread = new Thread(task, "hostile-client");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future : pool.invokeAll(tasks, 10, TimeUnit.MINUTES)) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }

    /** The same request again and again; streams that it opens stay open. */
    void repeat(int times, Form each) throws Exception {
        for (int i = 0; i < times; i++) {
            Client client = situation.connect(observation);
            boolean unused = client.send(situation.request(each));
            Response response = client.answer(situation.patience());
            situation.note(observation, response);
            if (i + 1 == times) {
                new PlainSends(situation, observation).watch(client, response);
            } else if (response != null && response.isComplete()) {
                client.close();
            }
        }
    }

    /** The same request so many times at once, so that a limit that lets some of them pass has no time to let more. */
    void atOnce(int times, Form each) throws Exception {
        List<Client> clients = new ArrayList<>();
        List<Callable<@Nullable Response>> tasks = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            Client client = situation.connect(observation);
            Request request = situation.request(each);
            clients.add(client);
            tasks.add(() -> client.send(request) ? client.answer(situation.patience()) : null);
        }
        List<@Nullable Response> responses = together(tasks, tasks.size());
        for (Response response : responses) {
            situation.note(observation, response);
        }
        new PlainSends(situation, observation).watch(clients.get(times - 1), responses.get(times - 1));
    }

    /** Requests one after the other, named by their method or described as forms. */
    void sequence(List<@Nullable Object> steps) throws Exception {
        for (Object step : steps) {
            if (step instanceof Map<?, ?>) {
                new PlainSends(situation, observation).request(Form.of(step));
            } else {
                named(String.valueOf(step));
            }
        }
    }

    private void named(String step) throws Exception {
        Matcher wait = WAIT.matcher(step);
        Matcher named = STEP.matcher(step);
        Matcher restart = RESTART.matcher(step);
        if (wait.matches()) {
            double seconds = Double.parseDouble(wait.group(1)) * (wait.group(2).equals("ms") ? 0.001 : 1);
            double hurry = situation.bench().setting().isHurried() ? Setting.HURRY : 1;
            // The time itself is what the case is about: nothing happens that could be waited for.
            var unused = Patience.until(() -> false, seconds * hurry);
        } else if (restart.matches()) {
            situation.bench().upstream(restart.group(1)).closeConnections();
        } else if (named.matches()) {
            String caller = named.group(1) == null ? "alice" : named.group(1);
            String method = named.group(2);
            Form form = method.equals("tools/call")
                    ? new Form(
                            Map.of("template", "modern_call", "tool", named.group(3) == null ? "echo" : named.group(3)))
                    : Situation.harmlessForm()
                            .with(new Form(Map.of("patch", Map.of("method", method, "params.name", "<absent>"))));
            new PlainSends(situation, observation).request(form.with(new Form(Map.of("as_", caller))));
        } else {
            throw new Unbuildable("sequence step: " + step);
        }
    }

    /** Texts that are JSON, and texts that are not, each as the value of an argument. */
    void corpus(Form send) throws Exception {
        Form texts = JsonTexts.load();
        Client client = situation.connect(observation);
        Response last = null;
        for (String kind : List.of("valid", "invalid")) {
            for (Object text : texts.list(kind)) {
                Form call = new Form(Map.of(
                        "template",
                        send.text("template", "modern_call"),
                        "patch",
                        Map.of("params.arguments", "<raw>{\"x\":" + text + "}")));
                boolean unused = client.send(situation.request(call));
                last = client.answer(situation.patience());
                String expected = kind.equals("valid") ? "200" : "400";
                String seen = last == null ? "closed" : Integer.toString(last.status());
                if (!seen.equals(expected)) {
                    observation.problems.add("the " + kind + " text " + text + " got " + seen);
                }
                situation.note(observation, last);
            }
        }
        new PlainSends(situation, observation).watch(client, last);
    }

    /** Very many clients that all use the same id; each must get the answer to its own request. */
    void parallelGen(Form form) throws Exception {
        int clients = form.number("clients", 1);
        int each = form.number("requests_each", 1);
        Object id = form.has("id") ? form.value("id") : 1;
        AtomicInteger crossed = new AtomicInteger();
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            String mark = "client-" + i + "-"
                    + Long.toHexString(ThreadLocalRandom.current().nextLong());
            Form call = new Form(
                    Map.of("template", "modern_call", "patch", Map.of("id", id == null ? 1 : id, "arg", mark)));
            Request request = situation.request(call);
            tasks.add(() -> answered(request, each, mark, crossed));
        }
        int answered =
                together(tasks, clients).stream().mapToInt(Integer::intValue).sum();
        observation.statuses.add(answered == clients * each ? "200" : "closed");
        if (answered < clients * each || crossed.get() > 0) {
            observation.problems.add(answered + " of " + clients * each + " answered, " + crossed + " crossed");
        }
    }

    private int answered(Request request, int times, String mark, AtomicInteger crossed) throws Exception {
        int answered = 0;
        try (Client client = Client.connect(situation.front())) {
            for (int i = 0; i < times; i++) {
                boolean unused = client.send(request);
                Response response = client.answer(situation.patience());
                if (response == null || response.status() != 200) {
                    return answered;
                }
                answered++;
                crossed.addAndGet(response.text().contains(mark) ? 0 : 1);
            }
        }
        return answered;
    }

    /** Subscriptions that are opened and dropped at once, or sessions that are opened and left. */
    void churn(Form form) throws Exception {
        boolean sessions = form.has("initialize_then_abandon") || form.has("initialize_then_delete");
        String what = form.map().keySet().stream().findFirst().orElse("");
        if (!sessions && !what.matches("(?:listen|subscribe|open)_then_(?:close|drop|abandon)")) {
            throw new Unbuildable("churn: " + form.map().keySet());
        }
        churn(form.number(what, 1), sessions);
    }

    void churn(int times, boolean sessions) throws Exception {
        Form initialize = new Form(Map.of("template", "initialize"));
        boolean areMany = sessions && times > SESSIONS_OF_ONE;
        List<Callable<Came>> tasks = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            Request request = sessions ? situation.request(initialize) : situation.listen();
            if (areMany) {
                request.set("Authorization", "Bearer " + CallerKeys.ofCrowd(i));
            }
            tasks.add(() -> {
                try (Client client = Client.connect(situation.front())) {
                    boolean unused = client.send(request);
                    Response response = client.answer(situation.patience());
                    return new Came(
                            response == null ? "closed" : Integer.toString(response.status()),
                            Client.rpcName(response, situation.file()));
                }
            });
        }
        for (Came came : together(tasks, CHURNERS)) {
            observation.statuses.add(came.status());
            observation.rpc.add(came.rpc());
        }
    }

    /** What came of one request, without the answer itself, because there are very many. */
    private record Came(String status, String rpc) {}

    /** Calls that end in the moment in which the client gives them up. */
    void race(int times) throws Exception {
        Request request = situation.call("echo", Map.of("x", "y"), Map.of());
        for (int i = 0; i < times; i++) {
            try (Client client = Client.connect(situation.front())) {
                boolean unused = client.send(request);
                double moment = ThreadLocalRandom.current().nextDouble(0.002);
                Response response = client.reader().next(Wire.Deadline.in(moment));
                observation.statuses.add(response == null ? "closed" : Integer.toString(response.status()));
                if (response != null && finals(response) > 1) {
                    observation.problems.add("more than one final response");
                }
            }
        }
        observation.impliedCalls = times;
    }

    private static long finals(Response response) {
        return response.messages().stream().filter(ManySends::isFinal).count();
    }

    private static boolean isFinal(JsonNode message) {
        return message.has("result") || message.has("error");
    }
}
