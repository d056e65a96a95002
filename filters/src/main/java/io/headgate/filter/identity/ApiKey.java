package io.headgate.filter.identity;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.headgate.filter.Secret;
import org.jspecify.annotations.Nullable;

/**
 * One key, and whose it is.
 *
 * @param caller what sessions, limits and records know the caller by
 * @param tenant on whose behalf the caller calls; empty for nobody's
 * @param key the hash of the key; never shown, because whoever wrote the key itself here by mistake should not find it in a log
 */
public record ApiKey(String caller, String tenant, Secret key) {
    private static final int MOST_CHARACTERS = 256;

    public ApiKey {
        checkName("caller", caller);
        if (!tenant.isEmpty()) {
            checkName("tenant", tenant);
        }
        if (KeyHash.read(key.value()) == null) {
            throw new IllegalArgumentException("key: *** (expected: " + KeyHash.FORM + ")");
        }
    }

    /** What the file says; {@code tenant} may be left out. */
    @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
    public static ApiKey of(
            @JsonProperty("caller") String caller,
            @JsonProperty("tenant") @Nullable String tenant,
            @JsonProperty("key") Secret key) {
        if (tenant != null) {
            checkName("tenant", tenant);
        }
        return new ApiKey(caller, tenant == null ? "" : tenant, key);
    }

    private static void checkName(String component, String name) {
        boolean isPrintable = name.chars().noneMatch(Character::isISOControl);
        if (name.isBlank() || name.length() > MOST_CHARACTERS || !isPrintable) {
            throw new IllegalArgumentException(component + ": no name (expected: 1 to " + MOST_CHARACTERS
                    + " characters, none of them a control)");
        }
    }

    KeyHash hash() {
        KeyHash hash = KeyHash.read(key.value());
        if (hash == null) {
            throw new IllegalStateException("checked when this was made");
        }
        return hash;
    }
}
