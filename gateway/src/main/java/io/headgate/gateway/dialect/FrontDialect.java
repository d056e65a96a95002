package io.headgate.gateway.dialect;

/** Takes each HTTP request that the door let through, and answers it. */
@FunctionalInterface
public interface FrontDialect {
    /** Called on the event loop of the call; must not block and must not throw. */
    void handle(HttpCall call);
}
