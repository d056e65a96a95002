package io.headgate.filter.concurrency;

/** A call in a line. */
interface WaitingCall {
    String caller();

    boolean isBatch();

    /** True if it does not matter to it what the crowd has. */
    boolean comesFirst();

    /** It may go on: the permit is its own. Called once, from any thread. */
    void go(int startedInFlight);
}
