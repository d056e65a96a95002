package io.headgate.gateway.hostile;

import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Cases that are told as a story of a client or an operator, one teller per kind of story. */
final class ActionSends {
    private static final Pattern CLOSES = Pattern.compile(
            "^(?:the )?(?:client|alice|caller) (?:closes|drops|disconnects|resets|aborts|goes away|gives up|hangs up)\\b");
    private static final Pattern COUNT = Pattern.compile("([\\d,]{2,}) ");
    private static final Pattern RATE =
            Pattern.compile("reads ([\\d.]+) ?(KiB|B|bytes?)?(?:/s| (?:per|a|each) second)");
    private static final double CANCELLED_WITHIN_SECONDS = 0.5;

    /** Slack for a machine that does other things at the same time. */
    private static final double SLACK_SECONDS = 1.5;

    private final Situation situation;
    private final Observation observation;

    ActionSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    void action(String action) throws Exception {
        if (action.matches(".*\\b(?:SIGTERM|SIGINT|drain|shutdown|stops?)\\b.*") && action.contains("gateway")) {
            drain();
        } else if (CLOSES.matcher(action).find()) {
            if (situation.bench().setting().isLegacy()) {
                dropLegacy();
            } else {
                dropModern(action.matches(".*\\b(?:reset|resets|RST|aborts?)\\b.*"));
            }
        } else if (action.matches(".*\\b(?:reconnects|resumes|comes back|GET with Last-Event-ID)\\b.*")) {
            resume();
        } else {
            throw new Unbuildable("action: " + action);
        }
    }

    /** A client that lost the stream of its call, and comes back for the rest of it. */
    private void resume() throws Exception {
        StubTools tools = situation.bench().first().tools();
        tools.slowSeconds = 1.5;
        try {
            Client client = situation.connect(observation);
            Form call =
                    new Form(Map.of("template", "legacy_call", "tool", "slow", "meta", Map.of("progressToken", "p")));
            boolean unused = client.send(situation.request(call));
            Response begun =
                    client.reader().nextUntil(response -> !response.eventIds().isEmpty(), situation.patience());
            client.close();
            Form get = new Form(Map.of(
                    "template",
                    "legacy_call",
                    "method",
                    "GET",
                    "body",
                    "",
                    "drop_headers",
                    List.of("Content-Type"),
                    "headers",
                    Map.of("Accept", "text/event-stream", "Last-Event-ID", begun == null ? "" : lastId(begun))));
            Client again = situation.connect(observation);
            boolean sent = again.send(situation.request(get));
            Response rest = again.reader()
                    .nextUntil(
                            response -> response.messages().stream().anyMatch(message -> message.has("result")),
                            situation.patience());
            situation.note(observation, rest);
            if (begun == null || !sent) {
                observation.problems.add("the call's stream did not begin");
            }
            observation.conn = () -> again.wire().end() == Wire.End.OPEN ? "keep" : "close";
        } finally {
            tools.slowSeconds = 0.3;
        }
    }

    private static String lastId(Response begun) {
        return begun.eventIds().get(begun.eventIds().size() - 1);
    }

    /** The gateway stops while a subscription is open. */
    private void drain() throws Exception {
        Client client = situation.connect(observation);
        boolean unused = client.send(situation.listen());
        Response begun = client.answer(situation.patience());
        Metrics before = situation.bench().metrics();
        Thread stop = new Thread(this::stop, "hostile-stop");
        stop.setDaemon(true);
        stop.start();
        Metrics after = before;
        Response ended = null;
        Wire.Deadline deadline = situation.patience();
        while (ended == null && !deadline.isOver()) {
            ended = client.reader().next(Wire.Deadline.in(0.05));
            try {
                after = situation.bench().metrics();
            } catch (IOException e) {
                // The metrics page stops with the gateway.
            }
        }
        stop.join(10_000);
        situation.note(observation, ended == null ? begun : ended);
        boolean complete = ended != null && ended.messages().stream().anyMatch(ActionSends::isLastOfSubscription);
        if (!complete) {
            observation.problems.add("the subscription did not end with its final result");
        }
        new PlainSends(situation, observation).watch(client, null);
        observation.ownMetrics = new Observation.TwoMetrics(before, after);
    }

    private void stop() {
        try {
            situation.bench().gateway().close();
        } catch (RuntimeException e) {
            observation.problems.add("the gateway did not stop: " + e);
        }
    }

    private static boolean isLastOfSubscription(JsonNode message) {
        JsonNode result = message.path("result");
        return result.path("resultType").asString("").equals("complete")
                && result.path("_meta").has("io.modelcontextprotocol/subscriptionId");
    }

