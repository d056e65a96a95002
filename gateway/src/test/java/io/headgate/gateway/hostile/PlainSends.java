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
            case "FIN" -> wire.finish();
            case "RST" -> wire.reset();
            default -> {
                // The client goes on listening.
            }
        }
    }

    /** Bytes as they are. */
    void raw(byte[] bytes, Client client, boolean holdsBackBody) throws Exception {
        boolean unused = client.wire().write(bytes);
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

    /** Sends nothing, or a few bytes, on some connections, and waits for their end. */
    void connectOnly(Form form) throws Exception {
        int most = GatewayYaml.FEW_CONNECTIONS * 3 / 2;
        int connections = Math.min(most, form.number("connections", 1));
        int bytes = form.number("send_bytes", 0);
        java.util.List<Client> clients = new java.util.ArrayList<>();
        for (int i = 0; i < connections; i++) {
            Client client = situation.connect(observation);
            boolean unused = client.wire()
                    .write(java.util.Arrays.copyOf(situation.harmless().bytes(), bytes));
            clients.add(client);
        }
        Wire.Deadline deadline = situation.patience();
        int ended = 0;
        for (Client client : clients) {
            ended += client.wire().awaitEnd(deadline) == Wire.End.OPEN ? 0 : 1;
        }
        int closed = ended;
        observation.conn = () -> closed > 0 ? "close" : "keep";
    }

    /** Dribbles a request on many connections. */
    void slow(Form form) throws Exception {
        Request request = situation.harmless();
        int length = form.number("content_length", form.number("total", request.body.length));
        boolean chunks = form.text("what").equals("chunk");
        if (chunks) {
            request.set("Transfer-Encoding", "chunked");
        } else {
            request.set("Content-Length", Integer.toString(length));
        }
        byte[] head = request.head();
        boolean headers = form.text("what").equals("headers");
        byte[] piece = Words.ascii(chunks ? "1\r\n \r\n" : " ");
        // As many bytes by the end of a hurried clock as by that of the usual one.
        double hurry = situation.bench().setting().isHurried() ? Setting.HURRY : 1;
        double perSecond = form.has("interval_ms")
                ? 1000.0 / form.number("interval_ms", 1)
                : form.decimal("bytes_per_s", 1) / hurry;
        java.util.List<Client> clients = new java.util.ArrayList<>();
        for (int i = 0; i < form.number("connections", 1); i++) {
            Client client = situation.connect(observation);
            clients.add(client);
            boolean unused = headers || client.wire().write(head);
        }
        dribble(clients, headers ? head : piece, headers, perSecond);
        for (Client client : clients) {
            Response response = client.answer(Wire.Deadline.in(CLOSED_WITHIN_SECONDS));
            situation.note(observation, response);
        }
        Client first = clients.get(0);
        watch(first, null);
    }

    private void dribble(java.util.List<Client> clients, byte[] bytes, boolean headers, double perSecond)
            throws InterruptedException {
        Wire.Deadline deadline = situation.patience();
        for (int i = 0; !deadline.isOver(); i++) {
            Wire.Deadline next = Wire.Deadline.in(1 / perSecond);
            @Nullable Client unanswered = null;
            for (Client client : clients) {
                byte[] piece = headers ? new byte[] {bytes[i % bytes.length]} : bytes;
                if (client.wire().end() == Wire.End.OPEN
                        && client.wire().length() == 0
                        && client.wire().write(piece)) {
                    unanswered = client;
                }
            }
            if (unanswered == null) {
                return;
            }
            boolean unused = unanswered.wire().awaitMoreThan(0, next);
        }
    }

    /** A client that is gone in the middle of an answer. */
    void tcp(Form form) throws Exception {
        if (!form.flag("half_close_after_request")) {
            throw new Unbuildable("tcp: " + form.map().keySet());
        }
        // A subscription is the request whose answer lasts without any upstream.
        Client client = situation.connect(observation);
        boolean unused = client.send(situation.listen());
        Response begun = client.answer(situation.patience());
        client.wire().finish();
        if (form.text("then").equalsIgnoreCase("RST")) {
            boolean ended = client.wire().awaitEnd(Wire.Deadline.in(STILL_OPEN_SECONDS)) != Wire.End.OPEN;
            if (!ended) {
                client.wire().reset();
            }
        }
        if (begun == null) {
            observation.problems.add("the answer did not begin");
        }
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
