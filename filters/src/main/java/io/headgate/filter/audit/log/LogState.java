package io.headgate.filter.audit.log;

/** How the log fares. */
enum LogState {
    OK(AuditTrouble.FAILED),
    FULL(AuditTrouble.FULL),
    FAILED(AuditTrouble.FAILED),
    STALLED(AuditTrouble.OVERLOADED),
    CLOSED(AuditTrouble.CLOSED);

    /** What records are told that come in this state. */
    final AuditTrouble trouble;

    LogState(AuditTrouble trouble) {
        this.trouble = trouble;
    }
}
