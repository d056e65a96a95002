package io.headgate.gateway.upstream.call;

import io.headgate.filter.Exchange;
import io.headgate.filter.Target;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamFault;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The words for a request that took too long: what it was, which limit ended it, and where that is set. */
public final class Overdue {
    private static final int LONGEST_NAME = 200;

    private Overdue() {}

    /** The fault's own text if it has nothing to do with time, or if no client waits. */
    public static String text(UpstreamFault fault, @Nullable Exchange exchange, UpstreamLimits limits) {
        if (exchange == null || !fault.isTimeUp()) {
            return fault.text();
        }
        String which = fault == UpstreamFault.IDLE
                ? " said nothing for " + text(limits.idleTimeout()) + " (idleTimeout"
                : " was not done after " + text(limits.hardCap()) + " (hardCap";
        return subject(exchange) + " of the server \"" + exchange.target().server() + "\"" + which
                + ", in the limits of the server); raise it there if this needs longer";
    }

    private static String subject(Exchange exchange) {
        Target target = exchange.target();
        return switch (target.kind()) {
            case TOOL -> "the tool \"" + brief(target.name()) + "\"";
            case PROMPT -> "the prompt \"" + brief(target.name()) + "\"";
            case RESOURCE -> "the resource \"" + brief(target.name()) + "\"";
            case TASK, NONE -> exchange.method();
        };
    }

    private static String brief(String name) {
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME) + "…";
    }

    private static String text(Duration duration) {
        return duration.toMillisPart() == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }
}
