package io.headgate.filter.audit.log;

/** When a record counts as written, and what a crash can lose of those that do. */
public enum Durability {
    /** After fdatasync: neither a dead process nor a power cut loses it. */
    STRICT,
    /** After the write: a dead process does not lose it, a power cut can lose the last 50 ms. */
    BALANCED,
    /** As soon as the writer takes it: a dead process can lose what waits, a power cut the last second. */
    ASYNC
}
