package io.headgate.gateway.hostile;

import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The HTTP/2 attacks that cases name, each with its own measures. */
final class H2Sends {
    /** What goes along with an attack and is none itself. */
    private static final Set<String> OPTIONS = Set.of("data", "end_stream", "note", "hold_s", "connections");

    private static final int BATCH = 100;
    private static final int INITIAL_WINDOW_SIZE = 4;
    static final Map<String, Integer> SETTING_IDS = Map.of(
            "HEADER_TABLE_SIZE", 1,
            "ENABLE_PUSH", 2,
            "MAX_CONCURRENT_STREAMS", 3,
            "INITIAL_WINDOW_SIZE", INITIAL_WINDOW_SIZE,
            "MAX_FRAME_SIZE", 5,
            "MAX_HEADER_LIST_SIZE", 6);

    /** The number of an error by its name, or another one. */
    static int errorCode(@Nullable String name, int otherwise) {
        if (name == null) {
            return otherwise;
        }
        try {
            return (int) Http2Error.valueOf(name.toUpperCase(Locale.ROOT)).code();
        } catch (IllegalArgumentException e) {
            throw new Unbuildable("h2 error " + name);
        }
    }

    private final Situation situation;
    private final Observation observation;
    private final H2Client client;

    H2Sends(Situation situation, Observation observation) throws Exception {
        this.situation = situation;
        this.observation = observation;
        this.client = new H2Client(
                situation.bench().setting().isTls()
                        ? Wire.over(TlsSends.secureH2(
                                situation.front(), situation.file().host()))
                        : Wire.open(situation.front()));
        observation.open.add(client);
        observation.conn = this::fate;
    }

    void run(Form h2) throws Exception {
        String kind = h2.map().keySet().stream()
                .filter(key -> !OPTIONS.contains(key))
                .findFirst()
                .orElse("");
        byte[] flooded = H2Frames.ofFlood(kind);
        switch (kind) {
            case "made_you_reset", "rapid_reset", "reset_flood" -> resets(kind, h2.form(kind));
            case "continuation_flood" -> continuations(h2.form(kind));
            case "hpack_bomb" -> hpackBomb(h2.form(kind));
            case "settings" -> settings(h2.form(kind), h2.number("requests", 1));
            case "requests" -> settings(Form.EMPTY, h2.number(kind, 1));
            case "concurrent_streams", "headers_flood", "streams" ->
                concurrent(h2.form(kind).number("streams", h2.number(kind, 0)));
            case "empty_data_flood" -> emptyData(h2.form(kind));
            case "priority_update_flood" -> priorityUpdates(h2.form(kind));
            case "zero_window" -> zeroWindow(h2.form(kind));
            case "headers" -> headers(h2);
            case "trailers" -> trailers(h2);
            case "preface_only_then_idle_s", "headers_then_idle_s" -> idle(kind);
            case "preface" -> preface(h2.text(kind));
            case "h2spec" -> observation.problems.addAll(H2Spec.problems(situation.front(), h2.text(kind)));
            default -> {
                if (flooded != null) {
                    flood(h2.form(kind), flooded);
                } else {
                    byte[] frames = H2Frames.of(kind, h2, situation.harmless());
                    client.start();
                    client.send(frames);
                    awaitVerdict();
                }
            }
        }
    }

    /** Fields behind a body. */
    private void trailers(Form h2) throws Exception {
        client.start();
        client.send(H2Frames.trailers(situation.harmless(), fields(h2.list("trailers"))));
        awaitVerdict();
        if (client.stream(1).status > 0) {
            situation.note(observation, client.stream(1).response());
        }
    }

    /** Something in the place of the preface. */
    private void preface(String text) throws Exception {
        client.send(Words.rawBytes(Words.unescape(text)));
        awaitVerdict();
    }

    /** Streams that end in a reset: ours, or one that we provoke. */
    private void resets(String kind, Form form) throws Exception {
        client.start();
        String trigger = form.text("trigger").toLowerCase(Locale.ROOT);
        boolean provoked = kind.equals("made_you_reset");
        Request request = situation.call("echo", Map.of("x", "y"), Map.of());
        for (int i = 0; i < form.number("streams", 1); i++) {
            int id = 2 * i + 1;
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(H2Client.request(id, request, /* endStream= */ true));
            if (!provoked) {
                out.writeBytes(H2Client.frame(H2Client.RST_STREAM, 0, id, H2Client.int32(8)));
            } else if (trigger.startsWith("window_update")) {
                int increment = trigger.contains("increment 0") ? 0 : Integer.MAX_VALUE;
                out.writeBytes(H2Client.frame(H2Client.WINDOW_UPDATE, 0, id, H2Client.int32(increment)));
            } else if (trigger.startsWith("data")) {
                out.writeBytes(H2Client.frame(H2Client.DATA, H2Client.END_STREAM, id, new byte[] {'x'}));
            } else if (trigger.startsWith("headers")) {
                out.writeBytes(H2Client.headers(id, H2Client.block(H2Client.fields(request)), true));
            } else if (trigger.startsWith("priority")) {
                out.writeBytes(H2Client.frame(0x2, 0, id, new byte[3]));
            } else {
                throw new Unbuildable("h2 trigger: " + trigger);
            }
            if (!client.send(out.toByteArray())) {
                break;
            }
            client.readFrames();
        }
        awaitVerdict();
    }

