package io.headgate.filter.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.filter.Secret;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {
    @Test
    void readsTheHashThatTheCommandLineMakes() {
        // printf %s bench-key | sha256sum
        String written = "sha256:b0962662e937d44c699c8305d90cbf190b3150c59b13863d1380b5cc3c711bb7";
        assertThat(KeyHash.read(written)).isEqualTo(KeyHash.ofKey("bench-key"));
        assertThat(KeyHash.read(written.replace("sha256:b0", "sha256:B0"))).isEqualTo(KeyHash.ofKey("bench-key"));
        assertThat(KeyHash.read(written.replace("sha256:b0", "sha256:b1"))).isNotEqualTo(KeyHash.ofKey("bench-key"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alice-1",
                "",
                "sha256:",
                "sha256:0123",
                "SHA256:b0962662e937d44c699c8305d90cbf190b3150c59b13863d1380b5cc3c711bb7",
                "sha256:b0962662e937d44c699c8305d90cbf190b3150c59b13863d1380b5cc3c711bbg",
                "sha256:b0962662e937d44c699c8305d90cbf190b3150c59b13863d1380b5cc3c711bb7 ",
                "b0962662e937d44c699c8305d90cbf190b3150c59b13863d1380b5cc3c711bb7"
            })
    void refusesWhatIsNoHash(String key) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ApiKey("alice", "", new Secret(key)))
                .withMessage("key: *** (expected: sha256: and the 64 hex digits of the SHA-256 of the key)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\nb", "a\u0000"})
    void refusesWhatIsNoName(String name) {
        String problem = ": no name (expected: 1 to 256 characters, none of them a control)";
        Secret key = new Secret(Keys.hash("k"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ApiKey.of(name, null, key))
                .withMessage("caller" + problem);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ApiKey.of("alice", name, key))
                .withMessage("tenant" + problem);
    }

    @Test
    void boundsNames() {
        assertThat(Keys.of("a".repeat(256), "", "k").caller()).hasSize(256);
        assertThatIllegalArgumentException().isThrownBy(() -> Keys.of("a".repeat(257), "", "k"));
    }

    @Test
    void needsAKey() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ApiKeys(List.of()))
                .withMessageStartingWith("keys: none (expected: at least one, as in - {caller: alice, key: ");
    }

    @Test
    void refusesOneKeyOfTwo() {
        List<ApiKey> keys = List.of(Keys.of("alice", "", "k"), Keys.of("bob", "", "l"), Keys.of("carol", "", "k"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ApiKeys(keys))
                .withMessage("keys[2].key: the key of keys[0] (expected: a key of its own for each line)");
    }

    @Test
    void refusesACallerOfTwoTenants() {
        List<ApiKey> keys = List.of(Keys.of("alice", "acme", "k"), Keys.of("alice", "", "l"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ApiKeys(keys))
                .withMessage("keys[1].caller: of another tenant in keys[0] (expected: the same tenant)");
    }

    @Test
    void showsNoKey() {
        assertThat(Keys.ALICE_AND_BOB.toString()).contains("alice").doesNotContain("sha256");
    }
}
