package io.headgate.filter.audit.verify;

import io.headgate.filter.audit.format.ChainCheck;
import io.headgate.filter.audit.format.RecordLine;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How each segment begins and ends: with its own seal, or sealed by the first record of the next one. */
final class Seals {
    static final byte[] CHECKPOINT = ascii("checkpoint");
    static final byte[] RECOVERY = ascii("recovery");

    private static final byte[] SEGMENT = ascii("segment");
    private static final byte[] SEAL = ascii("seal");
    private static final byte[] DELETION = ascii("deletion");
    private static final String AFTER = "after";

    private final Findings findings;
    private final ChainCheck chain;
    private final Pairing pairing;

    /** Why the segment was sealed, or null while it is not. */
    private @Nullable String seal;

    private @Nullable Unsealed before;
    private boolean isHeadDue;
    private boolean isBroken;
    private long start;
    private String startPrevious = "";
    private boolean isDeletionSaid;

    /** A segment that the next one has to seal. */
    private record Unsealed(String file, long count, long last, String root, long good, long rest, long line) {}

    Seals(Findings findings, ChainCheck chain, Pairing pairing) {
        this.findings = findings;
        this.chain = chain;
        this.pairing = pairing;
    }

    void beginSegment() {
        seal = null;
        isHeadDue = true;
    }

    /** Whether there is a gap before the next record, which was said. */
    boolean isBroken() {
        return isBroken;
    }

    void broken() {
        isBroken = true;
    }

    boolean isSealed() {
        return seal != null;
    }

    boolean isClosed() {
        return "closed".equals(seal);
    }

    void record(RecordLine line) {
        if (isHeadDue) {
            head(line);
        } else if (line.isOfType(SEGMENT)) {
            findings.problem("second head", line.seq(), "one in a segment", "two");
        } else if (line.isOfType(SEAL)) {
            seal(line);
        } else if (line.isOfType(DELETION)) {
            isDeletionSaid |=
                    line.number("deletion", "last") == start - 1 && startPrevious.equals(line.text("deletion", "hash"));
        }
    }

    private void head(RecordLine line) {
        if (!line.isOfType(SEGMENT) || line.number("segment", "format") != 1) {
            findings.problem("no head", line.seq(), "a segment of format 1", line.type());
        }
        if (start == 0) {
            start = line.seq();
            startPrevious = line.previous();
            pairing.openBefore(start == 1 ? 0 : Math.max(0, line.number("segment", "open")));
        }
        if (before != null && !isBroken) {
            sealedHere(line, before);
        }
        isHeadDue = false;
        isBroken = false;
        before = null;
    }

    private void sealedHere(RecordLine line, Unsealed unsealed) {
        String file = line.text("segment", AFTER, "file");
        String reason = line.text("segment", AFTER, "reason");
        boolean isIt = unsealed.file.equals(file)
                && line.number("segment", AFTER, "count") == unsealed.count
                && line.number("segment", AFTER, "last") == unsealed.last
                && line.number("segment", AFTER, "bytes") == unsealed.good
                && unsealed.root.equals(line.text("segment", AFTER, "root"));
        if (!isIt || reason == null) {
            wrong(unsealed, "no seal", "a seal here or in the next segment");
        } else if (reason.equals("corrupt") || (unsealed.rest > 0 && isCut(line, reason))) {
            wrong(unsealed, "bytes that are no record", "end of file");
        } else {
            findings.note(unsealed.file + ": not sealed by itself (" + reason + "), ends at record " + unsealed.last
                    + (unsealed.rest == 0 ? "" : "; the last " + unsealed.rest + " bytes do not count"));
        }
    }

    /** Whether the log cut off what does not count, so that somebody else put there what is there now. */
    private static boolean isCut(RecordLine line, String reason) {
        return reason.equals("crash") || "true".equals(line.text("segment", AFTER, "cut"));
    }

    private void wrong(Unsealed unsealed, String what, String expected) {
        findings.problemIn(
                unsealed.file,
                unsealed.line + 1,
                unsealed.good,
                what,
                unsealed.last + 1,
                expected,
                unsealed.rest + " more bytes");
    }

    private void seal(RecordLine line) {
        seal = Objects.requireNonNullElse(line.text("seal", "reason"), "");
        long count = chain.tree().size() - 1;
        if (line.number("seal", "count") != count
                || line.number("seal", "last") != line.seq() - 1
                || line.number("seal", "first") != line.seq() - count) {
            findings.problem("seal", line.seq(), count + " records", "other numbers");
        }
        if (!chain.rootBeforeSeal().equals(line.text("seal", "root"))) {
            findings.problem("seal", line.seq(), "root " + chain.rootBeforeSeal(), "root " + line.text("seal", "root"));
        }
    }

    /**
     * The segment is read as far as it can be.
     *
     * @param good where its last record ends
     * @param rest how many bytes follow
     * @param isLast whether no segment comes after it
     */
    void endSegment(long good, long rest, boolean isNotFollowed, boolean isLast, CheckpointFile checkpoints) {
        if (isNotFollowed) {
            isBroken = true;
        } else if (!isSealed()) {
            before = new Unsealed(
                    findings.file, chain.tree().size(), chain.seq(), chain.root(), good, rest, findings.line);
        } else if (rest > 0) {
            findings.problem("bytes after the seal", chain.seq() + 1, "end of file", rest + " more bytes");
        } else if (checkpoints.covers(chain.seq())) {
            // As it should be.
            return;
        } else if (isLast && !isClosed()) {
            findings.note(
                    findings.file + ": sealed, and the gateway died before it signed the seal; its next start does");
        } else {
            findings.problem("seal without checkpoint", chain.seq(), "a checkpoint of it", "none");
        }
    }

    /** All segments are read. */
    void ended() {
        if (start > 1 && !isDeletionSaid) {
            findings.problem("beginning missing", start - 1, "a record of its deletion", "none");
        } else if (start > 1) {
            findings.note("records 1 to " + (start - 1) + " were deleted by retention, as the log says");
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
