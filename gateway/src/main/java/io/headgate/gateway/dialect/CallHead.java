package io.headgate.gateway.dialect;

import io.headgate.filter.RequestHead;
import io.headgate.filter.RequestHeaders;
import io.headgate.filter.Route;
import io.headgate.filter.Target;
import io.headgate.gateway.route.catalog.Resolver;
import io.headgate.mcp.Methods;
import org.jspecify.annotations.Nullable;

/**
 * What the header fields of a request say of it: of what it wants nothing, if they say it twice or encoded, or if its
 * revision has no fields for it.
 */
final class CallHead implements RequestHead {
    private final HttpCall call;
    private final boolean saysWhatItWants;
    private final Resolver resolver;
    private @Nullable String method;

    CallHead(HttpCall call, boolean saysWhatItWants, Resolver resolver) {
        this.call = call;
        this.resolver = resolver;
        this.saysWhatItWants = saysWhatItWants;
    }

    @Override
    public String method() {
        String known = method;
        if (known == null) {
            known = only(ModernHeaders.METHOD);
            method = known;
        }
        return known;
    }

    @Override
    public Target target() {
        Target.Kind kind = switch (method()) {
            case Methods.TOOLS_CALL -> Target.Kind.TOOL;
            case Methods.PROMPTS_GET -> Target.Kind.PROMPT;
            case Methods.RESOURCES_READ -> Target.Kind.RESOURCE;
            default -> Target.Kind.NONE;
        };
        String name = kind == Target.Kind.NONE ? "" : only(ModernHeaders.NAME);
        return name.isEmpty() || ModernHeaders.isSentinel(name)
                ? new Target(call.server())
                : new Target(call.server(), kind, name);
    }

    /** Only requests of the newer revision say in their head where they go, and they have no session. */
    @Override
    public Route route() {
        return resolver.resolve(target(), /* hasSession= */ false);
    }

    @Override
    public RequestHeaders headers() {
        return call.headers();
    }

    private String only(String field) {
        if (!saysWhatItWants) {
            return "";
        }
        var values = call.headers(field);
        return values.size() == 1 ? values.get(0) : "";
    }
}
