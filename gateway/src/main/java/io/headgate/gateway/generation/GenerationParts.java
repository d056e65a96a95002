package io.headgate.gateway.generation;

import io.headgate.filter.FilterContext;
import io.headgate.filter.Handler;
import io.headgate.filter.Secrets;
import io.headgate.gateway.config.Config;
import io.headgate.gateway.route.catalog.CatalogKeeper;
import io.headgate.gateway.upstream.Upstream;
import io.headgate.gateway.upstream.UpstreamConfig;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.scheduler.Scheduler;

/**
 * What lives as long as the process and what each generation is made with.
 *
 * @param upstreams makes the way to a server
 * @param context what filters are made with
 * @param secrets what filters must keep out of what they write
 * @param end what stands behind every chain
 * @param settings takes over what a file says of the parts that are no generation's
 * @param follow brings what listens to the servers that are served
 * @param exports sends the records of the present audit filter elsewhere
 * @param thread makes and closes; it may block
 */
public record GenerationParts(
        Function<UpstreamConfig, Upstream> upstreams,
        CatalogKeeper keeper,
        FilterContext context,
        Secrets secrets,
        Handler end,
        Consumer<Config> settings,
        Runnable follow,
        Exports exports,
        Scheduler thread,
        MeterRegistry meters) {}
