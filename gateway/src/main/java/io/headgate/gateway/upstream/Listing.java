package io.headgate.gateway.upstream;

import io.headgate.mcp.Extensions;
import io.headgate.mcp.RawJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that one server offers at one moment, in its own order, each item as it was written.
 *
 * @param sessionCapabilities what it can do for clients with a session, or null if that is the same
 * @param ttlMillis the shortest time to live of its lists; 0 if it gave none
 * @param isPublic true only if all of its lists said {@code public}
 */
public record Listing(
        RawJson capabilities,
        @Nullable RawJson sessionCapabilities,
        @Nullable RawJson serverInfo,
        @Nullable String instructions,
        List<RawJson> tools,
        List<RawJson> prompts,
        List<RawJson> resources,
        List<RawJson> resourceTemplates,
        long ttlMillis,
        boolean isPublic) {
    /** Of a server that can do the same for all clients. */
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

    /** What the server says that it can do: to clients with a session, or to the others. */
    public RawJson capabilities(boolean hasSession) {
        RawJson others = sessionCapabilities;
        return hasSession && others != null ? others : capabilities;
    }

    /** The same with what the server can do for clients with a session, as its older revision has it. */
    Listing forSessions(@Nullable RawJson changed) {
        return changed == null
                ? this
                : new Listing(
                        capabilities,
                        Extensions.without(changed, Extensions.TASKS),
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
    Listing ofOlderRevision() {
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
