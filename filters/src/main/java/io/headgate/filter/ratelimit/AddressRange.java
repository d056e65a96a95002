package io.headgate.filter.ratelimit;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Addresses as the file writes them: {@code 10.0.0.0/8}, {@code fd00::/8}, {@code 192.0.2.7}. */
public final class AddressRange {
    private static final int IPV4_OFFSET = 96;

    private final IpAddress prefix;
    private final int bits;
    private final String text;

    private AddressRange(IpAddress address, int bits, String text) {
        this.text = text;
        this.prefix = address.prefix(bits);
        this.bits = bits;
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static AddressRange of(String text) {
        int slash = text.indexOf('/');
        IpAddress address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        if (address != null) {
            int offset = address.isIpv4() ? IPV4_OFFSET : 0;
            int bits = slash < 0 ? 128 : offset + number(text.substring(slash + 1));
            if (bits >= offset && bits <= 128) {
                return new AddressRange(address, bits, text);
            }
        }
        throw new IllegalArgumentException(text + " (expected: an address, or a range such as 10.0.0.0/8 or fd00::/8)");
    }

    private static int number(String text) {
        boolean isNumber = !text.isEmpty() && text.length() <= 3 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return isNumber ? Integer.parseInt(text) : -1_000;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AddressRange range && bits == range.bits && prefix.equals(range.prefix);
    }

    @Override
    public int hashCode() {
        return Objects.hash(prefix, bits);
    }

    boolean contains(IpAddress address) {
        return address.prefix(bits).equals(prefix);
    }

    /** As the file writes it. */
    @Override
    public String toString() {
        return text;
    }
}
