package io.headgate.gateway.upstream;

import reactor.core.publisher.BaseSubscriber;

/** Runs something to its end although nobody waits for it; its failures are counted where they happen. */
public final class Unheeded extends BaseSubscriber<Object> {
    @Override
    protected void hookOnError(Throwable failure) {
        // Counted by whoever made it.
    }
}
