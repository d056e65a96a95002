package io.headgate.filter.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.filter.Secret;
import io.headgate.filter.Secrets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MasksTest {
    private final Secrets secrets = new Secrets(List.of(new Secret("Bearer held-by-us"), new Secret("x")));
    private final Masks masks = new Masks(secrets);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "held-by-us",
                "so held-by-us!",
                "eyJhbGciOi.eyJ.x",
                "a token eyJhbGciOiJIUzI1NiJ9",
                "4111 1111 1111 1111",
                "card 4111-1111-1111-1111.",
                "4111111111111111",
                "Bearer abcdefgh",
                "authorization: x",
                "{\"api_key\": \"x\"}",
                "password=hunter2",
                "my-secret : y",
                "-----BEGIN RSA PRIVATE KEY-----"
            })
    void findsWhatLooksLikeACredential(String text) {
        assertThat(masks.isSecret(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "get_token",
                "weather__forecast",
                "a secret is no more",
                "4111 1111 1111 1112",
                "12345678901234567890",
                "the key eyJ",
                "Bear with me",
                "file:///srv/data/x.txt",
                "x",
                "token="
            })
    void leavesTheRestAlone(String text) {
        assertThat(masks.isSecret(text)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"password", "PassWord", "x-api-key", "api_key", "access_token", "Authorization", "Set-Cookie"})
    void knowsKeysWhoseValuesAreSecret(String key) {
        assertThat(masks.isSecretKey(key)).isTrue();
    }

    @Test
    void otherKeysAreNot() {
        assertThat(masks.isSecretKey("city")).isFalse();
        assertThat(masks.isSecretKey("monkey")).isFalse();
    }

    @Test
    void followsWhatTheGatewayHolds() {
        assertThat(masks.isSecret("so held-by-us!")).isTrue();
        secrets.set(List.of(new Secret("Bearer held-since")));
        assertThat(masks.isSecret("so held-since!")).isTrue();
        assertThat(masks.isSecret("so held-by-us!")).isFalse();
    }
}
