package io.headgate.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import ch.qos.logback.core.status.Status;
import io.headgate.gateway.Gateway;
import io.headgate.testkit.Await;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many lines for one reason are a few and a number, and one line stays one line. */
class LogFloodsTest {
    private final LoggerContext context = new LoggerContext();
    private final AtomicLong nanos = new AtomicLong(1);
    private final LogFloods floods = new LogFloods(nanos::get);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void start() {
        floods.setContext(context);
        floods.start();
        context.addTurboFilter(floods);
        lines.setContext(context);
        lines.start();
        context.getLogger("ROOT").addAppender(lines);
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void fewLinesOfOneReasonPassInASecond() {
        Logger logger = context.getLogger("io.headgate.gateway.Any");
        double before = LogFloods.leftOut();
        for (int i = 0; i < 1_000; i++) {
            logger.error("a defect of {}", i, new IllegalStateException("x"));
        }
        assertThat(said()).hasSize(LogFloods.LINES).contains("a defect of 0");
        assertThat(LogFloods.leftOut() - before).isEqualTo(1_000 - LogFloods.LINES);
        logger.error("another defect");
        assertThat(said()).hasSize(LogFloods.LINES + 1).contains("another defect");
    }

    @Test
    void oneLineAboutEachServerIsNoFlood() {
        Logger logger = context.getLogger("io.headgate.gateway.Any");
        for (int server = 0; server < 30; server++) {
            logger.info("upstream {} speaks {}", "s" + server, "2026-07-28");
        }
        for (int i = 0; i < 1_000; i++) {
            logger.info("upstream {} speaks {}", "s0", i);
        }
        assertThat(said().stream().filter(line -> line.startsWith("upstream s0 ")))
                .hasSize(LogFloods.LINES);
        assertThat(said().stream().filter(line -> line.endsWith(" 2026-07-28"))).hasSize(30);
    }

    @Test
    void theNextSecondSaysHowManyWereLeftOut() {
        Logger logger = context.getLogger("io.headgate.gateway.Any");
        for (int i = 0; i < 25; i++) {
            logger.warn("it failed: {}", i);
        }
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
        logger.warn("it failed: {}", "again");
        assertThat(said())
                .hasSize(LogFloods.LINES + 2)
                .endsWith("15 more lines like this were left out: it failed: {}", "it failed: again");
    }

    @Test
    void aFloodThatEndsIsToldOf() {
        Logger logger = context.getLogger("io.headgate.gateway.Any");
        for (int i = 0; i < 25; i++) {
            logger.warn("it failed: {}", i);
        }
        Await.until("the flood is told of", () -> said().size() > LogFloods.LINES);
        assertThat(said()).endsWith("15 more lines like this were left out: it failed: {}");
    }

    @Test
    void textsThatLibrariesComposeAreOneReason() {
        Logger logger = context.getLogger("io.netty.channel.DefaultChannelPipeline");
        for (int i = 0; i < 1_000; i++) {
            logger.warn("channel 0x" + i + " failed");
        }
        assertThat(said()).hasSize(LogFloods.LINES);
    }

    @Test
    void linesThatAreNotWrittenCountForNothing() {
        Logger logger = context.getLogger("io.headgate.gateway.Any");
        logger.setLevel(Level.INFO);
        for (int i = 0; i < 25; i++) {
            logger.debug("detail");
        }
        logger.setLevel(Level.DEBUG);
        logger.debug("detail");
        assertThat(said()).containsExactly("detail");
    }

    @Test
    void aLineIsOneLineWithoutWhatATerminalObeys() {
        LogLine line = new LogLine();
        Logger logger = context.getLogger("io.headgate.gateway.Any");
        logger.error(
                "it said: {}", "\u001b]0;x\u0007\r\n2026 INFO forged \u202e", new IllegalStateException("\u001b[31m"));
        String written = line.convert(lines.list.get(0));
        assertThat(written)
                .startsWith(
                        "it said: \\u{1b}]0;x\\u{7} 2026 INFO forged \\u{202e} java.lang.IllegalStateException: \\u{1b}[31m at ")
                .doesNotContain("\n")
                .hasSizeLessThan(LogLine.LONGEST + 10);
        logger.error("{}", "y".repeat(100_000));
        assertThat(line.convert(lines.list.get(1))).hasSizeLessThan(LogLine.LONGEST + 10);
    }

    /** The file that the gateway ships has both. */
    @Test
    void theConfigurationOfTheLogUsesThem() throws Exception {
        LoggerContext shipped = new LoggerContext();
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(shipped);
        configurator.doConfigure(Gateway.class.getResource("/logback.xml"));
        assertThat(shipped.getTurboFilterList()).hasAtLeastOneElementOfType(LogFloods.class);
        assertThat(shipped.getStatusManager().getCopyOfStatusList())
                .noneMatch(status -> status.getEffectiveLevel() == Status.ERROR);
        shipped.stop();
    }

    private List<String> said() {
        return List.copyOf(lines.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }
}
