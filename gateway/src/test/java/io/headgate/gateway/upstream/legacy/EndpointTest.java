package io.headgate.gateway.upstream.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    private static final URI SERVER = URI.create("https://tools.example.com/a/sse?key=1");

    @ParameterizedTest
    @CsvSource({
        "/messages?session=1, /messages?session=1",
        "messages, /a/messages",
        "?session=1, /a/sse?session=1",
        "../m, /m",
        "https://tools.example.com/m, /m",
        "https://tools.example.com:443/m, /m",
        "HTTPS://TOOLS.example.com/m, /m",
        "https://tools.example.com, /",
        "//tools.example.com/m, /m",
        "/m?a=%0d%0ab#part, /m?a=%0d%0ab"
    })
    void isResolvedAgainstTheServer(String written, String path) {
        assertThat(Endpoint.path(SERVER, written)).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "http://tools.example.com/m",
                "https://tools.example.com:8443/m",
                "https://other.example.com/m",
                "https://tools.example.com.evil.example/m",
                "https://tools.example.com@evil.example/m",
                "https://user@tools.example.com/m",
                "//evil.example/m",
                "http://169.254.169.254/latest",
                "https:///m",
                "mailto:a@b",
                "javascript:alert(1)",
                "/m\r\nX: 1",
                "/m n",
                "/\u00fc",
                "/%zz"
            })
    void leadsNowhereElse(String written) {
        assertThat(Endpoint.path(SERVER, written)).isNull();
    }

    @Test
    void hasABound() {
        assertThat(Endpoint.path(SERVER, "/" + "x".repeat(Endpoint.MAX_CHARS - 1)))
                .isNotNull();
        assertThat(Endpoint.path(SERVER, "/" + "x".repeat(Endpoint.MAX_CHARS))).isNull();
    }

    @Test
    void hasTheDefaultPortOfItsScheme() {
        assertThat(Endpoint.path(URI.create("http://h:80/sse"), "http://h/m")).isEqualTo("/m");
        assertThat(Endpoint.path(URI.create("http://h/sse"), "http://h:443/m")).isNull();
    }
}
