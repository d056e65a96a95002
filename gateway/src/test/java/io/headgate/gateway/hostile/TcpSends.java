package io.headgate.gateway.hostile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Clients that use their connection badly: they end it in the middle, use nothing of it, or use it very slowly. */
final class TcpSends {
    private static final double ANSWERED_WITHIN_SECONDS = 3;
    private static final double STILL_OPEN_SECONDS = 0.1;
    private static final String RESET = "RST";

    /** Above this, bytes go out several at a time: a client of the test is not quicker. */
    private static final double TURNS_PER_SECOND = 20;

    private final Situation situation;
    private final Observation observation;

    TcpSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    /** A connection that ends in the middle of something. */
    void run(Form form) throws Exception {
        String then = form.text("then").toUpperCase(Locale.ROOT);
        if (form.flag("half_close_after_request")) {
            if (then.equals(RESET)) {
                goneWhileAnswered();
            } else {
                halfClosed();
            }
        } else if (form.has("reset_after_bytes") || form.has("rst_after_bytes")) {
            endAfter(form.number("reset_after_bytes", form.number("rst_after_bytes", 0)), /* resets= */ true);
        } else if (form.has("close_after_bytes") || form.has("fin_after_bytes")) {
            endAfter(form.number("close_after_bytes", form.number("fin_after_bytes", 0)), /* resets= */ false);
        } else if (form.flag("reset_after_request") || form.flag("rst_after_request")) {
            endAfter(Integer.MAX_VALUE, /* resets= */ true);
        } else if (form.has("connect_then") || form.has("connect_and_reset")) {
            boolean resets =
                    form.has("connect_and_reset") || form.text("connect_then").equalsIgnoreCase(RESET);
            for (int i = 0; i < form.number("connections", form.number("connect_and_reset", 1)); i++) {
                endAfter(0, resets);
            }
        } else {
            throw new Unbuildable("tcp: " + form.map().keySet());
        }
    }

    /** A client that is gone in the middle of an answer. */
    private void goneWhileAnswered() throws Exception {
        // A subscription is the request whose answer lasts without any upstream.
        Client client = situation.connect(observation);
        boolean unused = client.send(situation.listen());
        Response begun = client.answer(situation.patience());
        client.wire().finish();
        boolean ended = client.wire().awaitEnd(Wire.Deadline.in(STILL_OPEN_SECONDS)) != Wire.End.OPEN;
        if (!ended) {
            client.wire().reset();
        }
        if (begun == null) {
            observation.problems.add("the answer did not begin");
        }
    }

    /** A client that says no more and still listens. */
    private void halfClosed() throws Exception {
        Client client = situation.connect(observation);
        boolean unused = client.send(situation.harmless());
        client.wire().finish();
        Response response = client.answer(situation.patience());
        situation.note(observation, response);
        observation.conn = () ->
                client.wire().awaitEnd(Wire.Deadline.in(ANSWERED_WITHIN_SECONDS)) == Wire.End.OPEN ? "keep" : "close";
    }

    private void endAfter(int bytes, boolean resets) throws IOException {
        byte[] request = situation.harmless().bytes();
        Client client = situation.connect(observation);
        boolean unused = client.wire().write(Arrays.copyOf(request, Math.min(request.length, bytes)));
        if (resets) {
            client.wire().reset();
        } else {
            client.wire().finish();
        }
        observation.conn = () -> resets
                ? "reset"
                : client.wire().awaitEnd(Wire.Deadline.in(ANSWERED_WITHIN_SECONDS)) == Wire.End.OPEN ? "keep" : "close";
    }

