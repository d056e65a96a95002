package io.headgate.filter.audit.log;

import java.util.Locale;

/**
 * How a segment ended that has no seal of its own, because nothing more may be written to it; the first record of the next
 * one seals it.
 *
 * @param good how many bytes of it count
 * @param isCut whether all others were cut off, so that none may be there
 */
record Ended(String file, Reason reason, long first, long last, String root, long good, boolean isCut) {
    /** Why a segment was left. */
    enum Reason {
        /** The process died. */
        CRASH,
        /** Something else than a torn tail stands where records should. */
        CORRUPT,
        FULL,
        WRITE,
        FSYNC
    }

    String json() {
        return "{\"file\":\"" + file + "\",\"reason\":\""
                + reason.name().toLowerCase(Locale.ROOT) + "\",\"count\":" + (last - first + 1) + ",\"first\":" + first
                + ",\"last\":" + last + ",\"root\":\"" + root + "\",\"bytes\":" + good + ",\"cut\":" + isCut + "}";
    }
}
