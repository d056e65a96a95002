package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a stub does with a call, step by step, as a case lists it. */
final class UpstreamSteps implements UpstreamScript {
    private static final Pattern LOOP = Pattern.compile("loop (\\d+) ([\\d.]+) (.+)", Pattern.DOTALL);
    private static final double LONGEST_SECONDS = 120;

    private final List<String> steps;

    UpstreamSteps(List<String> steps) {
        this.steps = steps;
        Play.understand(steps);
    }

    @Override
    public void run(StubExchange exchange) throws IOException, InterruptedException {
        Play play = new Play(exchange);
        for (String step : steps) {
            if (!play.step(step)) {
                return;
            }
        }
        play.end();
    }

    /** One run of the steps. */
    private static final class Play {
        private static final List<String> VERBS = List.of(
                "read", "status", "h", "type", "json", "body", "gen", "event", "comment", "wait", "loop", "fin", "rst",
                "hang");

        private final StubExchange exchange;
        private final StubMessages messages;
        private final List<String> fields = new ArrayList<>();
        private int status;
        private String type = "";
        private boolean streams;

        Play(StubExchange exchange) {
            this.exchange = exchange;
            this.messages = new StubMessages(exchange);
        }

        static void understand(List<String> steps) {
            for (String step : steps) {
                if (!VERBS.contains(step.replaceFirst("(?s) .*", ""))) {
                    throw new Unbuildable("upstream step: " + step);
                }
            }
        }

        /** False if the connection is over. */
        boolean step(String step) throws IOException, InterruptedException {
            String verb = step.replaceFirst("(?s) .*", "");
            String rest = step.substring(Math.min(step.length(), verb.length() + 1));
            switch (verb) {
                case "read" -> {
                    // The stub has read the whole request before it runs the steps.
                }
                case "status" -> status(Integer.parseInt(rest.replaceFirst(" .*", "")));
                case "h" -> fields.add(rest);
                case "type" -> type = rest;
                case "json" -> response(messages.json(rest), "application/json");
                case "body" -> response(Words.rawBytes(StubMessages.unquote(rest)), type);
                case "event" -> event(StubMessages.utf8("data: " + messages.event(rest) + "\n\n"));
                case "comment" -> event(Words.ascii(":\n\n"));
                case "gen" -> generate(rest);
                case "wait" -> {
                    return !exchange.awaitDisconnect(Double.parseDouble(rest));
                }
                case "loop" -> {
                    return loop(rest);
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
                    if (status >= 200) {
                        exchange.raw(head(-1));
                    }
                    return !exchange.awaitDisconnect(LONGEST_SECONDS);
                }
                default -> throw new Unbuildable("upstream step: " + step);
            }
            return true;
        }

        private boolean loop(String rest) throws IOException, InterruptedException {
            Matcher loop = LOOP.matcher("loop " + rest);
            if (!loop.matches()) {
                throw new Unbuildable("upstream step: loop " + rest);
            }
            double pause = Double.parseDouble(loop.group(2));
            for (int i = 0; i < Integer.parseInt(loop.group(1)); i++) {
                if (!step(loop.group(3)) || (pause > 0 && exchange.awaitDisconnect(pause))) {
                    return false;
                }
            }
            return true;
        }

        private void status(int code) throws IOException {
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
            boolean bare = status == 0 && type.isEmpty() && fields.isEmpty() && contentType.isEmpty();
            if (type.isEmpty()) {
                type = contentType;
            }
            exchange.raw(bare ? body : BodyPhrases.join(head(body.length), body));
            status = -1;
        }

        private void event(byte[] bytes) throws IOException {
            if (!streams) {
                streams = true;
                exchange.startStream();
            }
            exchange.chunk(bytes);
        }

        private void generate(String what) throws IOException {
            Matcher headers = Pattern.compile("(\\d+) bytes of headers").matcher(what);
            Matcher zipped = Pattern.compile("gzip .*-> (\\d+) (MiB|GiB)").matcher(what);
            Matcher bytes = Pattern.compile("(?:(\\d+) )?bytes").matcher(what);
            Matcher sized = Pattern.compile("result of (\\d+) bytes").matcher(what);
            if (headers.matches()) {
                fields.add("X-Long: " + "a".repeat(Integer.parseInt(headers.group(1))));
                exchange.raw(head(0));
            } else if (zipped.matches()) {
                response(messages.zipped(Words.bytes(zipped.group(1), zipped.group(2))), "application/json");
            } else if (bytes.matches()) {
                int count = bytes.group(1) == null ? 10 : Integer.parseInt(bytes.group(1));
                response("a".repeat(count).getBytes(StandardCharsets.US_ASCII), "application/json");
            } else if (sized.matches()) {
                response(messages.sized(Integer.parseInt(sized.group(1))), "application/json");
            } else {
                for (byte[] piece : messages.pieces(what)) {
                    event(piece);
                }
            }
        }

        void end() throws IOException {
            if (streams) {
                exchange.endStream();
            } else if (status > 0) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                out.writeBytes(head(0));
                exchange.raw(out.toByteArray());
            }
        }
    }
}
