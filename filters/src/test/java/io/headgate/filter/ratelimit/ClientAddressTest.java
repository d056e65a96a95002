package io.headgate.filter.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.filter.RequestHeaders;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {
    private final ClientAddress behindProxies =
            new ClientAddress(List.of(AddressRange.of("10.0.0.0/8"), AddressRange.of("fd00::/8")));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1.2.3",
                "1.2.3.4.5",
                "1.2.3.256",
                "01.2.3.4",
                "1..2.3",
                "1.2.3.4 ",
                "localhost",
                "dead.beef",
                "::g",
                ":::",
                "1.2.3.4:80",
                "[::1]",
                "fe80::1%lo"
            })
    void readsAddressesOnly(String text) {
        assertThat(IpAddress.parse(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"1.2.3.4, ::ffff:1.2.3.4", "0.0.0.0, ::ffff:0:0", "2001:db8::1, 2001:0db8:0:0:0:0:0:1"})
    void readsOneAddressInEachForm(String one, String other) {
        assertThat(IpAddress.parse(one)).isNotNull().isEqualTo(IpAddress.parse(other));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "0.0.0.0/0, 9.9.9.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7/32, 192.0.2.6, false",
        "fd00::/8, fdff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "2001:db8::1:0/112, 2001:db8::1:ffff, true",
        "2001:db8::1:0/112, 2001:db8::2:ffff, false",
    })
    void knowsWhatIsInARange(String range, String address, boolean expected) {
        IpAddress parsed = Objects.requireNonNull(IpAddress.parse(address));
        assertThat(AddressRange.of(range).contains(parsed)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "example.com", "10.0.0.0/8/8"})
    void refusesOtherRanges(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.of(text))
                .withMessage(text + " (expected: an address, or a range such as 10.0.0.0/8 or fd00::/8)");
    }

    @Test
    void takesTheOtherEndOfTheConnection() {
        assertThat(behindProxies.of(from("192.0.2.7"))).isEqualTo(IpAddress.parse("192.0.2.7"));
        // What strangers say of themselves does not count.
        assertThat(behindProxies.of(from("192.0.2.7", "198.51.100.1"))).isEqualTo(IpAddress.parse("192.0.2.7"));
    }

    @Test
    void believesTrustedProxiesOnly() {
        assertThat(behindProxies.of(from("10.0.0.1", "192.0.2.7"))).isEqualTo(IpAddress.parse("192.0.2.7"));
        assertThat(behindProxies.of(from("10.0.0.1", "198.51.100.1, 192.0.2.7, 10.0.0.2")))
                .isEqualTo(IpAddress.parse("192.0.2.7"));
        assertThat(behindProxies.of(from("10.0.0.1", "198.51.100.1", "192.0.2.7,10.0.0.2")))
                .isEqualTo(IpAddress.parse("192.0.2.7"));
        assertThat(behindProxies.of(from("10.0.0.1", "10.0.0.3, 10.0.0.2"))).isEqualTo(IpAddress.parse("10.0.0.3"));
        assertThat(behindProxies.of(from("10.0.0.1", "198.51.100.1, nonsense, 10.0.0.2")))
                .isEqualTo(IpAddress.parse("10.0.0.2"));
        assertThat(behindProxies.of(from("10.0.0.1"))).isEqualTo(IpAddress.parse("10.0.0.1"));
    }

    @Test
    void givesAWholeNetworkOfTheNewFamilyOneKey() {
        assertThat(behindProxies.of(from("2001:db8::1"))).isEqualTo(behindProxies.of(from("2001:db8::ffff")));
        assertThat(behindProxies.of(from("2001:db8::1"))).isNotEqualTo(behindProxies.of(from("2001:db8:0:1::1")));
        assertThat(behindProxies.of(RequestHeaders.NONE)).isEqualTo(behindProxies.of(RequestHeaders.NONE));
    }

    static RequestHeaders from(String peer, String... forwarded) {
        return new RequestHeaders() {
            @Override
            public @Nullable String get(String name) {
                return null;
            }

            @Override
            public void forEach(BiConsumer<String, String> visitor) {
                visitor.accept("Host", "gw");
                for (String line : forwarded) {
                    visitor.accept("X-Forwarded-For", line);
                }
            }

            @Override
            public @Nullable InetAddress peer() {
                try {
                    return InetAddress.getByName(peer);
                } catch (UnknownHostException e) {
                    throw new IllegalArgumentException(peer, e);
                }
            }
        };
    }
}
