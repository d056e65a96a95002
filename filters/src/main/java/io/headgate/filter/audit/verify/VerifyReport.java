package io.headgate.filter.audit.verify;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was found in an audit log.
 *
 * @param problems what proves that it is not whole or not untouched, first one first; at most a hundred
 * @param notes what is no proof of anything, and worth knowing
 * @param isClosed whether the gateway ended it with a seal, so that nothing can be missing at its end
 * @param open intents that have no outcome yet
 * @param unknown intents whose outcome nobody knows, because the gateway died or the disk failed
 * @param signedTo the last record that a checkpoint covers
 */
public record VerifyReport(
        List<Problem> problems,
        List<String> notes,
        boolean isClosed,
        int segments,
        long records,
        long firstSeq,
        long lastSeq,
        String lastHash,
        long bytes,
        Map<String, Long> types,
        long open,
        long unknown,
        long recoveries,
        long checkpoints,
        long signedTo,
        String key) {
    /**
     * One thing that is wrong.
     *
     * @param seq the place where the log is wrong: that of the record that was expected there
     * @param line the number of the line, from 1
     * @param offset where in the file the line begins
     */
    public record Problem(
            String what,
            String file,
            long line,
            long offset,
            long seq,
            @Nullable String expected,
            @Nullable String found) {}

    public boolean isGood() {
        return problems.isEmpty();
    }
}