    /** Sends nothing, or a few bytes, on some connections, and waits for their end. */
    void connectOnly(Form form) throws Exception {
        int most = GatewayYaml.FEW_CONNECTIONS * 3 / 2;
        int connections = Math.min(most, form.number("connections", 1));
        int bytes = form.number("send_bytes", 0);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            Client client = situation.connect(observation);
            boolean unused =
                    client.wire().write(Arrays.copyOf(situation.harmless().bytes(), bytes));
            clients.add(client);
        }
        Wire.Deadline deadline = situation.patience();
        int ended = 0;
        boolean isAnswered = !situation.expect().http().isEmpty();
        for (Client client : clients) {
            ended += client.wire().awaitEnd(deadline) == Wire.End.OPEN ? 0 : 1;
            if (isAnswered) {
                situation.note(observation, client.answer(Wire.Deadline.in(ANSWERED_WITHIN_SECONDS)));
            }
        }
        int closed = ended;
        observation.conn = () -> closed > 0 ? "close" : "keep";
    }

    /** Connections that are kept after an answer and not used again. */
    void idle(Form form) throws Exception {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < form.number("connections", 1); i++) {
            Client client = situation.connect(observation);
            clients.add(client);
            boolean unused = client.send(situation.harmless());
            Response response = client.answer(situation.patience());
            if (!situation.expect().http().isEmpty()) {
                situation.note(observation, response);
            }
        }
        Wire.Deadline deadline = situation.patience();
        int left = 0;
        for (Client client : clients) {
            left += client.wire().awaitEnd(deadline) == Wire.End.OPEN ? 1 : 0;
        }
        boolean isOpen = left > 0;
        observation.conn = () -> isOpen ? "keep" : "close";
    }

    /** Dribbles a request on many connections. */
    void slow(Form form) throws Exception {
        Slow slow = Slow.of(form, situation.harmless());
        // As many bytes by the end of a hurried clock as by that of the usual one.
        double hurry = situation.bench().setting().isHurried() ? Setting.HURRY : 1;
        double perSecond = form.has("interval_ms")
                ? 1000.0 / form.number("interval_ms", 1)
                : form.decimal("bytes_per_s", 1) / hurry;
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < form.number("connections", 1); i++) {
            Client client = situation.connect(observation);
            clients.add(client);
            boolean unused = client.wire().write(slow.first());
        }
        dribble(clients, slow, perSecond);
        for (Client client : clients) {
            situation.note(observation, client.answer(Wire.Deadline.in(ANSWERED_WITHIN_SECONDS)));
        }
        new PlainSends(situation, observation).watch(clients.get(0), null);
    }

    /**
     * What goes out at once, and what goes out slowly.
     *
     * @param pieces sent one after the other, and from the first one again
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared, and the bytes are what it is about.
    private record Slow(byte[] first, byte[][] pieces) {
        static Slow of(Form form, Request request) {
            String what = form.text("what").toLowerCase(Locale.ROOT).replace('_', ' ');
            if (what.matches("(?:request )?(?:headers?|head|line|request line|fields?)")) {
                // The first byte at once: a client that sends nothing is another case.
                byte[] head = request.head();
                return new Slow(Arrays.copyOf(head, 1), bytes(Arrays.copyOfRange(head, 1, head.length)));
            }
            if (what.matches("chunks?|chunked(?: body)?|trailers?|chunk (?:size|extension)s?")) {
                return chunked(what, request, form);
            }
            if (!what.equals("body")) {
                throw new Unbuildable("slow: " + what);
            }
            int length = form.number("content_length", form.number("total", request.body.length));
            request.set("Content-Length", Integer.toString(length));
            return new Slow(request.head(), bytes(Words.ascii(" ")));
        }

        private static Slow chunked(String what, Request request, Form form) {
            request.set("Transfer-Encoding", "chunked");
            byte[] head = request.head();
            if (what.startsWith("trailer")) {
                byte[] body = Words.ascii("1\r\n \r\n0\r\nt: ");
                return new Slow(BodyPhrases.join(head, body), bytes(Words.ascii("v")));
            }
            if (what.startsWith("chunk s") || what.startsWith("chunk e")) {
                byte[] begun = Words.ascii(what.startsWith("chunk s") ? "0" : "1;e=");
                return new Slow(BodyPhrases.join(head, begun), bytes(Words.ascii("0")));
            }
            int length = form.number("chunk_bytes", 1);
            byte[] chunk = Words.ascii(Integer.toHexString(length) + "\r\n" + " ".repeat(length) + "\r\n");
            return new Slow(head, new byte[][] {chunk});
        }

        private static byte[][] bytes(byte[] all) {
            byte[][] pieces = new byte[all.length][];
            for (int i = 0; i < all.length; i++) {
                pieces[i] = new byte[] {all[i]};
            }
            return pieces;
        }

        /** So many pieces from one on. */
        byte[] piece(long from, int count) {
            byte[] joined = new byte[0];
            for (int i = 0; i < count; i++) {
                joined = BodyPhrases.join(joined, pieces[(int) ((from + i) % pieces.length)]);
            }
            return joined;
        }
    }

    private void dribble(List<Client> clients, Slow slow, double perSecond) throws InterruptedException {
        Wire.Deadline deadline = situation.patience();
        // Very many clients that each send very often are not slow any more: they send more at a time instead.
        double most = clients.size() > 1 ? TURNS_PER_SECOND : perSecond;
        int count = (int) Math.max(1, Math.round(perSecond / most));
        double pause = count / perSecond;
        for (long i = 0; !deadline.isOver(); i++) {
            Wire.Deadline next = Wire.Deadline.in(pause);
            @Nullable Client unanswered = null;
            byte[] piece = slow.piece(i * count, count);
            for (Client client : clients) {
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
}
