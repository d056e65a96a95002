package io.headgate.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.mcp.Member.Container;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the JSON door lets in, another strict parser reads as well, and finds the same in it. */
class JsonDoorFuzzTest {
    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final JsonMapper LENIENT = JsonMapper.builder()
            .disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final Set<Container> OF_REQUESTS =
            EnumSet.of(Container.ROOT, Container.PARAMS, Container.REF, Container.META);
    private static final Set<Container> OF_RESULTS = EnumSet.of(Container.ROOT, Container.RESULT, Container.META);
    private static final Set<Container> OF_ERRORS = EnumSet.of(Container.ROOT, Container.ERROR);

    @FuzzTest
    void readsWhatAnotherParserReads(byte[] message) {
        compare(message, JsonLimits.CLIENT);
        compare(message, JsonLimits.UPSTREAM);
    }

    private static void compare(byte[] message, JsonLimits limits) {
        Envelope envelope;
        try {
            envelope = Envelope.read(message, limits);
        } catch (BadMessage bad) {
            checkId(message, bad);
            return;
        }
        JsonNode tree = STRICT.readTree(message);
        for (Member member : Member.values()) {
            if (containers(envelope).contains(member.container())) {
                RawJson found = envelope.get(member);
                JsonNode expected = node(tree, member);
                assertThat(found == null).as(member.name()).isEqualTo(expected == null);
                if (found != null) {
                    assertSame(found, Objects.requireNonNull(expected));
                    assertThat(envelope.string(member)).isEqualTo(expected.isString() ? expected.stringValue() : null);
                }
            }
        }
        JsonNode method = tree.get("method");
        assertThat(envelope.method()).isEqualTo(method == null ? "" : method.stringValue());
    }

    /** An answer goes by its id: one that another parser does not find there would answer somebody else's request. */
    private static void checkId(byte[] message, BadMessage bad) {
        RequestId id = bad.id();
        // Of bytes that are no text Jackson cannot tell: it takes 0xFF before a known name for the padding of its own
        // table.
        if (id == null || !isText(message)) {
            return;
        }
        JsonNode tree;
        try {
            tree = LENIENT.readTree(message);
        } catch (JacksonException cannotTell) {
            return;
        }
        assertThat(tree.get("id")).isEqualTo(STRICT.readTree(id.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static boolean isText(byte[] message) {
        try {
            var unused = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(message));
            return true;
        } catch (CharacterCodingException broken) {
            return false;
        }
    }

    private static Set<Container> containers(Envelope envelope) {
        if (envelope.kind() != Envelope.Kind.RESPONSE) {
            return OF_REQUESTS;
        }
        return envelope.has(Member.RESULT) ? OF_RESULTS : OF_ERRORS;
    }

    private static @Nullable JsonNode node(JsonNode tree, Member member) {
        JsonNode params = tree.get("params");
        JsonNode container = switch (member.container()) {
            case ROOT -> tree;
            case PARAMS -> params;
            case REF -> params == null ? null : params.get("ref");
            case META -> {
                JsonNode parent = tree.has("result") ? tree.get("result") : params;
                yield parent == null ? null : parent.get("_meta");
            }
            case RESULT -> tree.get("result");
            case ERROR -> tree.get("error");
            case OTHER -> null;
        };
        return container == null ? null : container.get(member.key);
    }

    private static void assertSame(RawJson found, JsonNode expected) {
        assertThat(found.isObject()).isEqualTo(expected.isObject());
        assertThat(found.isArray()).isEqualTo(expected.isArray());
        assertThat(found.isString()).isEqualTo(expected.isString());
        assertThat(found.isNull()).isEqualTo(expected.isNull());
        assertThat(found.isNumber()).isEqualTo(expected.isNumber());
        if (found.isObject()) {
            List<String> names = new ArrayList<>();
            found.forEachMember((name, value) -> {
                names.add(name);
                assertSame(value, Objects.requireNonNull(expected.get(name)));
                assertThat(found.get(name)).isEqualTo(value);
            });
            assertThat(names).containsExactlyElementsOf(expected.propertyNames());
        } else if (found.isArray()) {
            List<RawJson> elements = found.elements();
            assertThat(elements).hasSize(expected.size());
            for (int i = 0; i < elements.size(); i++) {
                assertSame(elements.get(i), expected.get(i));
            }
        } else if (found.isString()) {
            assertThat(found.string()).isEqualTo(expected.stringValue());
        } else if (expected.isIntegralNumber()) {
            BigInteger number = expected.bigIntegerValue();
            assertThat(new BigInteger(found.toString())).isEqualTo(number);
            boolean fits = number.bitLength() < Long.SIZE;
            assertThat(found.longOr(7)).isEqualTo(fits ? number.longValue() : 7);
        } else if (expected.isNumber()) {
            assertThat(Double.parseDouble(found.toString())).isEqualTo(expected.doubleValue());
        } else {
            assertThat(found.isTrue()).isEqualTo(expected.isBoolean() && expected.booleanValue());
        }
    }
}
