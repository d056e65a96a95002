package io.headgate.filter.audit.log;

/** The log cannot be opened; the message says why, on one line. */
public final class AuditLogException extends RuntimeException {
    AuditLogException(String message) {
        super(message, null, false, false);
    }
}
