package io.headgate.filter.audit.log;

/** Why a record is not in the log. */
public enum AuditTrouble {
    /** The disk is full. */
    FULL,
    /** A write or fsync failed. */
    FAILED,
    /** Too many records wait, or the disk stands still. */
    OVERLOADED,
    /** The log was closed. */
    CLOSED
}
