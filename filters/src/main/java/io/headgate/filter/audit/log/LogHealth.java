package io.headgate.filter.audit.log;

/** The state of the log, seen by all threads with one volatile read. */
final class LogHealth {
    private volatile LogState state = LogState.OK;

    LogState get() {
        return state;
    }

    synchronized void set(LogState next) {
        state = next;
    }

    synchronized boolean change(LogState from, LogState to) {
        if (state != from) {
            return false;
        }
        state = to;
        return true;
    }
}
