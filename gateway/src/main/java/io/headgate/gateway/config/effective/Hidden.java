package io.headgate.gateway.config.effective;

import org.jspecify.annotations.Nullable;

/**
 * A value that is never shown, and can be compared.
 *
 * @param value null if it is not known either, because it came from where it was hidden
 * @param shown what stands for it
 */
record Hidden(@Nullable Object value, String shown) {
    static final String STARS = "***";

    Hidden(Object value) {
        this(value, STARS);
    }

    @Override
    public String toString() {
        return shown;
    }
}
