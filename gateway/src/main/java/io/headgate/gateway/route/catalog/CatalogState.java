package io.headgate.gateway.route.catalog;

import io.headgate.gateway.upstream.Trouble;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What people are shown of one server's part in the catalogue.
 *
 * @param lastRefresh when its lists were read last, or null if they never were
 * @param isStale true if they could not be read since
 * @param lastError why not, or null
 * @param pastError why they could not be read the last time that it was so and is over, or null
 * @param dropped items that clients do not see; the first ones only
 * @param droppedCount how many there are in all
 */
public record CatalogState(
        String server,
        String prefix,
        int tools,
        int prompts,
        int resources,
        int resourceTemplates,
        @Nullable Instant lastRefresh,
        boolean isStale,
        @Nullable Trouble lastError,
        @Nullable Trouble pastError,
        List<Dropped> dropped,
        int droppedCount) {}
