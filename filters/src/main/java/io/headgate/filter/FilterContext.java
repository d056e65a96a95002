package io.headgate.filter;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * What a filter is given when it is made.
 *
 * @param place where the file names it, for messages
 * @param gauges shows what filters measure; a filter that is made anew shows it in the place of the one before
 * @param clock the time of day; intervals are measured with the timer's clock
 * @param timer runs tasks later on the event loop that asked
 * @param data the directory for what must outlive the gateway; made by the filter that needs it
 * @param events what happens besides calls, to be told of and to tell
 * @param secrets what the gateway itself holds for others, so that it can be kept out of logs and records
 * @param former the filter of the same type that this one is to replace, whose configuration is another one, or null. What it
 *     has learnt is to be taken over. It still takes calls, and goes on if this one is closed without having replaced it; else it
 *     is closed some time later. Keep neither it nor this context, or no filter is ever garbage
 */
public record FilterContext(
        String place,
        MeterRegistry meters,
        LiveGauges gauges,
        InstantSource clock,
        Scheduler timer,
        Path data,
        Events events,
        Secrets secrets,
        @Nullable Filter former) {
    /** One for filters that replace none. */
    public FilterContext(
            String place,
            MeterRegistry meters,
            InstantSource clock,
            Scheduler timer,
            Path data,
            Events events,
            Secrets secrets) {
        this(place, meters, new LiveGauges(meters), clock, timer, data, events, secrets, /* former= */ null);
    }

    /** One in which nothing happens besides calls, and nothing is secret. */
    public FilterContext(String place, MeterRegistry meters, InstantSource clock, Scheduler timer, Path data) {
        this(place, meters, clock, timer, data, new Events(), new Secrets());
    }

    /** The same for the filter at another place, and for what it replaces. */
    public FilterContext at(String otherPlace, @Nullable Filter replaced) {
        return new FilterContext(otherPlace, meters, gauges, clock, timer, data, events, secrets, replaced);
    }
}
