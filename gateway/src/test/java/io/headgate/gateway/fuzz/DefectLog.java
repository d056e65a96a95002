package io.headgate.gateway.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** Hears of defects: lines of the log with an error's level or with a stack. */
public final class DefectLog extends AppenderBase<ILoggingEvent> {
    private final Queue<String> defects = new ConcurrentLinkedQueue<>();

    /** Listens from now on, for as long as the process runs. */
    public static DefectLog open() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        DefectLog log = new DefectLog();
        log.setContext(context);
        log.start();
        root.addAppender(log);
        return log;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (event.getThrowableProxy() != null) {
            defects.add(event.getFormattedMessage() + "\n" + ThrowableProxyUtil.asString(event.getThrowableProxy()));
        } else if (event.getLevel() == Level.ERROR) {
            defects.add(event.getFormattedMessage());
        }
    }

    /** Fails if there was a defect since the last look. */
    public void assertNone() {
        String defect = defects.poll();
        defects.clear();
        assertThat(defect).isNull();
    }
}
