package io.headgate.benchmarks.load;

import org.HdrHistogram.Histogram;

/** What came of the calls of one stretch of time; for one thread, copied for others. */
final class Tally {
    private static final long MOST_MICROS = 120_000_000;

    /** From when a call should have been sent, so that a wait of the sender counts. */
    final Histogram served = new Histogram(MOST_MICROS, 3);

    final Histogram refused = new Histogram(MOST_MICROS, 3);
    long offered;

    /** Served while somebody waited for it. */
    long good;

    long late;
    long failed;

    /** Those of the refused that were told that there is no room (503), and not that they are too many (429). */
    long busy;

    void add(Tally other) {
        served.add(other.served);
        refused.add(other.refused);
        offered += other.offered;
        good += other.good;
        late += other.late;
        failed += other.failed;
        busy += other.busy;
    }

    void served(long micros, long patienceMicros) {
        served.recordValue(Math.min(MOST_MICROS, micros));
        if (micros <= patienceMicros) {
            good++;
        } else {
            late++;
        }
    }

    void refused(long micros) {
        refused.recordValue(Math.min(MOST_MICROS, micros));
    }

    void reset() {
        served.reset();
        refused.reset();
        offered = 0;
        good = 0;
        late = 0;
        failed = 0;
        busy = 0;
    }

    double servedMillis(double percentile) {
        return served.getTotalCount() == 0 ? 0 : served.getValueAtPercentile(percentile) / 1000.0;
    }

    double refusedMillis(double percentile) {
        return refused.getTotalCount() == 0 ? 0 : refused.getValueAtPercentile(percentile) / 1000.0;
    }
}
