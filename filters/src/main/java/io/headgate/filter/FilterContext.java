package io.headgate.filter;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import reactor.core.scheduler.Scheduler;

/**
 * What a filter is given when it is made.
 *
 * @param place where the file names it, for messages
 * @param clock the time of day; intervals are measured with the timer's clock
 * @param timer runs tasks later on the event loop that asked
 */
public record FilterContext(String place, MeterRegistry meters, InstantSource clock, Scheduler timer) {}
