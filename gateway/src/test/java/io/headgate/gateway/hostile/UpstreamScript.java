package io.headgate.gateway.hostile;

import java.io.IOException;

/** What a stub does with a call instead of answering it. */
@FunctionalInterface
interface UpstreamScript {
    void run(StubExchange exchange) throws IOException, InterruptedException;
}
