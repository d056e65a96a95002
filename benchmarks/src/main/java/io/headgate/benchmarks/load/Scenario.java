package io.headgate.benchmarks.load;

import java.util.Map;

/** One question, answered by running everything that takes part. */
interface Scenario {
    /** Runs for a few seconds only if it is just to be seen that it runs; the figures by their names. */
    Map<String, Object> run(boolean smoke, Picture picture) throws Exception;
}
