package io.headgate.gateway.config;

import io.headgate.filter.Secret;
import io.headgate.gateway.upstream.EraChoice;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An entry of {@code mcpServers} as clients write it, and with what only a gateway needs. */
public record ServerEntry(
        @Nullable String type,
        @Nullable URI url,
        @Nullable URI serverUrl,
        @Nullable URI httpUrl,
        @Nullable Map<String, Secret> headers,
        @Nullable String command,
        @Nullable List<String> args,
        @Nullable Map<String, Secret> env,
        @Nullable String cwd,
        @Nullable Boolean disabled,
        @Nullable EraChoice era,
        @Nullable String prefix,
        @Nullable Boolean stateless,
        @Nullable Boolean http2,
        @Nullable String deadlineHeader,
        @Nullable Boolean linkLocal,
        @Nullable Path trust,
        @Nullable UpstreamLimits limits) {
    /** What other programs keep in an entry and a gateway has no use for. */
    public static final List<String> FOREIGN =
            List.of("description", "alwaysAllow", "autoApprove", "timeout", "note", "gallery", "version");
}
