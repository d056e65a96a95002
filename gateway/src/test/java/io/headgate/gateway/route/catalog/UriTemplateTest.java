package io.headgate.gateway.route.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UriTemplateTest {
    @ParameterizedTest
    @CsvSource({
        "test://template/{id}/data, test://template/123/data, true",
        "test://template/{id}/data, test://template//data, false",
        "test://template/{id}/data, test://template/1/2/data, false",
        "test://template/{id}/data, test://template/1/data/x, false",
        "test://template/{id}/data, xtest://template/1/data, false",
        "file:///{+path}, file:///a/b/c, true",
        "file:///{+path}, file:///, true",
        "db://{a}-{b}, db://x-y-z, true",
        "{+a}.{b}, x.y/z.w, true",
        "{+a}.{b}, x.y/z, false",
        "{a}{b}, x, false",
        "{a}{b}, xy, true",
        "plain://x, plain://x, true",
        "plain://x, plain://xy, false",
        "x://{q, x://{q, true",
        "x://{?q}, x://?q=1, true"
    })
    void matchesWholeUrisOfItsShape(String template, String uri, boolean matches) {
        assertThat(UriTemplate.of(template).matches(uri)).isEqualTo(matches);
    }

    @Test
    void isNotLedToBacktrack() {
        UriTemplate template = UriTemplate.of("x" + "{a}y".repeat(30));
        assertThat(template.matches("x" + "y".repeat(2_000))).isTrue();
        assertThat(template.matches("x" + "y".repeat(2_000) + "z")).isFalse();
        assertThat(template.matches("x" + "y".repeat(100_000))).isFalse();
    }
}
