package io.headgate.gateway.upstream;

import io.headgate.mcp.Extensions;
import io.headgate.mcp.RawJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that one server offers at one moment, in its own order, each item as it was written.
 *
 * @param forSessions what it offers to clients with a session, or null if that is the same
 * @param ttlMillis the shortest time to live of its lists; 0 if it gave none
 * @param isPublic true only if all of its lists said {@code public}
 */
public record Listing(
        RawJson capabilities,
        @Nullable Listing forSessions,
        @Nullable RawJson serverInfo,
        @Nullable String instructions,
        List<RawJson> tools,
        List<RawJson> prompts,
        List<RawJson> resources,
        List<RawJson> resourceTemplates,
        long ttlMillis,
        boolean isPublic) {
    /** Of a server that offers the same to all clients. */
    public Listing(
            RawJson capabilities,
            @Nullable RawJson serverInfo,
            @Nullable String instructions,
            List<RawJson> tools,
            List<RawJson> prompts,
            List<RawJson> resources,
            List<RawJson> resourceTemplates,
            long ttlMillis,
            boolean isPublic) {
        this(
                capabilities,
                null,
                serverInfo,
                instructions,
                tools,
                prompts,
                resources,
                resourceTemplates,
                ttlMillis,
                isPublic);
    }

    /** The same with what the server offers to clients with a session. */
    public Listing withSessions(Listing offered) {
        return new Listing(
                capabilities,
                offered,
                serverInfo,
                instructions,
                tools,
                prompts,
                resources,
                resourceTemplates,
                ttlMillis,
                isPublic);
    }

    /** The same from a server whose revision has neither cache hints nor the tasks of the newer one, whatever it wrote. */
    public Listing ofOlderRevision() {
        return new Listing(
                Extensions.without(capabilities, Extensions.TASKS),
                serverInfo,
                instructions,
                tools,
                prompts,
                resources,
                resourceTemplates,
                /* ttlMillis= */ 0,
                /* isPublic= */ false);
    }
}
