package io.headgate.gateway.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.gateway.seal.Seal.Binding;
import io.headgate.gateway.seal.Seal.Broken;
import io.headgate.gateway.seal.Seal.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SealTest {
    private static final byte[] PAYLOAD = "payload".getBytes(StandardCharsets.UTF_8);
    private static final Duration TTL = Duration.ofSeconds(10);

    private Instant now = Instant.EPOCH;
    private final SealKey key = SealKey.random();
    private final Seal seal = new Seal(List.of(key), () -> now);

    @Test
    void opensWhatItSealed() throws Broken {
        String text = seal.seal(Kind.CURSOR, new Binding().add("alice"), PAYLOAD, TTL);
        assertThat(text).matches("[A-Za-z0-9_-]+");
        assertThat(seal.open(Kind.CURSOR, new Binding().add("alice"), text)).isEqualTo(PAYLOAD);
        assertThat(seal.seal(Kind.CURSOR, new Binding().add("alice"), PAYLOAD, TTL))
                .isNotEqualTo(text);
    }

    @Test
    void everyFlippedBitIsForged() {
        String text = seal.seal(Kind.CURSOR, new Binding(), PAYLOAD, TTL);
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        for (int i = 0; i < text.length(); i++) {
            for (int bit = 0; bit < 6; bit++) {
                char other = alphabet.charAt(alphabet.indexOf(text.charAt(i)) ^ (1 << bit));
                assertBroken(text.substring(0, i) + other + text.substring(i + 1), Broken.Reason.FORGED);
            }
        }
    }

    @Test
    void rubbishIsForged() {
        Random random = new Random(1);
        for (String text : List.of("", "A", "AAAA", "=", "é", "A".repeat(100), "A".repeat(100) + "==")) {
            assertBroken(text, Broken.Reason.FORGED);
        }
        for (int i = 0; i < 1_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            assertBroken(new String(bytes, StandardCharsets.ISO_8859_1), Broken.Reason.FORGED);
        }
    }

    @Test
    void expires() throws Broken {
        String text = seal.seal(Kind.CURSOR, new Binding(), PAYLOAD, TTL);
        now = now.plusMillis(9_999);
        assertThat(seal.open(Kind.CURSOR, new Binding(), text)).isEqualTo(PAYLOAD);
        now = now.plusMillis(1);
        assertBroken(text, Broken.Reason.EXPIRED);
    }

    @Test
    void tellsAnotherBindingFromAForgery() {
        String text = seal.seal(Kind.CURSOR, new Binding().add("alice").add("x"), PAYLOAD, TTL);
        assertBroken(text, Broken.Reason.OTHER_BINDING);
        assertThatThrownBy(
                        () -> seal.open(Kind.CURSOR, new Binding().add("alic").add("ex"), text))
                .isInstanceOfSatisfying(
                        Broken.class, broken -> assertThat(broken.reason()).isEqualTo(Broken.Reason.OTHER_BINDING));
        assertThatThrownBy(() -> seal.open(Kind.TASK, new Binding().add("alice").add("x"), text))
                .isInstanceOfSatisfying(
                        Broken.class, broken -> assertThat(broken.reason()).isEqualTo(Broken.Reason.FORGED));
    }

    @Test
    void opensWithAnOlderKeyAndNotWithAnUnknownOne() throws Broken {
        String text = seal.seal(Kind.TASK, new Binding(), PAYLOAD, TTL);
        Seal rotated = new Seal(List.of(SealKey.random(), key), () -> now);
        assertThat(rotated.open(Kind.TASK, new Binding(), text)).isEqualTo(PAYLOAD);
        Seal other = new Seal(List.of(SealKey.random()), () -> now);
        assertThatThrownBy(() -> other.open(Kind.TASK, new Binding(), text)).isInstanceOf(Broken.class);
    }

    @Test
    void checksItsKeysAndDoesNotPrintThem() {
        assertThatThrownBy(() -> SealKey.of(1, new byte[16])).hasMessage("seal key: 16 bytes (expected: 32)");
        assertThatThrownBy(() -> new Seal(List.of(key, key), () -> now))
                .hasMessage("seal key id: " + key.id() + " (expected: only once)");
        assertThat(SealKey.of(7, new byte[32])).hasToString("SealKey[id=7]");
    }

    private void assertBroken(String text, Broken.Reason reason) {
        assertThatThrownBy(() -> seal.open(Kind.CURSOR, new Binding(), text))
                .isInstanceOfSatisfying(
                        Broken.class, broken -> assertThat(broken.reason()).isEqualTo(reason));
    }
}
