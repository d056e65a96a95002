package io.headgate.benchmarks.load.attack;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** What an attack has done so far, and what it was answered. */
final class Effort {
    private final AtomicLong steps = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong closed = new AtomicLong();
    private final Map<String, Long> answers = new TreeMap<>();

    void step() {
        steps.incrementAndGet();
    }

    void sent(long count) {
        bytes.addAndGet(count);
    }

    /** The gateway ended a connection or a stream. */
    void closed() {
        closed.incrementAndGet();
    }

    synchronized void answered(String what) {
        answers.merge(what, 1L, Long::sum);
    }

    synchronized Map<String, Object> report() {
        Map<String, Object> report = new TreeMap<>();
        report.put("steps", steps.get());
        report.put("bytes", bytes.get());
        report.put("closed", closed.get());
        report.put("answers", new TreeMap<>(answers));
        return report;
    }
}
