package io.headgate.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.filter.Caller;
import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.gateway.fuzz.DefectLog;
import io.headgate.gateway.seal.Seal;
import io.headgate.gateway.seal.Seal.Binding;
import io.headgate.gateway.seal.Seal.Broken;
import io.headgate.gateway.seal.Seal.Kind;
import io.headgate.gateway.seal.SealKey;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.JsonStrings;
import io.headgate.mcp.Methods;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;

/**
 * Nothing opens but what was sealed, as it was sealed, for whom it was sealed: cursors, request states, task ids and the
 * rest.
 *
 * <p>The first byte chooses one of the sealed texts to begin with, or none; the others change it, three at a time: what
 * to do, where, and with which character. Behind {@code 0x00} all is text.
 */
class SealFuzzTest {
    private static final DefectLog LOG = DefectLog.open();
    private static final Duration LIFE = Duration.ofMinutes(5);
    private static final byte[] PAYLOAD = {0, 0, 0, 2, 'u', '1', 's'};
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static final String[] WHO = {"alice", "bob"};

    private final Fleet fleet = new Fleet();
    private final FakeUpstream upstream = fleet.add("u1");
    private final Seal seal = new Seal(List.of(SealKey.random(), SealKey.random()), fleet::now);
    private final List<Sealed> all = new ArrayList<>();

    private record Sealed(Kind kind, String who, String text) {}

    @BeforeEach
    void sealSome() {
        for (int i = 0; i < 3; i++) {
            upstream.tool("tool" + i);
        }
        upstream.answering("{\"resultType\":\"input_required\",\"inputRequests\":{},\"requestState\":\"inner\"}");
        fleet.pageSize = new PageSize(1, 1024);
        fleet.start();
        for (Kind kind : Kind.values()) {
            for (String who : WHO) {
                all.add(new Sealed(kind, who, seal.seal(kind, new Binding().add(who), PAYLOAD, LIFE)));
            }
        }
        all.add(new Sealed(
                Kind.CURSOR,
                "",
                String.valueOf(fleet.ask(Methods.TOOLS_LIST, "{}").getString("nextCursor"))));
        all.add(new Sealed(
                Kind.REQUEST_STATE,
                "",
                String.valueOf(fleet.ask(Methods.TOOLS_CALL, "{\"name\":\"u1__tool0\"}")
                        .getString("requestState"))));
    }

    @FuzzTest
    void opensOnlyWhatItSealed(byte[] input) {
        String text = text(input);
        for (Kind kind : Kind.values()) {
            for (String who : WHO) {
                assertThat(opens(kind, who, text))
                        .as("%s of %s: %s", kind, who, text)
                        .isEqualTo(all.contains(new Sealed(kind, who, text)));
            }
        }
        String quoted = JsonStrings.quote(text);
        boolean isCursor = all.contains(new Sealed(Kind.CURSOR, "", text));
        boolean isState = all.contains(new Sealed(Kind.REQUEST_STATE, "", text));
        assertThat(isTaken(Fleet.exchange("", Methods.TOOLS_LIST, "{\"cursor\":" + quoted + "}")))
                .isEqualTo(isCursor);
        assertThat(isTaken(Fleet.exchange(
                        "", Methods.TOOLS_CALL, "{\"name\":\"u1__tool0\",\"requestState\":" + quoted + "}")))
                .isEqualTo(isState);
        assertThat(new TaskIds(seal).open(new Caller("alice"), text) != null)
                .isEqualTo(all.contains(new Sealed(Kind.TASK, "alice", text)));
        LOG.assertNone();
    }

    private String text(byte[] input) {
        int chosen = input.length == 0 ? 0xFF : input[0] & 0xFF;
        StringBuilder text =
                new StringBuilder(chosen < all.size() ? all.get(chosen).text() : "");
        for (int i = 1; i < input.length; i += 3) {
            if (input[i] == 0 || i + 2 >= input.length) {
                int from = input[i] == 0 ? i + 1 : i;
                text.append(new String(input, from, input.length - from, StandardCharsets.UTF_8));
                break;
            }
            change(text, input[i] % 5, input[i + 1] & 0xFF, input[i + 2] & 0xFF);
        }
        return text.toString();
    }

    private void change(StringBuilder text, int how, int where, int with) {
        int at = where % (text.length() + 1);
        switch (how) {
            case 1 -> text.insert(at, (char) with);
            case 2 -> text.delete(at, Math.min(text.length(), at + 1));
            case 3 -> {
                // What another sealed text has there.
                String other = all.get(with % all.size()).text();
                text.replace(at, text.length(), other.substring(Math.min(at, other.length())));
            }
            case 4 -> {
                // Some bits of one of the last characters.
                int last = Math.max(0, text.length() - 1 - where);
                int digit = text.isEmpty() ? -1 : ALPHABET.indexOf(text.charAt(last));
                if (digit >= 0) {
                    text.setCharAt(last, ALPHABET.charAt(digit ^ (with & 63)));
                }
            }
            default -> {
                if (at < text.length()) {
                    text.setCharAt(at, (char) with);
                }
            }
        }
    }

    private boolean opens(Kind kind, String who, String text) {
        try {
            return seal.open(kind, new Binding().add(who), text).length == PAYLOAD.length;
        } catch (Broken broken) {
            return false;
        }
    }

    private boolean isTaken(Exchange exchange) {
        try {
            return fleet.router.handle(exchange).blockLast(Fleet.BOUND) instanceof JsonRpc.Success;
        } catch (Refusal refusal) {
            return false;
        }
    }
}
