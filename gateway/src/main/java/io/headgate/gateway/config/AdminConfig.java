package io.headgate.gateway.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.headgate.filter.Secret;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where people look at the gateway, and who may.
 *
 * @param token what a request must show as {@code Authorization: Bearer}; needed where others than this machine can reach it
 * @param allowedHosts names that the Host field may have besides those of the loopback and the address itself
 */
public record AdminConfig(Address listen, @Nullable Secret token, List<String> allowedHosts) {
    public static final AdminConfig DEFAULT = new AdminConfig(new Address("127.0.0.1", 9090), null, List.of());

    private static final int SHORTEST_TOKEN = 16;
    private static final int LONGEST_TOKEN = 4096;

    public AdminConfig {
        if (token == null && !listen.isLoopback()) {
            throw new IllegalArgumentException("listen: " + listen
                    + " can be reached from elsewhere without a token (expected: an address of the loopback as"
                    + " 127.0.0.1:9090, or admin: {listen: " + listen + ", token: \"${file:PATH}\"})");
        }
        if (token != null && !isToken(token.value())) {
            throw new IllegalArgumentException("token: what is filled in is no token (expected: " + SHORTEST_TOKEN
                    + " to " + LONGEST_TOKEN + " visible ASCII characters)");
        }
        allowedHosts = List.copyOf(allowedHosts);
    }

    /** Only an address. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static AdminConfig of(Address listen) {
        return new AdminConfig(listen, null, List.of());
    }

    private static boolean isToken(String text) {
        return text.length() >= SHORTEST_TOKEN
                && text.length() <= LONGEST_TOKEN
                && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }
}
