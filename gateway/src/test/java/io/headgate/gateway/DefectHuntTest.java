package io.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.headgate.gateway.config.Address;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.demo.DemoServer;
import io.headgate.gateway.demo.DemoServerOptions;
import io.headgate.gateway.demo.Era;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamTransport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Requests that are nearly good, thousands of them with another mistake each, at a whole gateway: no answer of it is an
 * internal error, and no line of its log is about a defect. A failure names the seed; {@code -Dhunt.rounds} looks longer.
 */
class DefectHuntTest {
    private static final int ROUNDS = Integer.getInteger("hunt.rounds", 600);
    private static final long SEED = Long.getLong("hunt.seed", 11);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String META = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            + "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"t\",\"version\":\"1\"},"
            + "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{\"form\":{},\"url\":{}},\"sampling\":{}},"
            + "\"progressToken\":1,\"io.modelcontextprotocol/logLevel\":\"debug\"}";

    /** Method, name for its header field, params. */
    private static final String[][] REQUESTS = {
        {"server/discover", "", ""},
        {"tools/list", "", "\"cursor\":\"abc\","},
        {"tools/list", "", ""},
        {"tools/call", "new__echo", "\"name\":\"new__echo\",\"arguments\":{\"message\":\"x\"},"},
        {"tools/call", "old__echo", "\"name\":\"old__echo\",\"arguments\":{\"message\":\"x\"},"},
        {"tools/call", "new__chatty", "\"name\":\"new__chatty\",\"arguments\":{\"frames\":2,\"gapMs\":1},"},
        {
            "tools/call",
            "old__test_elicitation",
            "\"name\":\"old__test_elicitation\",\"arguments\":{\"message\":\"x\"},\"inputResponses\":{\"q1\":{\"action\":\"accept\",\"content\":{}}},\"requestState\":\"abc\","
        },
        {"prompts/list", "", ""},
        {"prompts/get", "new__test_simple_prompt", "\"name\":\"new__test_simple_prompt\",\"arguments\":{},"},
        {"resources/list", "", ""},
        {"resources/templates/list", "", ""},
        {"resources/read", "new+test://static-text", "\"uri\":\"new+test://static-text\","},
        {
            "completion/complete",
            "",
            "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"new__test_prompt_with_arguments\"},\"argument\":{\"name\":\"arg1\",\"value\":\"a\"},\"context\":{\"arguments\":{}},"
        },
        {"tasks/get", "abc", "\"taskId\":\"abc\","},
        {"tasks/update", "abc", "\"taskId\":\"abc\",\"inputResponses\":{},"},
        {
            "initialize",
            "",
            "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"sampling\":{},\"roots\":{}},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"},"
        },
        {"ping", "", ""},
        {"logging/setLevel", "", "\"level\":\"debug\","},
        {"resources/subscribe", "", "\"uri\":\"old+test://static-text\","},
        {"resources/unsubscribe", "", "\"uri\":\"old+test://static-text\","},
        {"notifications/initialized", "", ""},
        {"notifications/cancelled", "", "\"requestId\":1,\"reason\":\"r\","},
        {"notifications/progress", "", "\"progressToken\":1,\"progress\":1,"},
        {"notifications/roots/list_changed", "", ""},
    };

    private static final String[] VALUES = {
        "null",
        "true",
        "{}",
        "[]",
        "\"\"",
        "0",
        "-1",
        "-0",
        "1e400",
        "1.5",
        "99999999999999999999",
        "\"x\"",
        "[[[[]]]]",
        "{\"a\":{\"a\":{}}}",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\u202e\"",
        "[1,\"a\",null,{}]",
        "{\"\":\"\"}",
        "\"new__echo\"",
        "\"2025-11-25\"",
        "\"2026-07-28\"",
        "\"9999-99-99\"",
        "9223372036854775807",
        "\"=?base64?eA==?=\""
    };
    private static final String[] FIELDS = {
        "MCP-Protocol-Version: ",
        "Mcp-Method: ",
        "Mcp-Name: ",
        "Mcp-Session-Id: ",
        "Last-Event-ID: ",
        "Mcp-Param-City: ",
        "Authorization: ",
        "Accept: ",
        "Content-Type: ",
        "Content-Length: ",
        "Transfer-Encoding: ",
        "Host: ",
        "Origin: ",
        "Connection: ",
        "Expect: ",
        "Upgrade: ",
        "Cookie: ",
        "TE: ",
        "Content-Encoding: "
    };
    private static final String[] TEXTS = {
        "",
        " ",
        "x",
        "2026-07-28",
        "2025-11-25",
        "2024-11-05",
        "tools/call",
        "=?base64?!!?=",
        "=?base64?w7Y=?=",
        "chunked",
        "gzip, chunked",
        "close",
        "100-continue",
        "localhost",
        "*/*",
        "application/json",
        "application/json;charset=utf-16",
        "null",
        "0",
        "-1",
        "7",
        "1:2:3",
        "\u00ff",
        "a,b,,c",
        "\"",
        "%00",
        "\t",
        "Bearer ",
        "Bearer x y",
        "h2c"
    };
    private static final String[] PATHS = {
        "/mcp",
        "/mcp",
        "/mcp",
        "/mcp/new",
        "/mcp/old",
        "/mcp/x",
        "/sse",
        "/messages?sessionId=x",
        "/messages",
        "/mcp?a=b",
        "/mcp/",
        "//",
        "/%",
        "/mcp/%2e%2e",
        "*"
    };

    private final DemoServer modern =
            DemoServer.start(DemoServerOptions.builder().era(Era.MODERN).build());
    private final DemoServer legacy =
            DemoServer.start(DemoServerOptions.builder().era(Era.LEGACY).build());
    private final Gateway gateway = Gateway.start(Config.of(
            new Address("127.0.0.1", 0),
            new Address("127.0.0.1", 0),
            List.of(server("new", modern.url()), server("old", legacy.url()))));
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final SplittableRandom random = new SplittableRandom(SEED);
    private String session = "";

    @BeforeEach
    void start() {
        lines.start();
        root.addAppender(lines);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!gateway.isReady() && System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    @AfterEach
    void stop() {
        root.detachAppender(lines);
        gateway.stop();
        modern.stop();
        legacy.stop();
    }

    @Test
    void overHttp1() throws Exception {
        session = open();
        for (int i = 0; i < ROUNDS; i++) {
            byte[] request = request().getBytes(StandardCharsets.ISO_8859_1);
            int spoilt = random.nextInt(4) == 0 ? random.nextInt(1, 4) : 0;
            for (int k = 0; k < spoilt; k++) {
                request[random.nextInt(request.length)] = (byte) random.nextInt(256);
            }
            judge(i, request, exchange(request, 150));
        }
        stillServes();
    }

    @Test
    void overHttp2() throws Exception {
        session = open();
        for (int i = 0; i < ROUNDS / 4; i++) {
            byte[] frames = frames();
            judge(i, frames, exchange(frames, 60));
        }
        stillServes();
    }

    private void judge(int round, byte[] request, String answer) {
        String what = "seed " + SEED + " round " + round + ": " + new String(request, StandardCharsets.ISO_8859_1);
        assertThat(answer)
                .as(what)
                .doesNotContain("\"message\":\"internal error\"")
                .doesNotContain("HTTP/1.1 500");
        for (ILoggingEvent line : List.copyOf(lines.list)) {
            boolean defect = line.getThrowableProxy() != null || line.getLevel() == Level.ERROR;
            assertThat(defect)
                    .as(() -> what + "\n" + line.getFormattedMessage() + " "
                            + (line.getThrowableProxy() == null
                                    ? ""
                                    : ch.qos.logback.classic.spi.ThrowableProxyUtil.asString(line.getThrowableProxy())))
                    .isFalse();
        }
        lines.list.clear();
    }

    private void stillServes() {
        assertThat(new ModernClient(gateway)
                        .call("new__echo", "{\"message\":\"hello\"}")
                        .text())
                .contains("hello");
        assertThat(new ModernClient(gateway)
                        .call("old__echo", "{\"message\":\"hello\"}")
                        .text())
                .contains("hello");
    }

    private String open() throws IOException {
        String body =
                "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";
        String answer = exchange(
                ("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                + "Accept: application/json, text/event-stream\r\nConnection: close\r\nContent-Length: "
                                + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.ISO_8859_1),
                8_000);
        int at = answer.toLowerCase(java.util.Locale.ROOT).indexOf("mcp-session-id: ") + 16;
        return answer.substring(at, answer.indexOf('\r', at));
    }

    /** A good request of some kind with a few mistakes. */
    private String request() {
        String[] kind = REQUESTS[random.nextInt(REQUESTS.length)];
        String body = spoil(body(kind));
        StringBuilder head = new StringBuilder();
        String method = random.nextInt(12) == 0 ? pick("GET", "DELETE", "OPTIONS", "HEAD", "PUT", "get", "") : "POST";
        head.append(method)
                .append(' ')
                .append(pick(PATHS))
                .append(random.nextInt(40) == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
        for (String field : fields(kind, body.length())) {
            head.append(field).append("\r\n");
        }
        return head.append("\r\n").append(body).toString();
    }

    private static String body(String[] kind) {
        boolean isNotification = kind[0].startsWith("notifications/");
        return "{\"jsonrpc\":\"2.0\"," + (isNotification ? "" : "\"id\":7,") + "\"method\":\"" + kind[0]
                + "\",\"params\":{" + kind[2] + META + "}}";
    }

    private List<String> fields(String[] kind, int length) {
        boolean old = random.nextBoolean();
        List<String> fields = new ArrayList<>(List.of(
                "Host: localhost",
                "Content-Type: application/json",
                "Accept: application/json, text/event-stream",
                "MCP-Protocol-Version: " + (old ? "2025-11-25" : "2026-07-28"),
                "Content-Length: " + length));
        if (old) {
            fields.add("Mcp-Session-Id: " + session);
        } else {
            fields.add("Mcp-Method: " + kind[0]);
            fields.add("Mcp-Name: " + kind[1]);
        }
        fields.add("Connection: close");
        int mistakes = random.nextInt(3);
        for (int i = 0; i < mistakes; i++) {
            int at = random.nextInt(fields.size());
            switch (random.nextInt(3)) {
                case 0 -> fields.remove(at);
                case 1 -> fields.set(at, pick(FIELDS) + pick(TEXTS));
                default -> fields.add(at, pick(FIELDS) + pick(TEXTS));
            }
        }
        return fields;
    }

    /** Puts another value in the place of one, drops or repeats a member, or cuts the text. */
    private String spoil(String json) {
        String spoilt = json;
        int mistakes = random.nextInt(4);
        for (int i = 0; i < mistakes; i++) {
            int colon = spoilt.indexOf(':', random.nextInt(Math.max(1, spoilt.length())));
            if (colon < 0) {
                continue;
            }
            int end = colon + 1;
            int depth = 0;
            while (end < spoilt.length() && (depth > 0 || ",}]".indexOf(spoilt.charAt(end)) < 0)) {
                depth += "{[".indexOf(spoilt.charAt(end)) >= 0 ? 1 : "}]".indexOf(spoilt.charAt(end)) >= 0 ? -1 : 0;
                end++;
            }
            spoilt = switch (random.nextInt(8)) {
                case 0 -> spoilt.substring(0, end) + spoilt.substring(Math.min(spoilt.length(), end + 1));
                case 1 -> spoilt.substring(0, end) + ",\"k\":" + pick(VALUES) + spoilt.substring(end);
                case 2 -> "[" + spoilt + "]";
                default -> spoilt.substring(0, colon + 1) + pick(VALUES) + spoilt.substring(end);
            };
        }
        return spoilt;
    }

    private byte[] frames() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(frame(4, 0, 0));
        int stream = 1;
        for (int i = 0; i < 4; i++, stream += 2) {
            String[] kind = REQUESTS[random.nextInt(REQUESTS.length)];
            byte[] body = spoil(body(kind)).getBytes(StandardCharsets.ISO_8859_1);
            byte[] block = block(kind, body.length);
            if (random.nextInt(3) == 0) {
                block[random.nextInt(block.length)] = (byte) random.nextInt(256);
            }
            boolean cut = random.nextInt(6) == 0;
            int flags = (cut ? 0 : 4) | (random.nextInt(8) == 0 ? 1 : 0);
            out.writeBytes(frame(1, random.nextInt(10) == 0 ? random.nextInt(256) : flags, stream, block));
            if (cut && random.nextBoolean()) {
                out.writeBytes(frame(9, 4, stream, block("x".equals(kind[1]) ? kind : REQUESTS[0], 1)));
            }
            int part = random.nextInt(body.length + 1);
            out.writeBytes(frame(0, 0, stream, Arrays.copyOf(body, part)));
            if (random.nextInt(5) == 0) {
                byte[] any = new byte[random.nextInt(20)];
                for (int k = 0; k < any.length; k++) {
                    any[k] = (byte) random.nextInt(256);
                }
                out.writeBytes(
                        frame(random.nextInt(12), random.nextInt(256), pickInt(0, stream, stream + 2, 2, 7), any));
            }
            if (random.nextInt(6) == 0) {
                out.writeBytes(frame(1, 5, stream, block(kind, body.length)));
            }
            out.writeBytes(frame(0, 1, stream, Arrays.copyOfRange(body, part, body.length)));
        }
        return out.toByteArray();
    }

    private byte[] block(String[] kind, int length) {
        List<String> fields = new ArrayList<>(List.of(
                ":method: " + pick("POST", "POST", "POST", "GET", "DELETE", "PO ST", "CONNECT", ""),
                ":path: " + pick(PATHS),
                ":scheme: " + pick("http", "http", "https", "", "ftp"),
                ":authority: " + pick("localhost", "localhost", "evil", "")));
        for (String field : fields(kind, length)) {
            String lower = field.toLowerCase(java.util.Locale.ROOT);
            if ((!lower.startsWith("connection:") && !lower.startsWith("host:")) || random.nextInt(20) == 0) {
                int colon = field.indexOf(':');
                fields.add(lower.substring(0, colon) + field.substring(colon));
            }
        }
        if (random.nextInt(4) == 0) {
            int at = random.nextInt(fields.size());
            switch (random.nextInt(4)) {
                case 0 -> fields.remove(at);
                case 1 -> fields.add(fields.get(at));
                case 2 -> fields.add(0, fields.get(fields.size() - 1));
                default ->
                    fields.add(pick(":protocol: websocket", ":status: 200", ":x: y", "te: gzip", "keep-alive: 1"));
            }
        }
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (String field : fields) {
            int colon = field.indexOf(": ", 1);
            block.write(0);
            text(block, field.substring(0, colon));
            text(block, field.substring(colon + 2));
        }
        return block.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length < 127) {
            out.write(bytes.length);
        } else {
            out.write(127);
            int rest = bytes.length - 127;
            while (rest >= 128) {
                out.write(rest % 128 + 128);
                rest /= 128;
            }
            out.write(rest);
        }
        out.writeBytes(bytes);
    }

    private static byte[] frame(int type, int flags, int stream, byte... payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** What comes back until it is quiet. */
    private String exchange(byte[] request, int quietMillis) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.address().getPort())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(quietMillis);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                socket.getOutputStream().write(request);
                byte[] buffer = new byte[8192];
                for (int n = socket.getInputStream().read(buffer);
                        n >= 0 && answer.size() < 100_000;
                        n = socket.getInputStream().read(buffer)) {
                    answer.write(buffer, 0, n);
                }
            } catch (SocketTimeoutException quiet) {
                // It waits for more, or streams.
            } catch (IOException reset) {
                // It has said what it had to say.
            }
            return answer.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private String pick(String... from) {
        return from[random.nextInt(from.length)];
    }

    private int pickInt(int... from) {
        return from[random.nextInt(from.length)];
    }

    private static UpstreamConfig server(String name, String url) {
        return new UpstreamConfig(
                name,
                URI.create(url),
                UpstreamTransport.HTTP,
                name + "__",
                Map.of(),
                false,
                false,
                null,
                UpstreamLimits.DEFAULT);
    }
}
