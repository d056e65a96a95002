package io.headgate.gateway.demo;

import java.util.Locale;

/** The severities of a log message, least severe first. */
enum LogLevel {
    DEBUG,
    INFO,
    NOTICE,
    WARNING,
    ERROR,
    CRITICAL,
    ALERT,
    EMERGENCY;

    static LogLevel of(String name) {
        for (LogLevel level : values()) {
            if (level.wireName().equals(name)) {
                return level;
            }
        }
        throw RpcFailure.invalidParams("Unknown log level: " + name);
    }

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
