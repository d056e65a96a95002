package io.headgate.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.filter.Events;
import io.headgate.filter.Exchange;
import io.headgate.gateway.fuzz.DefectLog;
import io.headgate.gateway.fuzz.HeadAndBody;
import io.headgate.gateway.route.catalog.HeaderParam;
import io.headgate.gateway.route.catalog.Resolutions;
import io.headgate.gateway.session.SessionConfig;
import io.headgate.gateway.session.Sessions;
import io.headgate.gateway.upstream.wire.HeaderText;
import io.headgate.mcp.JsonRpc;
import io.headgate.mcp.Methods;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What passes the door says the same in its header fields and in its body, as a reader finds who knows nothing of ours; and
 * what goes out in header fields says what it was made from.
 */
class HeaderFuzzTest {
    private static final DefectLog LOG = DefectLog.open();
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final List<HeaderParam> PARAMS = List.of(
            new HeaderParam("Mcp-Param-Region", List.of("region")),
            new HeaderParam("Mcp-Param-Size", List.of("box", "size")));

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<Exchange> passed = new ArrayList<>();
    private final Dialects dialects = new Dialects(
            exchange -> {
                passed.add(exchange);
                return Flux.just(JsonRpc.Success.of("{\"content\":[]}"));
            },
            head -> null,
            server -> true,
            (target, hasSession) -> Resolutions.tool(target, PARAMS),
            new Sessions(SessionConfig.DEFAULT, meters),
            meters,
            new Events());

    @FuzzTest
    void saysTheSameInFieldsAndBody(byte[] input) {
        passed.clear();
        HeadAndBody request = HeadAndBody.of(input);
        FakeCall call = FakeCall.post("", request.body());
        request.fields().forEach(field -> call.with(field.name(), field.value()));
        dialects.handle(call);
        assertThat(call.status).isIn(200, 202, 400, 404, 405, 406, 413, 415);
        for (Exchange exchange : passed) {
            if (exchange.client().protocolVersion().equals("2026-07-28")) {
                assertAgrees(call, exchange, JSON.readTree(request.body()));
            }
        }
        request.fields().forEach(field -> assertRoundTrip(field.value()));
        assertRoundTrip(new String(request.body(), StandardCharsets.UTF_8));
        LOG.assertNone();
    }

    private static void assertAgrees(FakeCall call, Exchange exchange, JsonNode body) {
        JsonNode params = body.get("params");
        String version = params.get("_meta")
                .get("io.modelcontextprotocol/protocolVersion")
                .stringValue();
        assertThat(only(call, "mcp-protocol-version")).isEqualTo(version);
        assertThat(only(call, "mcp-method"))
                .isEqualTo(body.get("method").stringValue())
                .isEqualTo(exchange.method());
        String named = switch (exchange.method()) {
            case Methods.TOOLS_CALL, Methods.PROMPTS_GET -> "name";
            case Methods.RESOURCES_READ -> "uri";
            case Methods.TASKS_GET, Methods.TASKS_UPDATE, Methods.TASKS_CANCEL -> "taskId";
            default -> null;
        };
        if (named != null) {
            assertThat(only(call, "mcp-name"))
                    .isEqualTo(params.get(named).stringValue())
                    .isEqualTo(exchange.target().name());
        }
        if (exchange.method().equals(Methods.TOOLS_CALL)) {
            for (HeaderParam param : PARAMS) {
                JsonNode argument = params.get("arguments");
                for (String name : param.path()) {
                    argument = argument == null ? null : argument.get(name);
                }
                assertSays(call, exchange, param.header(), argument);
            }
            exchange.headers()
                    .forEach((name, value) -> assertThat(name.startsWith("mcp-param-")
                                    && PARAMS.stream()
                                            .noneMatch(param -> param.header().equalsIgnoreCase(name)))
                            .as(name)
                            .isFalse());
        }
    }

    private static void assertSays(FakeCall call, Exchange exchange, String header, @Nullable JsonNode argument) {
        if (argument == null || argument.isNull()) {
            assertThat(call.headers(header)).isEmpty();
            assertThat(exchange.headers().get(header)).isNull();
            return;
        }
        String sent = only(call, header);
        String goesOn = exchange.headers().get(header);
        if (argument.isNumber()) {
            BigDecimal number = new BigDecimal(sent);
            assertThat(number).isEqualByComparingTo(new BigDecimal(String.valueOf(decoded(goesOn))));
        } else if (argument.isString()) {
            assertThat(sent).isEqualTo(argument.stringValue()).isEqualTo(decoded(goesOn));
        } else if (argument.isBoolean()) {
            assertThat(sent).isEqualTo(argument.toString()).isEqualTo(goesOn);
        } else {
            assertThat(goesOn).isNull();
        }
    }

    private static @Nullable String only(FakeCall call, String name) {
        List<String> values = call.headers(name);
        assertThat(values).as(name).hasSize(1);
        return decoded(values.get(0));
    }

    /** Read as the specification has it: base64 with its padding, of strict UTF-8. */
    private static @Nullable String decoded(@Nullable String value) {
        if (value == null || value.length() < 11 || !value.startsWith("=?base64?") || !value.endsWith("?=")) {
            return value;
        }
        String inside = value.substring(9, value.length() - 2);
        try {
            byte[] bytes = Base64.getDecoder().decode(inside);
            assertThat(Base64.getEncoder().encodeToString(bytes))
                    .as("padding and last bits")
                    .isEqualTo(inside);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException notText) {
            throw new AssertionError("passed although it is no text: " + value, notText);
        }
    }

    private static void assertRoundTrip(String text) {
        String encoded = HeaderText.encode(text);
        assertThat(encoded.chars()).allMatch(c -> c == '\t' || (c >= ' ' && c <= '~'));
        assertThat(encoded).isEqualTo(encoded.strip());
        assertThat(decoded(encoded)).isEqualTo(text);
        if (ModernHeaders.isSentinel(encoded)) {
            assertThat(ModernHeaders.decode(encoded)).isEqualTo(text);
        }
    }
}
