package io.headgate.benchmarks.load.attack;

import java.io.IOException;

/**
 * One way to hurt a gateway, done step by step at a fixed rate.
 *
 * <p>A step never waits for the gateway for long: what cannot be sent now is sent by a later step. All steps are taken by one
 * thread.
 */
abstract class Attack {
    /** What this attack came to. */
    final Effort effort = new Effort();

    /** How often it takes a step. */
    abstract double stepsPerSecond();

    abstract void step() throws IOException;

    /** Lets go of all connections; more steps may follow. */
    abstract void end();
}
