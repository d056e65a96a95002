package io.headgate.gateway.hostile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a stub does with requests, step by step, as a case lists it: one list for each request, the last for all after it. */
final class UpstreamSteps implements UpstreamScript {
    private static final Pattern LOOP = Pattern.compile("loop (\\d+) ([\\d.]+) (.+)", Pattern.DOTALL);
    private static final Pattern EITHER = Pattern.compile("(\\d{3}) or (\\d{3})(?: \\((\\d+) ?%\\))?");
    private static final List<String> VERBS = List.of(
            "read", "status", "h", "type", "json", "tools", "body", "gen", "event", "comment", "wait", "loop", "fin",
            "rst", "hang");
    private static final double LONGEST_SECONDS = 120;

    /** Shorter pauses are made together. */
    private static final double TURN_SECONDS = 0.01;

    private static final int BURST_BYTES = 16 * 1024;

    /**
     * How long a second of a script is.
     *
     * @param idleSeconds after how many of its seconds the gateway gives a silent upstream up
     */
    record Pace(double hurry, double idleSeconds) {
        static final Pace USUAL = new Pace(1, Double.MAX_VALUE);

        /** The gateway looks at its clocks once in a second of ours, so a wait that is too long is that much longer. */
        private static final double LATE_SECONDS = 2;

        static Pace of(Situation situation) {
            return of(situation.bench().setting(), situation.file());
        }

        static Pace of(Setting setting, HostileFile file) {
            double idle = file.limits().decimal("upstream_idle_s", 60);
            return setting.isHurried() ? new Pace(GatewayYaml.HURRIED_UPSTREAM, idle) : USUAL;
        }

        double seconds(double written) {
            return written * hurry + (written > idleSeconds ? LATE_SECONDS : 0);
        }
    }

    private final List<List<String>> rounds;
    private final Pace pace;
    private final boolean isHeld;
    private final AtomicInteger requests = new AtomicInteger();

    UpstreamSteps(List<String> steps) {
        this(List.of(steps), Pace.USUAL);
    }

    /** Steps whose seconds are shorter. */
    UpstreamSteps(List<List<String>> rounds, Pace pace) {
        this(rounds, pace, /* isHeld= */ false);
    }

    private UpstreamSteps(List<List<String>> rounds, Pace pace, boolean isHeld) {
        this.rounds = rounds;
        this.pace = pace;
        this.isHeld = isHeld;
        rounds.forEach(steps -> steps.forEach(UpstreamSteps::understand));
    }

    /** The same, and the stream stays open when they are over. */
    UpstreamSteps held() {
        return new UpstreamSteps(rounds, pace, /* isHeld= */ true);
    }

    private static void understand(String step) {
        Matcher loop = LOOP.matcher(step);
        boolean known = loop.matches() || VERBS.contains(verb(step));
        if (!known) {
            throw new Unbuildable("upstream step: " + step);
        }
        String rest = step.substring(Math.min(step.length(), verb(step).length() + 1));
        if (loop.matches()) {
            understand(loop.group(3));
        } else if (verb(step).matches("status|wait") && !rest.matches("[\\d.]+(?: .*)?")) {
            throw new Unbuildable("upstream step: " + step);
        } else {
            StubMessages.understand(verb(step), rest);
        }
    }

    private static String verb(String step) {
        return step.replaceFirst("(?s) .*", "");
    }

    @Override
    public void run(StubExchange exchange) throws IOException, InterruptedException {
        int request = requests.getAndIncrement();
        List<String> steps = rounds.isEmpty() ? List.of() : rounds.get(Math.min(request, rounds.size() - 1));
        // Who reads a request and does nothing leaves the other side waiting.
        List<String> played = steps.isEmpty() ? List.of("hang") : steps;
        Play play = new Play(exchange, request);
        for (String step : played) {
            if (!play.step(step)) {
                return;
            }
        }
        play.end();
    }

    /** One run of the steps. */
    private final class Play {
        private final StubExchange exchange;
        private final StubMessages messages;
        private final int request;
        private final List<String> fields = new ArrayList<>();
        private int status;
        private String type = "";
        private boolean streams;
        private boolean isAnswered;

        Play(StubExchange exchange, int request) {
            this.exchange = exchange;
            this.request = request;
            this.messages = new StubMessages(exchange);
        }

        /** False if the connection is over. */
        boolean step(String step) throws IOException, InterruptedException {
            String verb = verb(step);
            String rest = step.substring(Math.min(step.length(), verb.length() + 1));
            switch (verb) {
                case "read" -> {
                    // The stub has read the whole request before it runs the steps.
                }
                case "status" -> status(rest);
                case "h" -> fields.add(Words.unescape(rest));
                case "type" -> type = rest;
                case "json" -> response(messages.json(rest), "application/json");
                case "tools" -> response(messages.json(step), "application/json");
                case "body" -> response(Words.rawBytes(StubMessages.unquote(rest)), type);
                case "event", "comment" -> event(eventOf(step));
                case "gen" -> generate(rest);
                case "wait" -> {
                    return !exchange.awaitDisconnect(pace.seconds(Double.parseDouble(rest.replaceFirst(" .*", ""))));
                }
                case "loop" -> {
                    return loop(step);
                }
                case "fin" -> {
                    exchange.close();
                    return false;
                }
                case "rst" -> {
                    exchange.reset();
                    return false;
                }
                case "hang" -> {
                    if (status >= 200 && !isAnswered && !streams) {
                        exchange.raw(head(-1));
                    }
                    return !exchange.awaitDisconnect(LONGEST_SECONDS);
                }
                default -> throw new Unbuildable("upstream step: " + step);
            }
            return true;
        }

