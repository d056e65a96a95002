package io.headgate.benchmarks.load;

import java.util.Locale;
import java.util.function.Consumer;

/** One line for each second of a phase, and a point on each chart. */
final class Progress implements Consumer<Tally> {
    private final String phase;
    private final int seconds;
    private final Picture.Chart rates;
    private final Picture.Chart latencies;
    private int second;

    Progress(String phase, int seconds, Picture picture) {
        this.phase = phase;
        this.seconds = seconds;
        rates = picture.chart(phase + ": calls/s");
        latencies = picture.chart(phase + ": p99, ms");
    }

    @Override
    public void accept(Tally last) {
        second++;
        System.out.printf(
                Locale.ROOT,
                "%-24s %3d/%d s  offered %6d/s  good %6d  late %6d  refused %6d  failed %5d  p50 %6.1f ms  p99 %7.1f ms  "
                        + "refused p99 %5.1f ms%n",
                phase,
                second,
                seconds,
                last.offered,
                last.good,
                last.late,
                last.refused.getTotalCount(),
                last.failed,
                last.servedMillis(50),
                last.servedMillis(99),
                last.refusedMillis(99));
        rates.add("good", second, (double) last.good);
        rates.add("refused", second, (double) last.refused.getTotalCount());
        rates.add("late or failed", second, (double) (last.late + last.failed));
        latencies.add("served", second, last.servedMillis(99));
        latencies.add("refused", second, last.refusedMillis(99));
    }
}
