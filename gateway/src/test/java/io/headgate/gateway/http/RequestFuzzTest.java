package io.headgate.gateway.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.filter.Filter;
import io.headgate.gateway.fuzz.DefectLog;
import io.headgate.gateway.fuzz.FuzzedServer;
import io.headgate.gateway.fuzz.InnerGateway;
import io.headgate.gateway.upstream.UpstreamState.Era;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;

/**
 * Any bytes at the front door get an answer that is one, or none: no defect in the log, no buffer that stays.
 *
 * <p>Behind the door is all that a call passes, up to two servers in this process. {@code {session}} in the input is the
 * id of an open session.
 */
class RequestFuzzTest {
    private static final DefectLog LOG = DefectLog.open();
    private static final String INITIALIZE =
            "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\","
                    + "\"capabilities\":{\"elicitation\":{},\"sampling\":{}},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";
    private static final String OPEN = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Accept: application/json, text/event-stream\r\nContent-Length: " + INITIALIZE.length() + "\r\n\r\n"
            + INITIALIZE;
    private static final Pattern SESSION = Pattern.compile("mcp-session-id: (\\S+)", Pattern.CASE_INSENSITIVE);

    /** So many inputs share their sessions and parked calls. */
    private static final int LIFE = 200;

    private final EmbeddedDoor door = new EmbeddedDoor(DoorLimits.DEFAULT);
    private final Filter filter = (exchange, next) -> next.handle(exchange);
    private InnerGateway gateway = open();
    private String session = session();
    private int inputs;

    @AfterEach
    void close() {
        gateway.close();
    }

    @FuzzTest
    void answersAnyBytes(byte[] input) {
        if (++inputs % LIFE == 0) {
            gateway.close();
            gateway = open();
            session = session();
        }
        String text = new String(input, StandardCharsets.ISO_8859_1).replace("{session}", session);
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        EmbeddedDoor.Exchanged exchanged = door.exchange(gateway.dialects(), bytes);
        if (!text.startsWith("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) {
            var unused = Answers.statuses(exchanged.bytes());
        }
        gateway.pass(Duration.ofMillis(50));
        LOG.assertNone();
    }

    private InnerGateway open() {
        return new InnerGateway(
                List.of(
                        new FuzzedServer("new", Era.MODERN, exchange -> {}),
                        new FuzzedServer("old", Era.LEGACY, exchange -> {})),
                filter,
                door.meters,
                door.memory);
    }

    private String session() {
        byte[] answer = door.exchange(gateway.dialects(), OPEN.getBytes(StandardCharsets.US_ASCII))
                .bytes();
        Matcher matcher = SESSION.matcher(new String(answer, StandardCharsets.ISO_8859_1));
        if (!matcher.find()) {
            throw new IllegalStateException(new String(answer, StandardCharsets.ISO_8859_1));
        }
        return matcher.group(1);
    }
}