    /** Disconnect cancels a modern call. */
    private void dropModern(boolean resets) throws Exception {
        Client client = situation.connect(observation);
        boolean unused = client.send(situation.call("hang", Map.of(), Map.of("progressToken", "p")));
        Response begun = client.reader().nextUntil(Response::isStream, situation.patience());
        if (begun == null || situation.bench().calls() == 0) {
            observation.problems.add("the call did not reach the upstream");
        }
        long dropped = System.nanoTime();
        if (resets) {
            client.wire().reset();
        } else {
            client.close();
        }
        StubTools tools = situation.bench().first().tools();
        // Calls of earlier cases may have been given up, too.
        boolean givenUp = Patience.until(
                () -> tools.givenUpAt.stream().anyMatch(at -> at >= dropped), CANCELLED_WITHIN_SECONDS + SLACK_SECONDS);
        if (!givenUp) {
            observation.problems.add("the upstream exchange was not closed");
        }
        observation.conn = () -> "close";
    }

    /** Disconnect does not cancel a legacy call. */
    private void dropLegacy() throws Exception {
        StubTools tools = situation.bench().first().tools();
        int finished = tools.finished.get();
        int cancelled = tools.cancelled.get();
        tools.slowSeconds = 1.5;
        try {
            Client client = situation.connect(observation);
            Form call =
                    new Form(Map.of("template", "legacy_call", "tool", "slow", "meta", Map.of("progressToken", "p")));
            boolean unused = client.send(situation.request(call));
            boolean arrived = Patience.until(() -> situation.bench().calls() > 0, Client.PATIENCE_SECONDS);
            client.close();
            boolean ran = Patience.until(() -> tools.finished.get() > finished, Client.PATIENCE_SECONDS);
            if (!arrived || !ran || tools.cancelled.get() > cancelled) {
                observation.problems.add("the upstream did not finish the call undisturbed");
            }
        } finally {
            tools.slowSeconds = 0.3;
        }
        observation.conn = () -> "close";
    }

    void client(String what) throws Exception {
        Matcher rate = RATE.matcher(what);
        if (what.matches("(?:never reads|reads nothing|does not read|stops reading).*")) {
            readSlowly(0);
        } else if (rate.find()) {
            readSlowly(Words.bytes(rate.group(1), rate.group(2)));
        } else if (what.matches(".*\\bfirst (?:byte|comment|event)\\b.*")) {
            firstByte();
        } else if (CLOSES.matcher("client " + what).find()) {
            dropModern(what.matches(".*\\b(?:resets|RST|aborts)\\b.*"));
        } else if (what.equals("churn")) {
            new ManySends(situation, observation).churn(situation.preparation().times(), /* sessions= */ false);
        } else {
            throw new Unbuildable("client: " + what);
        }
    }

    static int count(String text) {
        Matcher count = COUNT.matcher(text);
        if (!count.find()) {
            throw new Unbuildable("a number in: " + text);
        }
        return Words.number(count.group(1));
    }

    /** Reads an endless stream so slowly that the gateway must give up. */
    private void readSlowly(int bytesPerSecond) throws Exception {
        Request request = situation.call("flood", Map.of(), Map.of("logLevel", "debug", "progressToken", "p"));
        MetricExpectation metric = situation.expect().metric();
        Metrics before = situation.bench().metrics();
        try (Socket socket = Wire.connect(situation.front(), 4096)) {
            socket.getOutputStream().write(request.bytes());
            StringBuilder seen = new StringBuilder();
            Wire.Deadline deadline = situation.patience();
            boolean moved = false;
            while (!moved && !deadline.isOver()) {
                seen.append(read(socket, bytesPerSecond));
                moved = metric == null
                        || Patience.until(
                                () -> metric.mismatch(before, situation.bench().metrics()) == null, 1);
            }
            if (bytesPerSecond == 0) {
                seen.append(read(socket, 1024));
            }
            if (seen.indexOf("HTTP/1.1 200") == 0) {
                observation.statuses.add("200");
            }
            // What the system held for us comes now, and then the end.
            socket.setSoTimeout(5_000);
            String end = drainToEnd(socket);
            observation.conn = () -> end;
        }
    }

    private static String read(Socket socket, int most) throws IOException {
        if (most == 0) {
            return "";
        }
        byte[] bytes = socket.getInputStream().readNBytes(Math.min(most, 1024));
        return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static String drainToEnd(Socket socket) {
        byte[] buffer = new byte[64 * 1024];
        try {
            int n = 0;
            while (n >= 0) {
                n = socket.getInputStream().read(buffer);
            }
            return "close";
        } catch (java.net.SocketTimeoutException e) {
            return "keep";
        } catch (IOException e) {
            return "reset";
        }
    }

    /** The first bytes of a stream come at once, with fields that keep proxies from holding them back. */
    private void firstByte() throws Exception {
        H2Client client = new H2Client(Wire.open(situation.front()));
        observation.open.add(client);
        client.start();
        client.send(H2Client.request(1, situation.listen(), /* endStream= */ true));
        double within = Math.max(1, situation.expect().withinSeconds());
        boolean came = client.awaitUntil(() -> client.stream(1).data.size() > 0, Wire.Deadline.in(within));
        Response response = client.stream(1).response();
        situation.note(observation, came ? response : null);
        observation.conn = () -> client.wire().end() == Wire.End.OPEN && client.goAway == null ? "keep" : "close";
    }
}
