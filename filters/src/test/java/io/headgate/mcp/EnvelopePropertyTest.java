package io.headgate.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.mcp.BadMessage.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The scanner and the slow reference say the same of every message, good or bad. */
// -Dheadgate.rounds asks for more rounds, and more time.
@Timeout(300)
class EnvelopePropertyTest {
    private static final long SEED = Long.getLong("headgate.seed", new SplittableRandom().nextLong());

    /** Each build reads other texts; {@code -Dheadgate.rounds=10} reads many at once. */
    private static final int ROUNDS = Integer.getInteger("headgate.rounds", 1);

    @Test
    void validMessagesAreReadAsTheReferenceReadsThem() throws Exception {
        for (int i = 0; i < 2_000 * ROUNDS; i++) {
            byte[] message = new RandomJson(SEED + i).message();
            assertThat(compare(message, SEED + i)).as(about(message, SEED + i)).isNull();
        }
    }

    @Test
    void damagedMessagesAreJudgedAsTheReferenceJudgesThem() throws Exception {
        Set<Reason> seen = EnumSet.noneOf(Reason.class);
        for (int i = 0; i < 30_000 * ROUNDS; i++) {
            RandomJson random = new RandomJson(SEED + i);
            Reason reason = compare(random.damaged(random.message()), SEED + i);
            if (reason != null) {
                seen.add(reason);
            }
        }
        // Otherwise the damage would be too tame to say anything. Each of these comes more than twenty times as a rule.
        assertThat(seen)
                .contains(
                        Reason.EMPTY,
                        Reason.INVALID_UTF8,
                        Reason.LONE_SURROGATE,
                        Reason.SYNTAX,
                        Reason.TRAILING,
                        Reason.DUPLICATE_KEY,
                        Reason.DEPTH,
                        Reason.NAME_LENGTH,
                        Reason.NUMBER_LENGTH,
                        Reason.NUMBER_RANGE,
                        Reason.CONTROL_IN_KEY,
                        Reason.UNKNOWN_MEMBER,
                        Reason.MISSING_METHOD);
    }

    @Test
    void misshapenMessagesAreJudgedAsTheReferenceJudgesThem() throws Exception {
        Set<Reason> seen = EnumSet.noneOf(Reason.class);
        for (int i = 0; i < 20_000 * ROUNDS; i++) {
            Reason reason = compare(new RandomJson(SEED + i).misshapen(), SEED + i);
            if (reason != null) {
                seen.add(reason);
            }
        }
        assertThat(seen)
                .contains(
                        Reason.NOT_OBJECT,
                        Reason.BATCH,
                        Reason.JSONRPC_VERSION,
                        Reason.ID_NULL,
                        Reason.ID_TYPE,
                        Reason.ID_RANGE,
                        Reason.MISSING_METHOD,
                        Reason.METHOD_TYPE,
                        Reason.PARAMS_TYPE,
                        Reason.REQUEST_AND_RESPONSE,
                        Reason.RESPONSE_SHAPE);
    }

    @Test
    void noiseIsJudgedAsTheReferenceJudgesIt() throws Exception {
        for (int i = 0; i < 40_000 * ROUNDS; i++) {
            RandomJson random = new RandomJson(SEED + i);
            byte[] noise = random.noise("{}[]\",:\\ \n019-+.eEu8dDcCftrualsn/\u00e9", 12);
            compareValue(noise, SEED + i);
            compareValue(
                    ('"' + new String(noise, StandardCharsets.UTF_8) + '"').getBytes(StandardCharsets.UTF_8), SEED + i);
        }
    }

    @Test
    void numbersAreJudgedAsTheReferenceJudgesThem() throws Exception {
        for (int i = 0; i < 30_000 * ROUNDS; i++) {
            compareValue(new RandomJson(SEED + i).noise("-+.eE00123456789", i % 20 == 0 ? 90 : 9), SEED + i);
        }
    }

