package io.headgate.gateway.telemetry;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import io.headgate.mcp.VisibleText;

/**
 * Writes what is said and the stack behind it on one line of bounded length, without the characters that a terminal
 * would obey: part of it may be the words of a client or a server.
 */
public final class LogLine extends ClassicConverter {
    static final int LONGEST = 4096;

    @Override
    public String convert(ILoggingEvent event) {
        IThrowableProxy thrown = event.getThrowableProxy();
        String said = String.valueOf(event.getFormattedMessage());
        String all = thrown == null ? said : said + ' ' + ThrowableProxyUtil.asString(thrown);
        return VisibleText.shown(all, LONGEST).stripTrailing();
    }
}
