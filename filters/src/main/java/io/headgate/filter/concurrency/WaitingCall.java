package io.headgate.filter.concurrency;

/** A call in a line. */
interface WaitingCall {
    String caller();

    boolean isBatch();

    /** It may go on: the permit is its own. Called once, from any thread. */
    void go(int startedInFlight);
}