    @Test
    void everyTruncationOfAMessageIsRefused() throws Exception {
        for (int i = 0; i < 100; i++) {
            byte[] message = new String(new RandomJson(SEED + i).message(), StandardCharsets.UTF_8)
                    .strip()
                    .getBytes(StandardCharsets.UTF_8);
            for (int length = 0; length < message.length; length++) {
                assertThat(compare(Arrays.copyOf(message, length), SEED + i)).isNotNull();
            }
        }
    }

    /** Reads the message as a slice of a larger array too, whose neighbours would complete or spoil it. */
    private static @Nullable Reason compare(byte[] message, long seed) throws Exception {
        Reason expected = null;
        ReferenceReader.Message reference = null;
        try {
            reference = ReferenceReader.message(message, JsonLimits.CLIENT);
        } catch (ReferenceReader.Rejected rejected) {
            expected = rejected.reason;
        }
        byte[] wide = surrounded(message);
        try {
            Envelope envelope = Envelope.read(message, JsonLimits.CLIENT);
            Envelope slice = Envelope.read(wide, 3, 3 + message.length, JsonLimits.CLIENT);
            assertThat(expected).as(about(message, seed)).isNull();
            ReferenceReader.Message tree = Objects.requireNonNull(reference);
            assertSame(envelope, tree, message, seed);
            assertSame(slice, tree, message, seed);
        } catch (BadMessage bad) {
            assertThat(bad.reason()).as(about(message, seed)).isEqualTo(expected);
            assertThat(reasonOfSlice(wide, message.length))
                    .as(about(message, seed))
                    .isEqualTo(expected);
        }
        return expected;
    }

    private static @Nullable Reason reasonOfSlice(byte[] wide, int length) {
        try {
            Envelope.read(wide, 3, 3 + length, JsonLimits.CLIENT);
            return null;
        } catch (BadMessage bad) {
            return bad.reason();
        }
    }

    private static void assertSame(Envelope envelope, ReferenceReader.Message reference, byte[] message, long seed)
            throws Exception {
        boolean response = envelope.kind() == Envelope.Kind.RESPONSE;
        for (Member member : Member.values()) {
            Object expected = reference.get(member);
            RawJson found = envelope.get(member);
            if (expected == null && sharesSlot(member, response, reference)) {
                continue;
            }
            assertThat(found == null ? null : ReferenceReader.value(found.toByteArray()))
                    .as("%s of %s", member, about(message, seed))
                    .isEqualTo(expected);
        }
        assertThat(envelope.mentionsUri()).as(about(message, seed)).isEqualTo(reference.mentionsUri());
    }

    /** Members of params, result and error share places; a message has one of the three. */
    private static boolean sharesSlot(Member member, boolean response, ReferenceReader.Message reference) {
        return switch (member.container()) {
            case PARAMS, REF -> response;
            case RESULT -> !response || reference.tree().containsKey("error");
            case ERROR -> !reference.tree().containsKey("error");
            default -> false;
        };
    }

    private static void compareValue(byte[] text, long seed) throws Exception {
        Object expected = null;
        Reason reason = null;
        try {
            expected = ReferenceReader.value(text, JsonLimits.CLIENT);
        } catch (ReferenceReader.Rejected rejected) {
            reason = rejected.reason;
        }
        try {
            RawJson value = RawJson.read(text, JsonLimits.CLIENT);
            assertThat(reason).as(about(text, seed)).isNull();
            assertThat(ReferenceReader.value(value.toByteArray()))
                    .as(about(text, seed))
                    .isEqualTo(expected);
        } catch (BadMessage bad) {
            assertThat(bad.reason()).as(about(text, seed)).isEqualTo(reason);
        }
    }

    private static byte[] surrounded(byte[] message) {
        byte[] wide = new byte[message.length + 16];
        Arrays.fill(wide, (byte) '"');
        wide[message.length + 3] = '}';
        wide[message.length + 4] = '}';
        System.arraycopy(message, 0, wide, 3, message.length);
        return wide;
    }

    private static String about(byte[] message, long seed) {
        return "seed " + seed + ": " + new String(message, StandardCharsets.UTF_8);
    }
}
