package io.headgate.gateway.dialect;

import io.headgate.filter.Refusal;
import org.jspecify.annotations.Nullable;

/** Takes each HTTP request that the door let through, and answers it. */
@FunctionalInterface
public interface FrontDialect {
    /** Called on the event loop of the call; must not block and must not throw. */
    void handle(HttpCall call);

    /** Asked when only the head of a request has come: why its body is not worth reading, or null. */
    default @Nullable Refusal refuses(HttpCall call) {
        return null;
    }

    /** Answers a request that was refused by its head; its body is gone. */
    default void refuse(HttpCall call, Refusal refusal) {}
}