        /** The bytes of an event or a comment; empty for another step. */
        private byte[] eventOf(String step) {
            String rest = step.substring(Math.min(step.length(), verb(step).length() + 1));
            return switch (verb(step)) {
                case "event" -> StubMessages.utf8("data: " + messages.event(rest) + "\n\n");
                case "comment" -> StubMessages.utf8(":" + (rest.isEmpty() ? "" : " " + rest) + "\n\n");
                default -> new byte[0];
            };
        }

        /** The same event so many times with hardly a pause, many of them in one write. */
        private boolean burst(byte[] event, int times, double pause) throws IOException {
            int most = pause > 0 ? (int) Math.round(TURN_SECONDS / pause) : BURST_BYTES / event.length;
            int batch = Math.max(1, Math.min(times, most));
            byte[] many = new byte[batch * event.length];
            for (int i = 0; i < batch; i++) {
                System.arraycopy(event, 0, many, i * event.length, event.length);
            }
            for (int left = times; left > 0; left -= batch) {
                event(left >= batch ? many : Arrays.copyOf(many, left * event.length));
                if (pause > 0 && exchange.awaitDisconnect(TURN_SECONDS)) {
                    return false;
                }
            }
            return true;
        }

        private boolean loop(String step) throws IOException, InterruptedException {
            Matcher loop = LOOP.matcher(step);
            if (!loop.matches()) {
                throw new Unbuildable("upstream step: " + step);
            }
            double written = Double.parseDouble(loop.group(2));
            double pause = pace.seconds(written);
            byte[] event = written >= TURN_SECONDS ? new byte[0] : eventOf(loop.group(3));
            if (event.length > 0) {
                return burst(event, Integer.parseInt(loop.group(1)), written);
            }
            for (int i = 0; i < Integer.parseInt(loop.group(1)); i++) {
                if (!step(loop.group(3)) || (pause > 0 && exchange.awaitDisconnect(pause))) {
                    return false;
                }
            }
            return true;
        }

        private void status(String words) throws IOException {
            Matcher either = EITHER.matcher(words);
            if (either.matches()) {
                // As many of a hundred requests as are said get the second one, spread evenly.
                int percent = either.group(3) == null ? 50 : Integer.parseInt(either.group(3));
                boolean isSecond = (request + 1) * percent / 100 > request * percent / 100;
                status(either.group(isSecond ? 2 : 1));
                if (status == 200) {
                    response(messages.json("ok"), "application/json");
                }
                return;
            }
            int code = Integer.parseInt(words.replaceFirst(" .*", ""));
            if (code < 200) {
                exchange.raw(Words.ascii("HTTP/1.1 " + code + " Stub\r\n\r\n"));
            } else {
                status = code;
            }
        }

        /** The response head; a length below 0 leaves the length out. */
        private byte[] head(int length) {
            StringBuilder head = new StringBuilder("HTTP/1.1 " + (status == 0 ? 200 : status) + " Stub\r\n");
            if (!type.isEmpty()) {
                head.append("Content-Type: ").append(type).append("\r\n");
            }
            boolean framed = false;
            for (String field : fields) {
                head.append(field).append("\r\n");
                String name = field.toLowerCase(Locale.ROOT);
                framed |= name.startsWith("content-length") || name.startsWith("transfer-encoding");
            }
            if (length >= 0 && !framed) {
                head.append("Content-Length: ").append(length).append("\r\n");
            }
            return Words.rawBytes(head.append("\r\n").toString());
        }

        private void response(byte[] body, String contentType) throws IOException {
            if (type.startsWith("text/event-stream") && contentType.equals("application/json")) {
                event(BodyPhrases.join(BodyPhrases.join(Words.ascii("data: "), body), Words.ascii("\n\n")));
                return;
            }
            boolean bare = isAnswered || (status == 0 && type.isEmpty() && fields.isEmpty() && contentType.isEmpty());
            if (type.isEmpty()) {
                type = contentType;
            }
            exchange.raw(bare ? body : BodyPhrases.join(head(body.length), body));
            isAnswered = true;
        }

        private void event(byte[] bytes) throws IOException {
            if (!streams) {
                streams = true;
                String kind = type.isEmpty() ? "text/event-stream" : type;
                exchange.startStream(status == 0 ? 200 : status, kind, fields);
            }
            exchange.chunk(bytes);
        }

        private void generate(String what) throws IOException {
            byte[] zipped = messages.zipped(what);
            byte[] whole = messages.generated(what);
            int headers = StubMessages.headerBytes(what);
            if (headers > 0) {
                fields.add("X-Long: " + "a".repeat(headers));
                exchange.raw(head(0));
                isAnswered = true;
            } else if (zipped.length > 0) {
                response(zipped, "application/json");
            } else if (whole.length > 0) {
                response(whole, "application/json");
            } else {
                for (byte[] piece : messages.pieces(what)) {
                    event(piece);
                }
            }
        }

        void end() throws IOException {
            if (isHeld && exchange.awaitDisconnect(LONGEST_SECONDS)) {
                throw new IOException("the gateway went away");
            }
            if (streams) {
                exchange.endStream();
            } else if (!isAnswered) {
                byte[] bare = StubMessages.utf8("");
                response(bare, "");
            }
        }
    }

    /** So many bytes that mean nothing. */
    static byte[] filler(int count) {
        return "a".repeat(count).getBytes(StandardCharsets.US_ASCII);
    }
}
