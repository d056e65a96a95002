package io.headgate.benchmarks.load;

import io.netty.buffer.ByteBuf;

/** What the calls of a load say, which are numbered from 0, and who is told what each of them came to. */
@FunctionalInterface
interface Calls {
    /** Said of a call without an answer. */
    int NO_ANSWER = 0;

    String arguments(long number);

    /** More header fields of a call, each with its line end. */
    default String fields(long number) {
        return "";
    }

    /** Told once for each call, on the event loop of the load; the body is the load's. */
    default void ended(long number, int status, ByteBuf body) {}
}
