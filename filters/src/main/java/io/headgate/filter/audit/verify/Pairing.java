package io.headgate.filter.audit.verify;

import io.headgate.filter.audit.format.OpenCalls;
import io.headgate.filter.audit.format.RecordLine;
import java.nio.charset.StandardCharsets;

/** Joins intents with outcomes; it remembers only calls that are open, and a bounded number of them. */
final class Pairing {
    private static final byte[] INTENT = "intent".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OUTCOME = "outcome".getBytes(StandardCharsets.US_ASCII);
    private static final int MOST_OPEN = 1_000_000;
    private static final int MOST_NAMED = 10;

    private final Findings findings;
    private final OpenCalls calls = new OpenCalls(MOST_OPEN);
    private long openBefore;
    private long unknown;
    private String boot = "";
    private byte[] bootBytes = {};

    Pairing(Findings findings) {
        this.findings = findings;
    }

    /** So many intents stand in segments that were deleted. */
    void openBefore(long open) {
        openBefore = open;
    }

    void record(RecordLine line) {
        if (!line.isOfBoot(bootBytes)) {
            boot = line.boot();
            bootBytes = boot.getBytes(StandardCharsets.US_ASCII);
        }
        boolean isIntent = line.isOfType(INTENT);
        if (!isIntent && !line.isOfType(OUTCOME)) {
            return;
        }
        String id = line.text("call_id");
        if (id == null) {
            findings.problem("no call_id", line.seq(), "call_id", "none");
        } else if (isIntent) {
            if (!calls.opened(new OpenCalls.Call(id, line.seq(), boot, null))) {
                findings.problem("second intent", line.seq(), "one intent for call " + id, "two");
            }
        } else {
            outcome(line, id);
        }
    }

    private void outcome(RecordLine line, String id) {
        if (calls.closed(id) == null && openBefore-- <= 0 && !calls.isIncomplete()) {
            findings.problem("outcome without intent", line.seq(), "an intent for call " + id, "none");
        }
        if (line.text("of_boot") != null) {
            unknown++;
        }
    }

    /** All records are read; a log that was closed has no open calls, and any log has none of an earlier process. */
    void ended(boolean isClosed, long last) {
        long left = calls.all().stream()
                .filter(call -> isClosed || !call.boot().equals(boot))
                .peek(call -> {
                    if (findings.problems.size() < MOST_NAMED) {
                        findings.problem(
                                "intent without outcome", call.seq(), "an outcome for call " + call.id(), "none");
                    }
                })
                .count();
        if (left > 0) {
            findings.note(left + " intents have no outcome");
        }
        if (calls.isIncomplete()) {
            findings.problem("too many open calls", last, "<= " + MOST_OPEN, "more");
        }
    }

    long open() {
        return calls.size();
    }

    long unknown() {
        return unknown;
    }
}
