package io.headgate.gateway.demo;

import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Who called, in the terms of its era. */
interface CallingClient {
    /** What the client declared that it can do. */
    JsonNode capabilities();

    /** Whether a log message of this level reaches the client. */
    boolean hears(LogLevel level);

    /** The code for a resource that does not exist. */
    int resourceNotFound();

    /** The failure of a call that needs something which the client did not declare. */
    Flux<Frame> lacks(String capability);

    /** Whether a call may be answered with a task. */
    boolean takesTasks();

    /** The failure of a call that can only be answered with a task. */
    Flux<Frame> lacksTasks();

    /** Has the questions answered and goes on with the answers; {@code stateful} answers need the state echoed. */
    Flux<Frame> ask(
            Call call, Map<String, Question> questions, boolean stateful, Function<ObjectNode, Flux<Frame>> then);
}
