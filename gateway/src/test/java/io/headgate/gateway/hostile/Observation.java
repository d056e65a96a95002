package io.headgate.gateway.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** What came of a case, as seen by its client. */
final class Observation {
    /** Statuses of the answered requests; {@code closed} for one that got none. */
    final List<String> statuses = new ArrayList<>();

    /** Names of codes, {@code result}, {@code acknowledged}, {@code stream} or {@code none}, one for each status. */
    final List<String> rpc = new ArrayList<>();

    final List<Response> responses = new ArrayList<>();

    /** What only the sender of this form can check, and found wrong. */
    final List<String> problems = new ArrayList<>();

    /**
     * Finds out what became of the connection: {@code keep}, {@code close}, {@code reset}, {@code goaway:CODE},
     * {@code stream_reset:CODE}, or empty if that cannot be known. It comes last, because it may send a request.
     */
    Callable<String> conn = () -> "";

    /** Sockets that stay open until everything was looked at. */
    final List<AutoCloseable> open = new ArrayList<>();

    double seconds;

    /** How many records of calls there were before the case. */
    int recordsBefore;

    /** The metrics before the case if it begins with the gateway itself; null if they are read just before it. */
    @Nullable
    Metrics metricsBefore;

    /** The metrics around the case where they cannot be read after it. */
    @Nullable
    TwoMetrics ownMetrics;

    /** Two readings of the metrics. */
    record TwoMetrics(Metrics before, Metrics after) {}

    /** Calls that the description of the case itself asks for, whatever it says about refused ones; -1 if none. */
    int impliedCalls = -1;
}
