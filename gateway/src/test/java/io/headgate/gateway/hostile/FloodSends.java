package io.headgate.gateway.hostile;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Very many requests of a client without a key, and what is written down of them. */
final class FloodSends {
    private static final String HEAD = " HTTP/1.1\r\nHost: %s\r\n";
    private static final String TYPE = "authn_token_rejected";
    private static final long MOST_BYTES = 1024 * 1024;

    private final Situation situation;
    private final Observation observation;

    FloodSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    void run(int times) throws Exception {
        if (times == 0) {
            throw new Unbuildable("load: hostile (expected: prepare with times)");
        }
        Metrics before = situation.bench().metrics();
        long bytes = bytes();
        long start = System.nanoTime();
        int refused = flood(times);
        observation.statuses.add(refused == times ? "401" : refused + " of " + times + " refused");
        observation.rpc.add("none");
        Response last = situation.bench().ask(situation.harmless());
        if (last == null || last.status() != 200) {
            observation.problems.add("a client with a key gets " + (last == null ? "nothing" : last.status()));
        }
        observation.ownMetrics =
                new Observation.TwoMetrics(before, situation.bench().metrics());
        // What was counted is written once a minute, and at the end.
        situation.bench().gateway().close();
        checkRecords(times, Duration.ofNanos(System.nanoTime() - start).toMinutes(), bytes() - bytes);
    }

    /** How many were answered as they should, on one connection that lives on. */
    private int flood(int times) throws IOException {
        List<String> round = garbage();
        byte[] bytes = String.join("", round).getBytes(StandardCharsets.ISO_8859_1);
        int refused = 0;
        try (Socket socket = Wire.connect(situation.front(), 0)) {
            socket.setSoTimeout((int) (Client.PATIENCE_SECONDS * 1000));
            while (refused < times) {
                socket.getOutputStream().write(bytes);
                if (!areRefused(socket.getInputStream(), round.size())) {
                    return refused;
                }
                refused += round.size();
            }
        }
        observation.conn = () -> "keep";
        return refused;
    }

    /** One request for each way to address the gateway, and each kind of nonsense. */
    private List<String> garbage() {
        String head = HEAD.formatted(situation.file().host());
        String body = "Content-Length: 7\r\n\r\ngarbage";
        String json = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
        String modern = json + "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: echo\r\n";
        return List.of(
                "POST /mcp" + head + body,
                "POST /mcp" + head + json + body,
                "POST /mcp" + head + modern + body,
                "POST /mcp/none" + head + json + body,
                "POST /mcp" + head + "Content-Type: text/plain\r\n" + body,
                "POST /mcp" + head + json + "Mcp-Session-Id: none\r\n" + body,
                "GET /mcp" + head + "Cookie: key=none\r\n\r\n",
                "DELETE /mcp" + head + "Mcp-Session-Id: none\r\n\r\n",
                "GET /sse" + head + "Accept: text/event-stream\r\n\r\n",
                "POST /messages?sessionId=none" + head + json + body);
    }

    private boolean areRefused(InputStream in, int count) throws IOException {
        StringBuilder seen = new StringBuilder();
        byte[] buffer = new byte[16 * 1024];
        while (parts(seen, "HTTP/1.1 ") < count || !seen.toString().endsWith("}}")) {
            int read = in.read(buffer);
            if (read < 0) {
                observation.problems.add("the connection was closed after " + seen);
                return false;
            }
            seen.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
        }
        boolean all = parts(seen, "HTTP/1.1 401 ") == count && parts(seen, "\"code\":1401,") == count;
        if (!all) {
            observation.problems.add("not all refused: " + seen);
        }
        return all;
    }

    private static int parts(CharSequence text, String part) {
        return text.toString().split(Pattern.quote(part), -1).length - 1;
    }

    private void checkRecords(int times, long minutes, long grown) {
        List<JsonNode> written = situation.bench().records().all().stream()
                .map(JsonTree.MAPPER::readTree)
                .filter(record -> record.path("type").asString("").equals(TYPE))
                .toList();
        long counted = written.stream()
                .mapToLong(record -> record.path("count").asLong())
                .sum();
        // All are of one reason and one neighbourhood, and a flood may begin in one minute and end in the next.
        if (counted != times || written.size() > minutes + 2) {
            observation.problems.add(written.size() + " records of " + counted + " requests: " + written);
        }
        if (grown >= MOST_BYTES) {
            observation.problems.add("the log has grown by " + grown + " bytes");
        }
    }

    private long bytes() throws IOException {
        long bytes = 0;
        for (Path segment : AuditRecords.segments(situation.bench().records().directory())) {
            bytes += Files.size(segment);
        }
        return bytes;
    }
}
