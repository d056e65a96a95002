package io.headgate.filter.concurrency;

/** What is known of one tool: the class that it is in, and how long it takes. */
final class Cost {
    /** Fewer calls say nothing of a tool. */
    private static final int FEWEST = 5;

    private static final double SMOOTHING = 0.1;

    private final CostClasses classes;
    private volatile int index;
    private int samples;
    private double logarithm;

    Cost(CostClasses classes, int index) {
        this.classes = classes;
        this.index = index;
    }

    /** The same tool among other classes. */
    synchronized Cost in(CostClasses others, int declared) {
        Cost moved = new Cost(others, declared);
        moved.samples = samples;
        moved.logarithm = logarithm;
        if (!others.isDeclared(declared) && !classes.isDeclared(index)) {
            // Those that are learnt are the same ones, behind those of the file.
            moved.index = others.unknown() + index - classes.unknown();
        }
        return moved;
    }

    int index() {
        return index;
    }

    /** A call that did not wait for others, because what a busy server takes says nothing of the tool. */
    synchronized void sample(long nanos) {
        if (classes.isDeclared(index)) {
            return;
        }
        // The average of the logarithms is near the median, and a few slow calls do not move it far.
        double log = Math.log((double) Math.max(1, nanos));
        samples = Math.min(samples + 1, Integer.MAX_VALUE - 1);
        logarithm += Math.max(SMOOTHING, 1.0 / samples) * (log - logarithm);
        if (samples >= FEWEST) {
            index = classes.learned(Math.exp(logarithm), index);
        }
    }
}
