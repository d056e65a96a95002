package io.headgate.filter.retry;

import org.jspecify.annotations.Nullable;

/**
 * How long the last calls took, in classes that are a fifth apart; older ones fade.
 *
 * <p>A percentile of it is the upper end of a class: never too short by more than the class is wide.
 */
final class Latencies {
    private static final int PER_DOUBLING = 4;
    private static final int CLASSES = 64 * PER_DOUBLING;
    private static final int FEWEST = 20;
    private static final int MOST = 2_000;

    private final int[] counts = new int[CLASSES];
    private int total;

    synchronized void add(long nanos) {
        counts[classOf(nanos)]++;
        if (++total >= MOST) {
            fade();
        }
    }

    /** What so many percent of the calls do not exceed; null while too few are known. */
    synchronized @Nullable Long percentile(int percent) {
        if (total < FEWEST) {
            return null;
        }
        long missing = (long) total * percent;
        for (int i = 0; i < CLASSES; i++) {
            missing -= 100L * counts[i];
            if (missing <= 0) {
                return upperEnd(i);
            }
        }
        return upperEnd(CLASSES - 1);
    }

    private void fade() {
        total = 0;
        for (int i = 0; i < CLASSES; i++) {
            counts[i] /= 2;
            total += counts[i];
        }
    }

    /** Powers of two, each in four parts of the same width. */
    private static int classOf(long nanos) {
        long value = Math.max(PER_DOUBLING, nanos);
        int power = 63 - Long.numberOfLeadingZeros(value);
        int part = (int) (value >>> (power - 2)) - PER_DOUBLING;
        return power * PER_DOUBLING + part;
    }

    private static long upperEnd(int index) {
        int power = index / PER_DOUBLING;
        long part = (long) index % PER_DOUBLING + PER_DOUBLING + 1;
        return power >= 60 ? Long.MAX_VALUE : (part << power) >>> 2;
    }
}
