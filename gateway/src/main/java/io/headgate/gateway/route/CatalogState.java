package io.headgate.gateway.route;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What people are shown of one server's part in the catalogue.
 *
 * @param lastRefresh when its lists were read last, or null if they never were
 * @param isStale true if they could not be read since
 * @param lastError why not, without secrets, or null
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
        @Nullable String lastError,
        List<Dropped> dropped,
        int droppedCount) {}
