package io.headgate.gateway.route.catalog;

import io.headgate.filter.Target;
import io.headgate.filter.ToolHints;
import io.headgate.mcp.RawJson;
import java.util.List;
import java.util.Map;

/** Routes for tests that have no catalogue. */
public final class Resolutions {
    private Resolutions() {}

    /** To a server that has the target as a tool whose arguments are repeated in these fields. */
    public static Resolved tool(Target target, List<HeaderParam> params) {
        Namespace namespace = new Namespace("u1", "");
        Owner owner = new Owner(namespace, new Target("u1", Target.Kind.TOOL, target.name()), false, false);
        RawJson json = RawJson.of("{\"name\":\"" + target.name() + "\"}");
        Items.Builder tools = new Items.Builder();
        boolean unused =
                tools.add(new Entry(owner, target.name(), json, json, json, /* position= */ 0, params, ToolHints.NONE));
        return Resolved.in(
                Servers.NONE, new View(target.server(), List.of(), Map.of(ItemKind.TOOL, tools.build())), target);
    }

    /** Of something that no server has. */
    public static Resolved unknown(Target target) {
        return Resolved.in(Servers.NONE, new View(target.server(), List.of(), Map.of()), target);
    }
}
