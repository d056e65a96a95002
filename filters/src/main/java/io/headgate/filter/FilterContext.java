package io.headgate.filter;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import reactor.core.scheduler.Scheduler;

/**
 * What a filter is given when it is made.
 *
 * @param place where the file names it, for messages
 * @param clock the time of day; intervals are measured with the timer's clock
 * @param timer runs tasks later on the event loop that asked
 * @param data the directory for what must outlive the gateway; made by the filter that needs it
 * @param events what happens besides calls, to be told of and to tell
 * @param secrets what the gateway itself holds for others, so that it can be kept out of logs and records
 */
public record FilterContext(
        String place,
        MeterRegistry meters,
        InstantSource clock,
        Scheduler timer,
        Path data,
        Events events,
        List<Secret> secrets) {
    /** One in which nothing happens besides calls, and nothing is secret. */
    public FilterContext(String place, MeterRegistry meters, InstantSource clock, Scheduler timer, Path data) {
        this(place, meters, clock, timer, data, new Events(), List.of());
    }

    /** The same for the filter at another place. */
    public FilterContext at(String otherPlace) {
        return new FilterContext(otherPlace, meters, clock, timer, data, events, secrets);
    }
}