    private void continuations(Form form) throws Exception {
        client.start();
        // The acknowledgement of the settings must not come between the frames of one header block.
        client.awaitUntil(() -> client.settled, Wire.Deadline.in(3));
        byte[] block = H2Client.block(H2Client.fields(situation.harmless()));
        client.send(H2Client.frame(H2Client.HEADERS, H2Client.END_STREAM, 1, block));
        byte[] payload = new byte[form.number("payload", 0)];
        repeat(H2Client.frame(H2Client.CONTINUATION, 0, 1, payload), form.number("frames", 1));
        awaitVerdict();
    }

    /** One field into the table, then very many references to it. */
    private void hpackBomb(Form form) throws Exception {
        client.start(INITIAL_WINDOW_SIZE, form.number("initial_window_size", 65_535));
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(H2Client.block(H2Client.fields(situation.harmless())));
        block.write(0x40);
        H2Client.literal(block, form.text("field", "cookie"));
        H2Client.literal(block, "v".repeat(form.number("value_bytes", 0)));
        for (int i = 0; i < form.number("refs", 1); i++) {
            block.write(0x80 | 62);
        }
        client.send(H2Client.headers(1, block.toByteArray(), /* endStream= */ true));
        awaitVerdict();
    }

    private void settings(Form form, int requests) throws Exception {
        List<Integer> pairs = new ArrayList<>();
        for (String name : form.map().keySet()) {
            Integer id = SETTING_IDS.get(name.toUpperCase(Locale.ROOT));
            if (id == null) {
                throw new Unbuildable("h2 setting " + name);
            }
            pairs.add(id);
            pairs.add(form.number(name, 0));
        }
        client.start(pairs.stream().mapToInt(Integer::intValue).toArray());
        for (int i = 0; i < requests; i++) {
            int id = 2 * i + 1;
            client.send(H2Client.request(id, situation.harmless(), /* endStream= */ true));
            boolean over = client.awaitUntil(
                    () -> client.stream(id).ended || client.stream(id).reset != null || client.goAway != null,
                    situation.patience());
            if (!over || client.goAway != null) {
                break;
            }
            // The peer's setting is advisory: a stream may be reset instead of answered.
            if (client.stream(id).reset == null) {
                client.send(H2Client.frame(
                        H2Client.WINDOW_UPDATE,
                        0,
                        0,
                        H2Client.int32(1 + client.stream(id).data.size())));
                situation.note(observation, client.stream(id).response());
            }
        }
    }

    private void concurrent(int streams) throws Exception {
        client.start();
        byte[] block = H2Client.block(H2Client.fields(situation.harmless()));
        for (int i = 0; i < streams; i++) {
            client.send(H2Client.headers(2 * i + 1, block, /* endStream= */ false));
        }
        int most = situation.file().limits().number("h2_streams", 100);
        boolean refused = client.awaitUntil(() -> refused() >= streams - most, situation.patience());
        if (!refused || refused() > streams - most) {
            observation.problems.add("refused " + refused() + " streams (expected: " + (streams - most) + ")");
        }
    }

    private long refused() {
        return client.streams.values().stream()
                .filter(stream -> "REFUSED_STREAM".equals(stream.reset))
                .count();
    }

