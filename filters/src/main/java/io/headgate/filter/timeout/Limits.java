package io.headgate.filter.timeout;

import io.headgate.filter.Exchange;
import io.headgate.filter.Refusal;
import io.headgate.filter.Target;
import io.headgate.mcp.RawJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import reactor.core.scheduler.Scheduler;

/** How long some calls may take, and what is said when they took longer. */
final class Limits {
    private static final String METER = "headgate.timeouts";
    private static final RawJson DELIVERY_UNKNOWN = RawJson.of("{\"delivery\":\"unknown\"}");
    private static final int LONGEST_NAME = 200;

    final long idleNanos;
    final long capNanos;
    final Scheduler timer;
    private final TimeoutConfig config;
    private final Counter idleTimeouts;
    private final Counter capTimeouts;

    Limits(TimeoutConfig config, Scheduler timer, MeterRegistry meters) {
        this.config = config;
        this.timer = timer;
        idleNanos = config.idle().toNanos();
        capNanos = config.cap().toNanos();
        idleTimeouts = meters.counter(METER, "kind", "idle");
        capTimeouts = meters.counter(METER, "kind", "cap");
    }

    void count(boolean atCap) {
        (atCap ? capTimeouts : idleTimeouts).increment();
    }

    /** What the client is told: what took too long and where, and how it can be given more time. */
    Refusal refusal(Exchange exchange, boolean atCap) {
        Duration limit = atCap ? config.cap() : config.idle();
        String text = subject(exchange) + (atCap ? " was not done after " : " said nothing for ")
                + TimeoutConfig.text(limit) + "; " + remedy(exchange, atCap ? "cap" : "idle");
        return new Refusal(Refusal.Reason.UPSTREAM_TIMEOUT, text, null, DELIVERY_UNKNOWN);
    }

    private String subject(Exchange exchange) {
        String server = exchange.route().server();
        return named(exchange) + (server.isEmpty() ? "" : " of the server \"" + server + "\"");
    }

    private static String named(Exchange exchange) {
        Target target = exchange.target();
        return switch (target.kind()) {
            case TOOL -> "the tool \"" + brief(target.name()) + "\"";
            case PROMPT -> "the prompt \"" + brief(target.name()) + "\"";
            case RESOURCE -> "the resource \"" + brief(target.name()) + "\"";
            case TASK, NONE -> exchange.method();
        };
    }

    private String remedy(Exchange exchange, String key) {
        String tool = exchange.route().tool();
        return tool.isEmpty()
                ? "raise " + key + " of the timeout filter if it needs longer"
                : "if it needs longer, raise it in the timeout filter: tools: [{match: \"" + brief(tool) + "\", " + key
                        + ": ...}]";
    }

    private static String brief(String name) {
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME) + "…";
    }
}
