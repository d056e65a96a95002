package io.headgate.filter.concurrency;

/** Between what a limit stays, and where it starts. */
record Bounds(int min, int max, int initial) {
    static Bounds of(ConcurrencyConfig config) {
        return new Bounds(config.min(), config.max(), config.initial());
    }

    double value(double wanted) {
        return Math.max(min, Math.min(max, wanted));
    }

    int permits(int wanted) {
        return Math.max(min, Math.min(max, wanted));
    }
}