    /** A frame so many times a second for so many seconds, or so many times in all. */
    private void flood(Form form, byte[] frame) throws Exception {
        client.start();
        int perSecond = form.number("per_s", 10_000);
        int frames = form.has("frames") ? form.number("frames", 1) : perSecond * form.number("s", 1);
        int batch = Math.max(1, Math.min(frames, perSecond / 100));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < batch; i++) {
            out.writeBytes(frame);
        }
        for (int sent = 0; sent < frames; sent += batch) {
            if (!client.send(out.toByteArray())) {
                break;
            }
            if (client.awaitUntil(() -> client.goAway != null, Wire.Deadline.in(0.01))) {
                break;
            }
        }
        awaitVerdict();
    }

    private void repeat(byte[] frame, int times) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < BATCH; i++) {
            out.writeBytes(frame);
        }
        for (int sent = 0; sent < times; sent += BATCH) {
            client.readFrames();
            if (client.goAway != null || !client.send(out.toByteArray())) {
                return;
            }
        }
    }

    private void emptyData(Form form) throws Exception {
        client.start();
        byte[] block = H2Client.block(H2Client.fields(situation.harmless()));
        client.send(H2Client.headers(1, block, /* endStream= */ false));
        repeat(H2Client.frame(H2Client.DATA, 0, 1, new byte[0]), form.number("frames", 1));
        awaitVerdict();
    }

    private void priorityUpdates(Form form) throws Exception {
        client.start();
        byte[] payload = BodyPhrases.join(H2Client.int32(1), Words.ascii("u=0"));
        repeat(H2Client.frame(H2Client.PRIORITY_UPDATE, 0, 0, payload), form.number("frames", 1));
    }

    private void zeroWindow(Form form) throws Exception {
        client.start(INITIAL_WINDOW_SIZE, 0);
        int streams = form.number("streams", 1);
        Request request = situation.call("big", Map.of(), Map.of());
        for (int i = 0; i < streams; i++) {
            client.send(H2Client.request(2 * i + 1, request, /* endStream= */ true));
        }
        observation.impliedCalls = streams;
        awaitVerdict();
    }

    /** Names and values in turn, of pairs as the file has them. */
    private List<String> fields(List<?> pairs) {
        List<String> fields = new ArrayList<>();
        for (Object pair : pairs) {
            List<?> parts = pair instanceof List<?> list
                    ? list
                    : List.copyOf(Form.of(pair).map().entrySet());
            for (Object part : parts) {
                if (part instanceof Map.Entry<?, ?> field) {
                    fields.add(String.valueOf(field.getKey()));
                    fields.add(value(field.getValue()));
                } else {
                    fields.add(value(part));
                }
            }
        }
        return fields;
    }

    private String value(@Nullable Object part) {
        return Words.expand(
                Words.unescape(String.valueOf(part)), situation.prepared().variables());
    }

    private void headers(Form h2) throws Exception {
        client.start();
        List<String> fields = fields(h2.list("headers"));
        boolean hasData = h2.has("data");
        client.send(H2Client.headers(1, H2Client.block(fields), !hasData && h2.flag("end_stream")));
        if (hasData) {
            byte[] data = Words.rawBytes(value(h2.text("data")));
            client.send(H2Client.frame(H2Client.DATA, H2Client.END_STREAM, 1, data));
        }
        awaitVerdict();
        if (client.stream(1).status > 0) {
            situation.note(observation, client.stream(1).response());
        }
    }

    private void idle(String kind) throws Exception {
        client.start();
        if (kind.startsWith("headers")) {
            byte[] block = H2Client.block(H2Client.fields(situation.harmless()));
            client.send(H2Client.headers(1, block, /* endStream= */ false));
        }
        var unused = client.wire().awaitEnd(situation.patience());
    }

    /** Waits until the gateway did to the connection what is expected, or the time is over. */
    private void awaitVerdict() throws Exception {
        String conn = situation.expect().conn();
        var unused = client.awaitUntil(
                () -> conn.startsWith("stream_reset")
                        ? client.stream(1).reset != null || client.stream(1).ended || client.goAway != null
                        : client.goAway != null || conn.equals("keep"),
                situation.patience());
    }

    private String fate() throws Exception {
        client.readFrames();
        String expected = situation.expect().conn();
        String reset = client.streams.values().stream()
                .map(stream -> stream.reset)
                .filter(java.util.Objects::nonNull)
                .reduce("", (first, second) -> second);
        if (expected.startsWith("stream_reset") && !reset.isEmpty()) {
            return "stream_reset:" + reset;
        }
        if (client.goAway != null && !client.goAway.equals("NO_ERROR")) {
            return "goaway:" + client.goAway;
        }
        Wire.End end = client.wire().end();
        if (expected.startsWith("close")) {
            end = client.wire().awaitEnd(Wire.Deadline.in(3));
        }
        if (end != Wire.End.OPEN) {
            return end == Wire.End.RESET ? "reset" : "close";
        }
        int acks = client.pingAcks;
        client.send(H2Client.frame(H2Client.PING, 0, 0, new byte[8]));
        return client.awaitUntil(() -> client.pingAcks > acks, Wire.Deadline.in(3)) ? "keep" : "close";
    }
}
