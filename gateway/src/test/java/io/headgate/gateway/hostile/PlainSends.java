package io.headgate.gateway.hostile;

import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sends one request, or bytes that are none, over HTTP/1.1 and watches what becomes of the connection. */
final class PlainSends {
    private static final double CLOSED_WITHIN_SECONDS = 3;
    private static final double STILL_OPEN_SECONDS = 0.1;

    private final Situation situation;
    private final Observation observation;

    PlainSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    /** A template or a plain HTTP request. */
    void request(Form send) throws Exception {
        Request request = situation.request(send);
        Client client = situation.connect(observation);
        boolean unused = client.send(request);
        end(client.wire(), send.text("then"));
        boolean owed = !situation.expect().http().isEmpty();
        Response response = null;
        if (owed) {
            response = client.answer(situation.patience());
            situation.note(observation, response);
        }
        watch(client, response);
    }

    private static void end(Wire wire, String how) throws IOException {
        switch (how.toUpperCase(java.util.Locale.ROOT)) {
            case "FIN", "HALF-CLOSE", "SHUTDOWN" -> wire.finish();
            case "RST", "RESET" -> wire.reset();
            case "CLOSE" -> wire.close();
            case "", "WAIT", "HANG", "READ", "SILENCE", "NOTHING" -> {
                // The client goes on listening.
            }
            default -> throw new Unbuildable("then: " + how);
        }
    }

    /** Bytes as they are. */
    void raw(byte[] bytes, Client client, Form how) throws Exception {
        boolean holdsBackBody = how.flag("wait_response");
        boolean unused = client.wire().write(bytes, how.number("segment_bytes", 0));
        end(client.wire(), how.text("then"));
        int owed = situation.expect().http().count();
        Response response = null;
        for (int i = 0; i < owed; i++) {
            response = client.answer(situation.patience());
            situation.note(observation, response);
            if (response == null) {
                break;
            }
        }
        boolean mustClose = situation.expect().conn().equals("close");
        int allowed = situation.expect().responses();
        if (mustClose && (allowed > 0 || owed == 0)) {
            Response more = client.reader().next(Wire.Deadline.in(closing()));
            if (more != null) {
                observation.problems.add("one more response on the connection: " + more.status());
            }
        }
        if (holdsBackBody && response != null && response.informational() > 0) {
            observation.problems.add("a 1xx response was sent");
        }
        watch(client, response);
    }

    private double closing() {
        return situation.bench().setting().isHurried() ? CLOSED_WITHIN_SECONDS + 2 : CLOSED_WITHIN_SECONDS;
    }

    /** Lets the observation find out later what became of the connection. */
    void watch(Client client, @Nullable Response last) {
        observation.conn = () -> fate(client, last);
    }

    private String fate(Client client, @Nullable Response last) throws Exception {
        String expected = situation.expect().conn();
        boolean closes = !expected.equals("keep") || (last != null && last.announcesClose());
        boolean open = last != null && !last.isComplete();
        Wire.End end = client.wire().awaitEnd(Wire.Deadline.in(closes ? closing() : STILL_OPEN_SECONDS));
        if (end != Wire.End.OPEN) {
            return end == Wire.End.RESET ? "reset" : "close";
        }
        if (closes || open) {
            return "keep";
        }
        boolean unused = client.send(situation.harmless());
        boolean answered = client.answer(Wire.Deadline.in(CLOSED_WITHIN_SECONDS)) != null;
        return answered ? "keep" : "close";
    }

    /** Accepted bodies reach the upstream byte for byte. */
    void property(String property) throws Exception {
        if (!property.contains("bytes of params.arguments")) {
            throw new Unbuildable("property: " + property);
        }
        String odd =
                "{ \"x\" : \"\\u0041\\/ \u00e9\" ,\"n\":1.50e+2,\"big\":1234567890123,\"o\":{\"b\":1,\"a\":[ ]}\t}";
        Form form = new Form(Map.of("template", "modern_call", "patch", Map.of("params.arguments", "<raw>" + odd)));
        request(form);
        byte[] seen = situation.bench().first().calls().isEmpty()
                ? new byte[0]
                : situation.bench().first().calls().get(0).body();
        if (!new String(seen, java.nio.charset.StandardCharsets.UTF_8).contains(odd)) {
            observation.problems.add("the upstream did not get the arguments as they were written");
        }
    }
}
