package io.headgate.filter;

import java.util.List;

/**
 * What the gateway itself holds for others, so that it can be kept out of logs and records; it may change at any time.
 *
 * <p>Each change brings another list, so a reader that makes something of it sees by identity whether that still holds.
 */
public final class Secrets {
    private volatile List<Secret> held;

    public Secrets() {
        this(List.of());
    }

    public Secrets(List<Secret> held) {
        this.held = List.copyOf(held);
    }

    public List<Secret> all() {
        return held;
    }

    /** Takes the place of all before; what may still be on its way belongs to it too. */
    public void set(List<Secret> changed) {
        held = List.copyOf(changed);
    }
}
